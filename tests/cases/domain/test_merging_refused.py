"""What a merge would break, and so does not do; and whom it protects."""

import pytest
from django.utils import timezone

from cases.domain import intake, merging
from cases.domain.intake import Intake
from cases.domain.merging import CannotMerge
from cases.errors import Forbidden, Invalid
from cases.models import (
    DataKey,
    EvacuationRequest,
    Household,
    Merge,
    Need,
    PersonLink,
    Tie,
)
from cases.queries import search
from factories import a_case, a_convoy, a_household, a_person, a_request, a_seat
from families import called, everything, merged, two

pytestmark = pytest.mark.django_db


def refused(cast, first, second, pairs=()):
    before = everything()
    with pytest.raises(CannotMerge):
        merging.merge(first, second, pairs=pairs, by=cast.protection)
    assert everything() == before


def test_two_convoys_are_never_joined(cast):
    one, other = a_seat(a_convoy()), a_seat(a_convoy())

    refused(cast, one.person.household, other.person.household)


def test_one_person_never_gets_two_places(cast):
    convoy = a_convoy(seats=4)
    one, other = a_seat(convoy), a_seat(convoy)

    refused(cast, one.person.household, other.person.household, pairs=[(one.person_id, other.person_id)])


def test_a_family_with_one_convoy_becomes_one_and_keeps_its_places(cast):
    convoy = a_convoy(seats=4)
    seat = a_seat(convoy)
    alone = a_person(seat.person.household.__class__.objects.get(pk=a_case(a_household()).household_id))

    merging.merge(alone.household, seat.person.household, pairs=[(alone.pk, seat.person_id)], by=cast.taras)

    seat.refresh_from_db()
    kept = Household.objects.get(pk=seat.person.household_id)
    assert (kept.merged_into_id, seat.status) == (None, "held")
    assert convoy.legs.get().seats_taken == 1


def test_two_directions_are_never_joined(cast):
    one = a_request(a_case(), direction="ukraine")
    other = a_request(a_case(), direction="russia")

    refused(cast, one.case.household, other.case.household)


def test_two_deliveries_of_one_need_are_never_joined(cast):
    one, other = a_case(need="WATER"), a_case(need="WATER")
    Need.objects.update(status="dispatched")

    refused(cast, one.household, other.household)


def test_what_was_erased_is_never_joined(cast):
    one, other = a_household(), a_household()
    DataKey.objects.filter(pk=other.data_key_id).update(wrapped=None, destroyed_at=timezone.now())

    refused(cast, one, other)


def test_people_of_elsewhere_are_no_pair(cast):
    one, other, third = a_person(), a_person(), a_person()

    refused(cast, one.household, other.household, pairs=[(one.pk, third.pk)])


def test_who_is_sought_and_who_was_found_are_never_one_row(cast):
    sought, found = a_person(presence="missing"), a_person()

    refused(cast, sought.household, found.household, pairs=[(sought.pk, found.pk)])


def test_who_parted_on_purpose_is_never_joined_again(cast):
    family = called(cast.olena, "Ткач Ольга ж 34", "Ткач Иван м 8", "Ткач Олег м 40")
    woman, child, _man = family.household.people.order_by("pk")
    own = merging.split(family.household, people=[woman.pk, child.pk], by=cast.protection)

    refused(cast, own.household, family.household)


@pytest.mark.parametrize("who", ["olena", "outsider", "field_team", "auditor", "guest", "administrator"])
def test_whose_post_does_not_allow_it_joins_nobody(cast, who):
    first, second = two(cast)

    with pytest.raises(Forbidden):
        merged(cast, first, second, by=getattr(cast, who))
    assert not Merge.objects.exists()


# --- protection -----------------------------------------------------------------------------------------------------


def test_a_protected_household_is_joined_by_the_protection_officer_alone_and_stays_protected(cast):
    first, second = two(cast, observations={"imminent_violence": 1.0})
    with pytest.raises(Forbidden):
        merged(cast, first, second)

    made = merged(cast, first, second, by=cast.protection)

    kept = Household.objects.get(pk=made.kept)
    assert (kept.protected, kept.pk) == (True, second.household_id)


def test_nobody_tied_to_the_unprotected_half_may_hear_of_the_protected_one(cast):
    first, second = two(cast, observations={"imminent_violence": 1.0})
    theirs = set(second.household.ties.values_list("caller", flat=True))

    merged(cast, first, second, by=cast.protection)

    assert set(Tie.objects.filter(household=second.household).values_list("caller", flat=True)) == theirs


def test_undoing_lifts_no_protection(cast):
    first, second = two(cast, observations={"imminent_violence": 1.0})
    made = merged(cast, first, second, by=cast.protection)

    with pytest.raises(Forbidden):
        merging.undo(made, by=cast.taras)
    merging.undo(made, by=cast.protection)

    second.household.refresh_from_db()
    assert second.household.protected


def test_the_reference_of_the_unprotected_half_leads_nobody_to_the_protected_one(cast):
    first, second = two(cast, observations={"imminent_violence": 1.0})
    merged(cast, first, second, by=cast.protection)

    assert search.find(first.ref, by=cast.olena) == []
    with pytest.raises(Invalid):
        intake.record(
            Intake(number="+79990001122", continues=first.ref, dispositions=("case_updated",)), key="his", by=cast.olena
        )
    assert not Household.objects.filter(protected=False).exists()


def test_where_somebody_is_sought_only_the_protection_officer_joins(cast):
    first, second = two(cast)
    sought, found = first.household.people.order_by("pk")[1], second.household.people.order_by("pk")[1]
    PersonLink.objects.create(sought=sought, found=found)

    with pytest.raises(Forbidden):
        merged(cast, first, second)


def test_one_person_chosen_twice_is_nobody(cast):
    first, second = two(cast)
    stays = first.household.people.order_by("pk")[0].pk
    one, other = second.household.people.values_list("pk", flat=True)

    refused(cast, first.household, second.household, pairs=[(stays, one), (stays, other)])


def test_what_was_parted_stays_parted_through_another_merge(cast):
    family = called(cast.olena, "Ткач Ольга ж 34", "Ткач Олег м 40")
    woman, _man = family.household.people.order_by("pk")
    own = merging.split(family.household, people=[woman.pk], by=cast.protection)
    elsewhere = called(cast.oleh, "Ткач Ольга ж 34", observations={"imminent_violence": 1.0})
    merging.merge(own.household, elsewhere.household, by=cast.protection)

    refused(cast, elsewhere.household, family.household)


@pytest.mark.parametrize("status", ["lost_contact", "reported_safe"])
def test_who_waits_is_not_merged_with_who_is_not_found_yet(cast, status):
    waits, lost = a_request(a_case(), direction="ukraine"), a_request(a_case(), direction="ukraine")
    EvacuationRequest.objects.filter(pk=waits.pk).update(status="waiting_list")
    EvacuationRequest.objects.filter(pk=lost.pk).update(status=status)

    refused(cast, waits.case.household, lost.case.household)


@pytest.mark.parametrize("other", ["registered", "verified", "postponed", "no_show"])
def test_who_waits_for_places_waits_on(cast, other):
    first, second = a_request(a_case(), direction="ukraine"), a_request(a_case(), direction="ukraine")
    EvacuationRequest.objects.filter(pk=first.pk).update(status=other)
    EvacuationRequest.objects.filter(pk=second.pk).update(status="waiting_list")

    made = merging.merge(first.case.household, second.case.household, by=cast.taras)

    found = dict(EvacuationRequest.objects.values_list("pk", "status"))
    assert found == {first.pk: "cancelled", second.pk: "waiting_list"}
    merging.undo(made, by=cast.taras)
    assert EvacuationRequest.objects.get(pk=second.pk).status == "waiting_list"
