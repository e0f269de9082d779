"""A merge and any other verb at once."""

from threading import Barrier

import pytest

from cases import policy
from cases.domain import assignment, consents, follow_up, intake, merging, triage
from cases.domain.intake import Intake, NeedFacts
from cases.errors import Refusal
from cases.models import (
    CallCase,
    Case,
    EvacuationRequest,
    Household,
    Need,
    Note,
)
from families import called, two
from together import together

pytestmark = pytest.mark.django_db


def everything_stands():
    """What must hold whoever was first: one open case a household, and every fact on a case that is no pointer."""
    open_cases = Case.objects.open()
    assert open_cases.count() == open_cases.values("household").distinct().count()
    assert not open_cases.filter(household__merged_into__isnull=False).exists()
    for model in (Note, Need, CallCase, EvacuationRequest):
        assert not model.objects.filter(case__status="duplicate").exists(), model
    assert not Case.objects.open().exclude(clocks__state__in=["running", "fired"]).exists()
    assert not Household.objects.filter(merged_into__merged_into__isnull=False).exists()


def note_on(case, cast):
    return follow_up.note(case, text="heard while merging", key=f"race{case.pk}", by=cast.iryna)


def call_about(case, cast):
    said = Intake(number="+79990001122", continues=case.ref, needs=(NeedFacts("BABY"),), dispositions=("case_updated",))
    return intake.record(said, key=f"race{case.pk}", by=cast.oleh)


RIVALS = {
    "note": note_on,
    "call": call_about,
    "claim": lambda case, cast: assignment.claim(case, by=cast.iryna),
    "class": lambda case, cast: triage.override(case, priority="P1", note="she cannot breathe", by=cast.iryna),
    "consent": lambda case, cast: consents.give(
        case.household, purpose="contact", partner_kind="", language="uk", by=cast.olena
    ),
    "merge the other way": lambda case, cast: merging.merge(
        case.household, Household.objects.order_by("pk")[0], by=cast.iryna
    ),
    "split": lambda case, cast: merging.split(
        case.household, people=[case.household.people.order_by("pk")[0].pk], by=cast.protection
    ),
}


def race(cast, rival):
    """A merge and another verb about the duplicate at once; returns what each gave, and the two cases."""
    first, second = two(cast)

    def one(number):
        if number == 0:
            return merging.merge(first.household, second.household, by=cast.protection)
        return RIVALS[rival](Case.objects.select_related("household").get(pk=second.pk), cast)

    return together(2, one), first, second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", RIVALS)
def test_a_merge_and_another_verb_at_once_lose_nothing(cast, rival):
    for _ in range(4):
        found, first, _second = race(cast, rival)

        assert [error for error in found if isinstance(error, Exception) and not isinstance(error, Refusal)] == []
        everything_stands()
        if rival == "note":
            assert Note.objects.filter(case=first).exists()
        if rival == "call":
            assert first.needs.filter(type="BABY").exists()


@pytest.mark.django_db(transaction=True)
def test_a_ring_of_merges_at_once_ends_in_one_household(cast):
    cases = [called(cast.olena, f"Петренко Алексей {1950 + n}") for n in range(4)]
    together(
        4,
        lambda n: merging.merge(cases[n].household, cases[(n + 1) % 4].household, by=cast.taras),
    )

    assert Household.objects.filter(merged_into__isnull=True).count() == 1
    assert Case.objects.open().count() == 1
    everything_stands()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_a_note_written_meanwhile_is_lost(cast, monkeypatch):
    """The negative control: what locks nothing and follows no pointer leaves a note where nobody looks."""

    def unlocked(pk):
        found = Case.objects.select_related("household__data_key").get(pk=pk)
        ready.wait(10)
        merged_already.wait(10)
        policy.require()
        return found

    ready, merged_already = Barrier(2), Barrier(2)
    monkeypatch.setattr(follow_up.standing, "lock_case", unlocked)
    first, second = two(cast)

    def merge():
        ready.wait(10)
        made = merging.merge(first.household, second.household, by=cast.taras)
        merged_already.wait(10)
        return made

    together(2, lambda n: merge() if n == 0 else note_on(second, cast))

    assert Note.objects.filter(case=second, case__status="duplicate").exists()
    with pytest.raises(AssertionError):
        everything_stands()
