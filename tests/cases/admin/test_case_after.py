"""The page of a case after the convoy: "we are safe", a child handed over, one new offer."""

import pytest
from django.test import Client

from cases.domain import assignment, evacuation
from cases.domain import field as ground
from cases.domain.erasure import destroy
from cases.models import Assignment, Disclosure, Release, Stay, User
from factories import a_place
from on_the_ground import a_day, freely, place_of
from ways_out import a_family, fresh, people_of

pytestmark = pytest.mark.django_db(transaction=True)
# Of the page of a case with children to receive, masked and opened.
MASKED, OPENED = 34, 38


def door_of(who):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client


def press(who, request, step, **given):
    answer = door_of(who).post(f"/admin/cases/case/{request.case_id}/{step}/", {"wish": request.pk} | given)
    assert answer.status_code == 302
    return answer


def page(who, request):
    return door_of(who).get(f"/admin/cases/case/{request.case_id}/change/").content.decode()


@pytest.fixture
def arrived(cast):
    family = a_family("18-59", "5-11")
    day = a_day(family)
    phone, (adult, child) = day.phone(), (place_of(family), place_of(family, 1))
    day.send(phone, day.line("boarded", adult, data=freely()), day.line("boarded", child))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came"))
    day.send(phone, day.line("arrived", adult), day.line("arrived", child))
    return fresh(family)


def test_a_family_that_came_is_heard_and_its_child_handed_over(cast, arrived):
    adult, child = people_of(arrived)
    assert "“We are safe”" in page(cast.protection, arrived)
    press(cast.protection, arrived, "name_receiver", person=child.pk, receiver="Ткач Ганна", kinship="mother")
    press(cast.supervisor, arrived, "hand_over", release=Release.objects.get().pk, document_seen="1")
    press(cast.supervisor, arrived, "heard_safe", person=adult.pk, how="heard")
    assert fresh(arrived).status == "safe"
    said = page(cast.supervisor, arrived)
    assert "“We are safe”" not in said
    assert "Ткач Ганна" not in said


def test_who_did_not_come_is_offered_places_once_more(cast):
    family = a_family()
    day = a_day(family)
    day.send(day.phone(), *[day.line("no_show", place_of(family, nth)) for nth in (0, 1)])
    assert "Offer places once more" in page(cast.supervisor, family)
    press(cast.supervisor, family, "offer_again")
    assert fresh(family).status == "waiting_list"
    assert Assignment.objects.filter(case=family.case).count() == 0
    assert evacuation.verify(family, by=cast.supervisor).status == "waiting_list"


@pytest.mark.parametrize("who", ["auditor", "outsider", "guest"])
def test_who_may_not_say_that_somebody_is_safe(cast, arrived, who):
    adult = people_of(arrived)[0]
    answer = door_of(getattr(cast, who)).post(
        f"/admin/cases/case/{arrived.case_id}/heard_safe/", {"wish": arrived.pk, "person": adult.pk, "how": "heard"}
    )
    assert answer.status_code in (302, 403, 404)
    assert fresh(arrived).status == "arrived"
    assert arrived.heard.count() == 0


def test_a_family_stays_in_a_transit_centre_and_moves_on(cast, arrived):
    assert "They stay in a transit centre…" in page(cast.taras, arrived)
    press(cast.taras, arrived, "settle_in", place="nowhere at all")
    assert not Stay.objects.exists()

    for _twice in range(2):
        press(cast.taras, arrived, "settle_in", place="Суми")

    stay = Stay.objects.get()
    assert (stay.place, stay.left_at) == (a_place("Sumy"), None)
    said = page(cast.taras, arrived)
    assert "In a transit centre: Sumy" in said
    assert "They stay in a transit centre…" not in said
    press(cast.taras, arrived, "move_on")
    assert Stay.objects.get().left_at is not None
    assert "In a transit centre" not in page(cast.taras, arrived)


@pytest.mark.parametrize("who", ["auditor", "outsider", "guest", "olena"])
def test_who_may_not_say_where_a_family_stays(cast, arrived, who):
    door = door_of(getattr(cast, who))
    given = {"wish": arrived.pk, "place": "Суми"}
    answer = door.post(f"/admin/cases/case/{arrived.case_id}/settle_in/", given)
    assert answer.status_code in (302, 403, 404)
    assert not Stay.objects.exists()


def opened(who, request, **given):
    return door_of(who).post(f"/admin/cases/case/{request.case_id}/open/", given)


def test_who_receives_a_child_is_opened_with_the_names_and_that_is_on_record(cast, arrived):
    child = people_of(arrived)[1]
    ground.name_receiver(arrived, minor=child, receiver="Перша Анна", kinship="aunt", by=cast.olena)
    last = ground.name_receiver(arrived, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)
    masked = page(cast.taras, arrived)
    assert "receiver is named" in masked
    assert not [word for word in ("Ткач Ганна", "Перша Анна", "aunt") if word in masked]

    assignment.claim(arrived.case, by=cast.taras)
    said = opened(cast.taras, arrived).content.decode()

    assert "Ткач Ганна, mother" in said
    assert "Перша Анна" not in said
    line = Disclosure.objects.get(table="cases_release")
    assert (line.actor, line.why, line.fields) == (cast.taras.code, "owner", ["receiver"])
    assert str(last.uid) in line.rows
    assert "Ткач Ганна" not in page(cast.taras, arrived)


def test_who_receives_a_child_is_opened_to_nobody_who_may_not_see_names(cast, arrived):
    child = people_of(arrived)[1]
    ground.name_receiver(arrived, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)
    for who in (cast.auditor, cast.outsider, cast.taras):
        assert "Ткач Ганна" not in opened(who, arrived).content.decode()
    assert not Disclosure.objects.filter(table="cases_release").exists()


def test_an_erased_receiver_stays_closed(cast, arrived):
    child = people_of(arrived)[1]
    made = ground.name_receiver(arrived, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)
    destroy([made.data_key_id])
    assignment.claim(arrived.case, by=cast.taras)
    assert "Ткач Ганна" not in opened(cast.taras, arrived).content.decode()
    assert not Disclosure.objects.filter(table="cases_release").exists()


@pytest.mark.parametrize("children", [1, 3])
def test_the_page_and_its_opening_take_the_same_statements_for_one_child_and_for_three(
    cast, django_assert_num_queries, children
):
    family = a_family("18-59", *["5-11"] * children)
    for child in people_of(family)[1:]:
        ground.name_receiver(family, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)
    assignment.claim(family.case, by=cast.taras)
    door = door_of(cast.taras)
    url = f"/admin/cases/case/{family.case_id}"
    door.get(f"{url}/change/")
    with django_assert_num_queries(MASKED):
        door.get(f"{url}/change/")
    with django_assert_num_queries(OPENED):
        door.post(f"{url}/open/")
