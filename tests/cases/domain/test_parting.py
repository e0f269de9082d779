"""Any adult may leave with the children in their care."""

import pytest
from django.utils import timezone

from cases.domain import merging
from cases.domain.intake import EvacuationFacts
from cases.domain.merging import CannotPart
from cases.models import (
    Case,
    EvacuationRequest,
    Event,
)
from cases.queries import search
from factories import a_convoy, a_person, a_seat
from families import called, everything

pytestmark = pytest.mark.django_db


def family(cast, **facts):
    case = called(cast.olena, "Ткач Ольга ж 34", "Ткач Иван м 8", "Ткач Олег м 40", **facts)
    return case, list(case.household.people.order_by("pk"))


def test_an_adult_leaves_with_the_children_into_a_protected_case_of_their_own(cast):
    case, (woman, child, man) = family(cast, evacuation=EvacuationFacts(direction="russia"))

    own = merging.split(case.household, people=[woman.pk, child.pk], by=cast.taras)

    household = own.household
    assert (household.protected, household.split_from_id, own.is_open) == (True, case.household_id, True)
    assert set(household.people.all()) == {woman, child}
    assert set(case.household.people.all()) == {man}
    wish = own.evacuations.get()
    assert (wish.direction, set(wish.travellers.values_list("person", flat=True))) == ("", {woman.pk, child.pk})
    assert set(case.evacuations.get().travellers.values_list("person", flat=True)) == {man.pk}


def test_nothing_of_where_they_went_stands_on_the_case_they_left(cast):
    case, (woman, child, _man) = family(cast)
    before = Event.objects.filter(case=case).count()

    own = merging.split(case.household, people=[woman.pk, child.pk], by=cast.protection)

    lines = Event.objects.filter(case=case).order_by("pk")[before:]
    assert own.ref not in str([(line.verb, line.data) for line in lines])
    assert not [line for line in lines if line.verb.startswith("merging")]
    assert not own.household.ties.exists()
    assert search.find("Ткач Ольга", by=cast.olena)[0].protected


def test_parting_twice_is_harmless(cast):
    case, (woman, child, _man) = family(cast)
    own = merging.split(case.household, people=[woman.pk, child.pk], by=cast.protection)

    assert merging.split(case.household, people=[child.pk, woman.pk], by=cast.protection) == own
    assert Case.objects.count() == 2


def test_held_places_go_with_those_who_hold_them(cast):
    convoy = a_convoy(seats=4)
    seat = a_seat(convoy)
    EvacuationRequest.objects.filter(pk=seat.traveller.request_id).update(status="held")
    a_person(seat.person.household, age_band="18-59")
    leaver = seat.person

    own = merging.split(leaver.household, people=[leaver.pk], by=cast.protection)

    seat.refresh_from_db()
    assert (seat.status, seat.traveller.request.case_id) == ("held", own.pk)
    assert own.evacuations.get().direction == "ukraine"


@pytest.mark.parametrize("chosen", ["nobody", "everybody", "child", "stranger"])
def test_who_cannot_part_stays_and_nothing_changes(cast, chosen):
    case, persons = family(cast)
    picked = {
        "nobody": [],
        "everybody": [person.pk for person in persons],
        "child": [persons[1].pk],
        "stranger": [a_person().pk],
    }[chosen]
    before = everything()

    with pytest.raises(CannotPart):
        merging.split(case.household, people=picked, by=cast.protection)
    assert everything() == before


def test_the_open_case_is_the_one_they_leave_though_a_later_one_is_closed(cast):
    case, (woman, _child, _man) = family(cast, evacuation=EvacuationFacts(direction="russia"))
    Case.objects.create(
        ref="12345679", household=case.household, status="cancelled", opened_at=timezone.now(), close_reason="helped"
    )

    own = merging.split(case.household, people=[woman.pk], by=cast.protection)

    assert own.evacuations.get().travellers.get().person == woman
