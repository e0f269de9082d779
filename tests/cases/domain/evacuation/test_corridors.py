"""Corridors, windows, and who may be told of them."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cases.domain import evacuation
from cases.domain.evacuation import StopFacts
from cases.domain.jobs import run as run_jobs
from cases.enums import SECOND_WITHIN
from cases.errors import Forbidden
from cases.models import Corridor, Event, Job, Message, Stop, Window
from factories import a_place
from refusals import refused
from ways_out import a_column, a_corridor, a_family, a_slot, a_way, fresh, rounds

pytestmark = pytest.mark.django_db(transaction=True)


def two_stops():
    return [StopFacts(a_place("Sudzha"), landmark="the school", has_shelter=True), StopFacts(a_place("Sumy"))]


def test_stops_stand_in_the_order_in_which_they_are_passed(both):
    corridor = evacuation.plan_corridor(name="North", stops=two_stops(), by=both.dmytro)
    assert list(corridor.stops.order_by("seq").values_list("seq", "place__name_en", "landmark", "has_shelter")) == [
        (0, "Sudzha", "the school", True),
        (1, "Sumy", "", False),
    ]


def test_the_same_plan_twice_is_one_corridor(both):
    one, other = (evacuation.plan_corridor(name="North", stops=two_stops(), by=both.dmytro) for _ in range(2))
    assert one.pk == other.pk
    assert Stop.objects.count() == 2


def test_a_name_stands_once(both):
    evacuation.plan_corridor(name="North", stops=two_stops(), by=both.dmytro)
    assert (
        refused(lambda: evacuation.plan_corridor(name="North", stops=two_stops()[::-1], by=both.dmytro))
        == "corridor_name_taken"
    )
    assert Corridor.objects.count() == 1


@pytest.mark.parametrize(("name", "stops"), [(" ", two_stops), ("North", lambda: two_stops()[:1])])
def test_a_corridor_has_a_name_and_two_stops(both, name, stops):
    assert refused(lambda: evacuation.plan_corridor(name=name, stops=stops(), by=both.dmytro)) == "invalid"
    assert Corridor.objects.count() == 0


def test_a_corridor_is_opened_with_an_authority_only(both):
    corridor = evacuation.plan_corridor(name="North", stops=two_stops(), by=both.dmytro)
    assert refused(lambda: evacuation.open_corridor(corridor, by=both.dmytro)) == "corridor_without_agreement"
    for _ in range(2):
        assert evacuation.open_corridor(corridor, authority="the mission", by=both.dmytro).status == "open"


def test_opening_a_corridor_offers_places_to_who_waits(cast, both):
    corridor = a_corridor(both.dmytro, opened=False)
    a_column(both.dmytro, a_slot(both.dmytro, corridor))
    family = a_family()
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    evacuation.open_corridor(corridor, by=both.dmytro)
    rounds()
    assert fresh(family).status == "held"


def test_a_corridor_with_people_is_not_closed(cast, both):
    convoy = a_way(both.dmytro)
    family = evacuation.hold(a_family(), by=cast.olena)
    corridor = convoy.window.corridor
    assert refused(lambda: evacuation.close_corridor(corridor, by=both.dmytro)) == "corridor_in_use"
    evacuation.release(family, by=cast.taras)
    for _ in range(2):
        assert evacuation.close_corridor(corridor, by=both.dmytro).status == "closed"


@pytest.mark.parametrize("who", ["olena", "taras", "field_team", "auditor"])
def test_only_dispatchers_and_supervisors_plan(cast, who):
    with pytest.raises(Forbidden):
        evacuation.plan_corridor(name="North", stops=two_stops(), by=getattr(cast, who))
    assert Corridor.objects.count() == 0


# --- windows ---------------------------------------------------------------------------------------------------------


def window(both, corridor, *, begins=24, hours=4, **facts):
    start = timezone.now() + timedelta(hours=begins)
    said = {"direction": "ukraine", "agreed_with": "the mission"} | facts
    return evacuation.add_window(corridor, begins=start, ends=start + timedelta(hours=hours), by=both.dmytro, **said)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("begins", {"begins": -1}),
        ("ends", {"hours": 0}),
        ("agreed_with", {"agreed_with": " "}),
        ("direction", {"direction": "north"}),
    ],
)
def test_a_window_lies_ahead_and_is_agreed(both, field, wrong):
    corridor = a_corridor(both.dmytro)
    with pytest.raises(Exception) as caught:
        window(both, corridor, **wrong)
    assert caught.value.field == field
    assert Window.objects.count() == 0


def test_only_confirmed_travellers_are_told_of_a_new_window(both):
    assert a_slot(both.dmytro, a_corridor(both.dmytro)).publicity == "confirmed_only"


def test_windows_of_a_corridor_do_not_overlap_and_the_same_twice_is_one(both):
    corridor = a_corridor(both.dmytro)
    start = timezone.now() + timedelta(hours=5)
    facts = {"direction": "ukraine", "agreed_with": "x", "by": both.dmytro}
    one, other = (
        evacuation.add_window(corridor, begins=start, ends=start + timedelta(hours=2), **facts) for _ in range(2)
    )
    assert one.pk == other.pk
    later = start + timedelta(hours=1)

    def add():
        return evacuation.add_window(corridor, begins=later, ends=later + timedelta(hours=2), **facts)

    assert refused(add) == "window_overlaps"


def test_the_way_back_is_another_corridor(both):
    corridor = a_corridor(both.dmytro)
    window(both, corridor)
    assert refused(lambda: window(both, corridor, begins=48, direction="russia")) == "corridor_goes_one_way"


# --- publicity -------------------------------------------------------------------------------------------------------


def test_raising_publicity_needs_two_people(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)
    evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)
    assert Window.objects.get().publicity == "confirmed_only"
    assert (
        refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=both.dmytro)) == "second_person_needed"
    )
    for _ in range(2):
        assert evacuation.agree_publicity(slot, publicity="public", by=both.daria).publicity == "public"


def test_nothing_proposed_is_nothing_to_agree_to(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    assert refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=both.daria)) == "nothing_proposed"


def test_what_was_raised_since_it_was_read_is_not_agreed_to(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="registered", by=both.dmytro)
    evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)
    agree = evacuation.agree_publicity
    assert refused(lambda: agree(slot, publicity="registered", by=both.daria)) == "other_proposed"
    assert Window.objects.get().publicity == "confirmed_only"
    assert agree(slot, publicity="public", by=both.daria).publicity == "public"
    assert refused(lambda: agree(slot, publicity="registered", by=both.daria)) == "nothing_proposed"


def test_on_a_closed_corridor_more_people_are_told_of_nothing_and_fewer_still(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="registered", by=both.dmytro)
    evacuation.agree_publicity(slot, publicity="registered", by=both.daria)
    evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)
    evacuation.close_corridor(slot.corridor, by=both.dmytro)
    agree, propose = evacuation.agree_publicity, evacuation.propose_publicity
    assert refused(lambda: agree(slot, publicity="public", by=both.daria)) == "convoy_closed"
    assert refused(lambda: propose(slot, publicity="public", by=both.daria)) == "convoy_closed"
    assert Window.objects.get().publicity == "registered"
    assert propose(slot, publicity="confirmed_only", by=both.daria).publicity == "confirmed_only"


def test_telling_fewer_holds_at_once(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)
    evacuation.agree_publicity(slot, publicity="public", by=both.daria)
    assert evacuation.propose_publicity(slot, publicity="confirmed_only", by=both.dmytro).publicity == "confirmed_only"


def test_from_registered_to_public_again_two(cast, both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="registered", by=both.dmytro)
    evacuation.agree_publicity(slot, publicity="registered", by=both.daria)
    evacuation.propose_publicity(slot, publicity="public", by=both.daria)
    assert (
        refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=both.daria)) == "second_person_needed"
    )
    assert evacuation.agree_publicity(slot, publicity="public", by=cast.supervisor).publicity == "public"


def wanted(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    return evacuation.propose_publicity(slot, publicity="public", by=both.dmytro)


def test_until_a_day_is_over_somebody_else_agrees_to_tell_more_people(both):
    slot = wanted(both)
    with time_machine.travel(slot.publicity_wanted_at + SECOND_WITHIN - timedelta(milliseconds=1), tick=False):
        run_jobs([f"publicity:{slot.uid}"])
        assert evacuation.agree_publicity(slot, publicity="public", by=both.daria).publicity == "public"


def test_what_nobody_agreed_to_in_a_day_tells_nobody_more(both):
    slot = wanted(both)
    with time_machine.travel(slot.publicity_wanted_at + SECOND_WITHIN, tick=False):
        assert refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=both.daria)) == "proposal_lapsed"
        for _twice in range(2):
            Job.objects.filter(kind="publicity_lapse").update(state="waiting", done_at=None)
            run_jobs([f"publicity:{slot.uid}"])
        assert (
            refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=both.daria)) == "nothing_proposed"
        )
    slot.refresh_from_db()
    assert (slot.publicity, slot.publicity_wanted, slot.publicity_wanted_at) == ("confirmed_only", "", None)
    assert Event.objects.get(verb="corridors.publicity_lapsed").data["wanted"] == "public"
    assert Message.objects.get(template__code="second_lapsed").user_id == both.dmytro.user_id


def test_what_two_agreed_to_stands_when_a_later_proposal_lapses(cast, both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    evacuation.propose_publicity(slot, publicity="registered", by=both.dmytro)
    evacuation.agree_publicity(slot, publicity="registered", by=both.daria)
    slot = evacuation.propose_publicity(slot, publicity="public", by=both.daria)
    with time_machine.travel(slot.publicity_wanted_at + SECOND_WITHIN, tick=False):
        run_jobs([f"publicity:{slot.uid}"])
        assert (
            refused(lambda: evacuation.agree_publicity(slot, publicity="public", by=cast.supervisor))
            == "nothing_proposed"
        )
    assert Window.objects.get().publicity == "registered"
