"""A merge that is taken back: what still stands as it left it returns, the rest is listed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import erasure, evacuation, follow_up, merging
from cases.domain.intake import EvacuationFacts
from cases.domain.merging import CannotMerge
from cases.models import (
    CallCase,
    Case,
    Consent,
    DataKey,
    EvacuationRequest,
    Household,
    Job,
    Match,
    Need,
    Note,
    Person,
    Seat,
    Tie,
    Traveller,
)
from factories import a_consent
from families import called, merged, two
from ways_out import a_family, a_way, fresh, planners, seats, taken

pytestmark = pytest.mark.django_db


ONES_OWN = {"version", "priority", "points", "status", "unassigned_why", "overridden", "red_key"}


def stands():
    """The rows that a merge moves, but for what triage and the queue set anew."""
    models = (Household, Person, Case, Need, Note, EvacuationRequest, Traveller, Seat, Tie, Consent, CallCase)
    return {
        model.__name__: [
            {key: value for key, value in row.items() if model is not Case or key not in ONES_OWN} | {"version": 0}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in models
    }


def test_a_merge_that_is_undone_leaves_everything_as_it_was(cast):
    wish = EvacuationFacts(direction="ukraine")
    first = called(cast.olena, "Петренко Олексей м 60", "ж 58", needs=("WATER", "FOOD"), evacuation=wish)
    second = called(cast.oleh, "Олексій Петренко м 60 лежачий", needs=("WATER", "MEDS"), evacuation=wish)
    a_consent(second.household)
    follow_up.note(second, text="as it was", key="n", by=cast.taras)
    before = stands()
    made = merged(cast, first, second)
    assert stands() != before

    undone = merging.undo(made, by=cast.taras)

    assert (undone.left, stands()) == ([], before)
    second.refresh_from_db()
    assert (second.status, second.master_id) == ("triaged", None)
    assert second.clocks.filter(state="running").exists() and first.clocks.filter(state="running").exists()
    assert merging.undo(made, by=cast.taras).restored == 0


def test_a_clock_that_an_earlier_one_had_replaced_runs_again(cast):
    first, second = two(cast)
    second.clocks.filter(kind="recontact").update(due_at=timezone.now() + timedelta(minutes=5))
    made = merged(cast, first, second)

    merging.undo(made, by=cast.taras)

    for case in (first, second):
        assert set(case.clocks.filter(state="running").values_list("kind", flat=True)) >= {"acknowledge", "recontact"}


def test_what_changed_since_stays_and_is_listed(cast):
    first, second = two(cast)
    made = merged(cast, first, second)
    meds = first.needs.get(type="MEDS")
    Need.objects.filter(pk=meds.pk).update(case=called(cast.olena, "Иной ж 30", needs=("HYG",)))
    grandson = second.household.people.model.objects.get(household=first.household, age_years=9)
    stays = first.household.people.order_by("pk")[0]
    Person.objects.filter(pk=stays.pk).update(mobility="walks")

    undone = merging.undo(made, by=cast.taras)

    assert sorted((move.table, move.row, move.column) for move in undone.left) == [
        ("cases_need", meds.pk, "case"),
        ("cases_person", stays.pk, "mobility"),
    ]
    grandson.refresh_from_db()
    assert grandson.household_id == second.household_id


def test_a_later_merge_is_undone_first(cast):
    first, second = two(cast)
    made = merged(cast, first, second)
    third = called(cast.olena, "Старший Олег 1950")
    Household.objects.filter(pk=third.household_id).update(protected=True)
    later = merging.merge(first.household, third.household, by=cast.protection)

    with pytest.raises(CannotMerge):
        merging.undo(made, by=cast.protection)
    merging.undo(later, by=cast.protection)
    assert merging.undo(made, by=cast.protection).left == []


def test_a_pair_that_was_merged_is_looked_at_again_after_undoing(cast):
    first, second = two(cast)
    one, other = (case.household.people.order_by("pk")[0] for case in (first, second))
    pair = Match.objects.create(first=one, second=other, verdict="maybe", score=80)
    made = merged(cast, first, second)
    pair.refresh_from_db()
    assert (pair.state, pair.merge) == ("merged", made)

    merging.undo(made, by=cast.taras)

    pair.refresh_from_db()
    assert (pair.state, pair.decided_at) == ("open", None)


def test_erasing_the_one_that_stands_erases_what_was_merged_into_it(cast):
    first, second = two(cast)
    merged(cast, first, second)
    Case.objects.filter(pk=first.pk).update(status="cancelled")

    erasure.erase(second.household, by=cast.supervisor)  # the pointer leads to it

    subjects = {
        *Household.objects.values_list("data_key", flat=True),
        *Person.objects.values_list("data_key", flat=True),
    }
    assert not DataKey.objects.filter(pk__in=subjects, destroyed_at__isnull=True).exists()


def test_whoever_left_on_purpose_since_is_given_back_to_nobody(cast):
    first, second = two(cast)
    made = merged(cast, first, second)
    woman = first.household.people.get(age_years=58)
    man = first.household.people.get(age_years=60)
    merging.split(first.household, people=[man.pk], by=cast.protection)

    with pytest.raises(CannotMerge):
        merging.undo(made, by=cast.taras)
    assert woman.household_id == first.household_id


def test_what_was_protected_while_they_were_one_stays_so_on_both_sides(cast):
    first, second = two(cast)
    made = merged(cast, first, second)
    Household.objects.filter(pk=made.kept).update(protected=True)

    merging.undo(made, by=cast.protection)

    assert set(Household.objects.filter(pk__in=[made.kept, made.duplicate]).values_list("protected", flat=True)) == {
        True
    }


def two_waiting():
    """Two families without a place, on one waiting list."""
    made = [a_family("18-59", "18-59"), a_family("18-59")]
    EvacuationRequest.objects.filter(pk__in=[one.pk for one in made]).update(status="waiting_list")
    return [fresh(one) for one in made]


def test_who_waited_for_places_waits_again(cast):
    one, other = two_waiting()
    made = merging.merge(one.case.household, other.case.household, by=cast.taras)
    assert {fresh(one).status, fresh(other).status} == {"waiting_list", "cancelled"}
    Job.objects.all().delete()

    undone = merging.undo(made, by=cast.taras)

    assert [move.column for move in undone.left] == []
    assert (fresh(one).status, fresh(other).status) == ("waiting_list", "waiting_list")
    looked_at = Job.objects.filter(kind="waits", state="waiting").values_list("subject", flat=True)
    assert set(looked_at) == {one.pk, other.pk}


def test_whoever_got_places_as_one_keeps_them_as_two(cast):
    one, other = two_waiting()
    way = a_way(planners().dmytro, seats=30)
    made = merging.merge(one.case.household, other.case.household, by=cast.taras)
    stays = next(row for row in (fresh(one), fresh(other)) if row.status == "waiting_list")
    evacuation.hold(stays, by=cast.taras)
    assert len(seats(stays)) == 3

    merging.undo(made, by=cast.taras)

    assert (fresh(one).status, fresh(other).status) == ("held", "held")
    assert (len(seats(one)), len(seats(other)), taken(way)[0]) == (2, 1, 3)
