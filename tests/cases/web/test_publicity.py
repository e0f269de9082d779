"""The page of a corridor: who may be told of a window, which two raise and one lowers, and a corridor that ends."""

import pytest
from django.test import Client

from cases.domain import evacuation
from cases.models import Corridor, User, Window
from ways_out import a_corridor, a_family, a_slot, a_way, planners

pytestmark = pytest.mark.django_db


@pytest.fixture
def both():
    return planners()


def door_of(who):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client


def page(who, window):
    return door_of(who).get(f"/evacuation/corridor/{window.corridor_id}/").content.decode()


def press(who, window, step, **given):
    answer = door_of(who).post(f"/evacuation/window/{window.pk}/{step}/", given, follow=True)
    return answer.content.decode()


def stands(window):
    return Window.objects.get(pk=window.pk).publicity


def test_one_proposes_and_another_agrees_that_more_may_be_told(both):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    to_agree = f"/evacuation/window/{window.pk}/agree/"
    assert "May be told of it: Confirmed travellers only." in page(both.dmytro, window)

    said = press(both.dmytro, window, "publicity", publicity="registered")
    assert "Proposed. It holds when somebody else agrees." in said
    assert "Proposed: Registered people; lapses" in said and "Somebody else has to agree." in said
    assert to_agree not in said
    press(both.dmytro, window, "agree", publicity="registered")
    assert stands(window) == "confirmed_only"

    seen = page(both.daria, window)
    assert to_agree in seen and '<input type="hidden" name="publicity" value="registered">' in seen
    said = press(both.daria, window, "agree", publicity="registered")
    assert "Agreed. So it is from now on." in said
    assert "May be told of it: Registered people." in said and to_agree not in said
    assert stands(window) == "registered"


@pytest.mark.parametrize("read", [{"publicity": "registered"}, {}])
def test_who_read_something_else_is_told_so_and_agrees_to_nothing(both, read):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    press(both.dmytro, window, "publicity", publicity="registered")
    press(both.dmytro, window, "publicity", publicity="public")

    said = press(both.daria, window, "agree", **read)

    assert "Something else is proposed by now than you saw." in said
    assert stands(window) == "confirmed_only"


def test_on_a_closed_corridor_nobody_is_asked_who_may_be_told(both):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    press(both.dmytro, window, "publicity", publicity="public")
    evacuation.close_corridor(window.corridor, by=both.dmytro)

    said = page(both.daria, window)

    assert f"/evacuation/window/{window.pk}/agree/" not in said
    assert "Who may be told…" not in said


def test_to_tell_fewer_takes_one(both):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    press(both.dmytro, window, "publicity", publicity="public")
    press(both.daria, window, "agree", publicity="public")
    assert stands(window) == "public"

    assert "So it is from now on." in press(both.dmytro, window, "publicity", publicity="confirmed_only")

    assert stands(window) == "confirmed_only"


def test_what_is_not_to_choose_from_changes_nothing_and_who_does_not_plan_has_no_button(cast, both):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    assert "Choose who may be told of this window." in press(both.dmytro, window, "publicity", publicity="everybody")
    assert "Who may be told…" not in page(cast.taras, window)
    for step in ("publicity", "agree"):
        answer = door_of(cast.taras).post(f"/evacuation/window/{window.pk}/{step}/", {"publicity": "public"})
        assert answer.status_code == 403
    assert stands(window) == "confirmed_only"


def test_a_corridor_is_closed_for_good_once_nobody_has_a_place_on_it(cast, both):
    convoy, family = a_way(both.dmytro), a_family()
    corridor = convoy.window.corridor
    evacuation.hold(family, by=cast.olena)
    address = f"/evacuation/corridor/{corridor.pk}/"
    assert f"{address}close/" in door_of(both.dmytro).get(address).content.decode()

    door_of(both.dmytro).post(f"{address}close/")
    assert Corridor.objects.get(pk=corridor.pk).status == "open"
    evacuation.release(family, by=cast.taras)
    door_of(both.dmytro).post(f"{address}close/")

    assert Corridor.objects.get(pk=corridor.pk).status == "closed"
    assert f"{address}close/" not in door_of(both.dmytro).get(address).content.decode()
