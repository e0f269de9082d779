"""Two households that are one: what goes over, and who is told."""

import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from calls import people, place
from cases.domain import assignment, consents, drafts, follow_up, intake, merging, opening
from cases.domain.intake import EvacuationFacts, Intake, NeedFacts
from cases.enums import Why
from cases.errors import IllegalMove
from cases.models import (
    CallCase,
    Case,
    Clock,
    Consent,
    EvacuationRequest,
    Event,
    Household,
    Merge,
    Person,
    PersonLink,
    Referral,
    Tie,
    Traveller,
    TravelTie,
)
from cases.queries import case_page, search
from factories import a_consent, a_person
from families import called, merged, two

pytestmark = pytest.mark.django_db

# How each foreign key to what is merged is treated. A new one must be spoken for here, and in `cases.domain.merging`.
SPOKEN_FOR = {
    Household: {
        "moves": "case.household consent.household entitlement.household household.merged_into household.split_from "
        "person.household tie.household",
        "stays": "draft.confirmed_household",  # who was known for sure, of that household: the word is asked again
    },
    Person: {
        "moves": "caller.person consent.person observation.person person.guardian person.merged_into "
        "personlink.found personlink.sought release.minor seat.person specificneed.person traveller.person",
        # history; pairs are read through the pointer
        "stays": "bestinterests.person decision.person heardsafe.person match.first match.second",
    },
    EvacuationRequest: {
        "moves": "stay.request traveller.request traveltie.first traveltie.second vehicle.own_of",
        "stays": "bestinterests.request decision.request heardsafe.request",  # history, of the wish it was decided on
    },
    Case: {
        "moves": "alarm.case callback.case callcase.case case.master clock.case delivery.case draft.case "
        "evacuationrequest.case message.case need.case note.case observation.case offer.case referral.case "
        "stopack.case written.case",
        "stays": "assignment.case event.case score.case",  # who had it, what happened, how it was weighed then
    },
}


@pytest.mark.parametrize("model", SPOKEN_FOR)
def test_every_foreign_key_to_what_is_merged_is_spoken_for(model):
    found = {
        f"{other._meta.model_name}.{field.name}"
        for other in apps.get_app_config("cases").get_models()
        for field in other._meta.concrete_fields
        if field.related_model is model
    }
    said = SPOKEN_FOR[model]
    assert found == {*said["moves"].split(), *said["stays"].split()}


def page_of(case):
    return case_page.for_page(Case.objects.all()).get(pk=case.pk)


def standing(household):
    return Person.objects.filter(household=household, merged_into__isnull=True).count()


def test_two_households_become_one_and_nothing_heard_is_lost(cast):
    first, second = two(cast)
    follow_up.note(second, text="the cellar door sticks", key="n1", by=cast.taras)
    calls = set(CallCase.objects.values_list("call", flat=True))

    merged(cast, first, second)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.status, second.master_id, first.is_open) == ("duplicate", first.pk, True)
    assert set(first.calls.values_list("pk", flat=True)) == calls
    assert sorted(first.needs.filter(status="open").values_list("type", flat=True)) == ["FOOD", "MEDS", "WATER"]
    assert first.needs.filter(status="cancelled").count() == 1
    assert first.notes.count() == 1
    assert standing(first.household) == 3
    assert Tie.objects.filter(household=first.household).count() == 2


def test_what_one_record_knew_of_a_person_the_person_keeps(cast):
    first, second = two(cast)

    merged(cast, first, second)

    stays, goes = (case.household.people.order_by("pk")[0] for case in (first, second))
    assert (stays.mobility, goes.merged_into_id) == ("bedridden", stays.pk)


def test_who_is_known_to_be_bedridden_needs_a_stretcher_in_the_request_that_stands(cast):
    first = called(cast.olena, "Петренко Олексей м 60", evacuation=EvacuationFacts(direction="ukraine"))
    second = called(cast.oleh, "Олексій Петренко м 60 лежачий")

    merged(cast, first, second)

    assert list(Traveller.objects.filter(request__case=first).values_list("kind", flat=True)) == ["stretcher"]


def test_the_class_never_falls_by_a_merge_and_no_promise_is_forgotten(cast):
    first, second = two(cast, observations={"severe_bleeding": 1.0})
    due = second.clocks.filter(state="running").order_by("due_at")[0].due_at
    assert second.priority == "P1"

    merged(cast, first, second)

    first.refresh_from_db()
    assert first.priority == "P1"
    assert first.clocks.filter(state="running").order_by("due_at")[0].due_at <= due
    assert not Clock.objects.filter(case=second, state__in=["running", "fired"]).exists()


def test_the_duplicates_reference_leads_to_the_case_that_stands(cast):
    first, second = two(cast)
    merged(cast, first, second)

    assert [row.ref for row in search.find(second.ref, by=cast.olena)] == [first.ref]
    again = Intake(
        number="+79990001122", continues=second.ref, needs=(NeedFacts("HYG"),), dispositions=("case_updated",)
    )
    assert intake.record(again, key="again", by=cast.olena).cases.get() == first


def test_either_spelling_finds_the_one_that_stands(cast):
    first = called(cast.olena, "Петренко Олексей м 60")
    second = called(cast.oleh, "Петренчук Олексій м 60")
    merged(cast, first, second)

    for typed in ("Петренко Алексей", "Петренчук Oleksii"):
        assert [row.ref for row in search.find(typed, by=cast.olena)] == [first.ref]


def test_an_open_case_beside_a_closed_one_goes_over_as_it_is(cast):
    first, second = two(cast)
    Case.objects.filter(pk=first.pk).update(status="cancelled")

    merged(cast, first, second)

    second.refresh_from_db()
    assert (second.household_id, second.status == "duplicate", second.is_open) == (first.household_id, False, True)


def test_merging_again_or_the_other_way_round_changes_nothing(cast):
    first, second = two(cast)
    made = merged(cast, first, second)
    lines = Event.objects.count()

    assert merging.merge(second.household, first.household, by=cast.taras) == made
    assert merging.merge(first.household, second.household, by=cast.taras) == made
    assert (Merge.objects.count(), Event.objects.count()) == (1, lines)


def test_three_households_become_one_and_every_pointer_leads_there(cast):
    first, second = two(cast)
    third = called(cast.olena, "Петренко Алексей 1966")
    merging.merge(second.household, third.household, by=cast.taras)
    merging.merge(first.household, third.household, by=cast.taras)

    kept = Household.objects.filter(merged_into__isnull=True).get()
    assert set(Household.objects.filter(merged_into=kept)) | {kept} == set(Household.objects.all())
    assert {case.ref for case in Case.objects.filter(status="duplicate", master__household=kept)} == {
        second.ref,
        third.ref,
    }
    assert Case.objects.open().count() == 1


def test_a_call_whose_own_case_was_merged_away_goes_on_in_the_one_that_stands(cast):
    """A red key opened a case; a coordinator finds it to be one that stands, while the operator still types."""
    stands = called(cast.olena, "Петренко Алексей м 60", "Петренко Анна ж 58")
    stays = stands.household.people.order_by("pk")[0]
    key = "5f1f0a52-7c5e-4c8e-9d63-1f3f1a4d5e6f"
    said = {"number": "+79990001122", "settlement": place("Sudzha")}
    first = Intake(people=people("Петренко Олексій м 60", "внук м 9"), **said)
    drafts.save(uuid.UUID(key), serial=1, typed=drafts.Typed({}, first.to_json()), by=cast.oleh)
    own = intake.red_key(first, key=key, by=cast.oleh)
    old, grandson = own.household.people.order_by("pk")
    merging.merge(stands.household, own.household, pairs=[(stays.pk, old.pk)], by=cast.taras)

    rest = Intake(
        people=people("Петренко Олексій м 61", "внук м 10", "невестка ж 30"),
        needs=(NeedFacts("BABY"),),
        dispositions=("case_opened",),
        headcount=(3, 3),
        **said,
    )
    with pytest.raises(intake.Clash) as clash:  # the case is another one now: the operator sees it first
        intake.record(rest, key=key, agreed="", by=cast.oleh)
    call = intake.record(rest, key=key, agreed=clash.value.token, by=cast.oleh)

    assert (call.cases.get(), Case.objects.open().count()) == (stands, 1)
    assert stands.needs.filter(type="BABY").exists()
    stays.refresh_from_db()
    grandson.refresh_from_db()
    assert (stays.age_years, grandson.age_years, standing(stands.household)) == (60, 10, 4)


def test_what_only_the_duplicate_knows_opens_on_the_one_that_stands_and_goes_back_with_it(cast):
    first = called(cast.olena, "Петренко Алексей м 60", "ж 9")
    second = called(cast.oleh, "Олексій Петренко м 60", "Петренко Катя ж 9", address="улица за рынком")
    (man, girl), (other_man, katya) = (case.household.people.order_by("pk") for case in (first, second))
    pairs = [(man.pk, other_man.pk), (girl.pk, katya.pk)]

    made = merging.merge(first.household, second.household, pairs=pairs, by=cast.taras)

    opened = opening.open_names(page_of(first), why=Why.CORRECTION, by=cast.taras)
    assert (opened.address, opened.names[girl.pk]) == ("улица за рынком", "Петренко Катя")
    assert [row.ref for row in search.find("Петренко Катерина", by=cast.olena)] == [first.ref]
    assert "рынк" not in str(list(made.moves.values()))

    assert merging.undo(made, by=cast.taras).left == []
    opened = opening.open_names(page_of(first), why=Why.CORRECTION, by=cast.taras)
    assert (opened.address, opened.names[girl.pk]) == ("", "")
    assert [row.ref for row in search.find("Петренко Катерина", by=cast.olena)] == [second.ref]


def test_who_travels_with_the_one_travels_with_the_other(cast):
    wish = EvacuationFacts(direction="ukraine")
    lines = ("Петренко Алексей м 60", "Petrenko Oleksii m 60", "Ткач Иван м 40")
    first, second, friends = (called(cast.olena, line, evacuation=wish) for line in lines)
    mine, theirs, friend = (case.evacuations.get() for case in (first, second, friends))
    tie = TravelTie.objects.create(first=theirs, second=friend)

    made = merged(cast, first, second)

    tie.refresh_from_db()
    assert (tie.first, tie.second) == (mine, friend)
    merging.undo(made, by=cast.taras)
    tie.refresh_from_db()
    assert (tie.first, tie.second) == (theirs, friend)


# --- partners, consents ---------------------------------------------------------------------------------------------


def test_a_partner_keeps_what_it_was_given_with_the_consent_that_allows_it(cast):
    first, second = two(cast)
    consent = a_consent(second.household)
    Referral.objects.create(
        case=second, partner_id=cast.red.partner_id, consent=consent, fields=["needs"], offered_by="x",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip

    merged(cast, first, second)

    assert list(Case.objects.visible_to(cast.red)) == [first]
    assert not Case.objects.visible_to(cast.blue).exists()


def test_one_consent_of_both_serves_the_partner_of_either(cast):
    first, second = two(cast)
    a_consent(first.household)
    Referral.objects.create(
        case=second, partner_id=cast.red.partner_id, consent=a_consent(second.household), fields=["needs"],
        offered_by="x", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip

    merged(cast, first, second)

    assert list(Case.objects.visible_to(cast.red)) == [first]


def test_who_took_back_a_consent_took_it_back_for_the_household(cast):
    first, second = two(cast)
    given = a_consent(first.household)
    Referral.objects.create(
        case=first, partner_id=cast.red.partner_id, consent=given, fields=["needs"], offered_by="x",
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    refused = a_consent(second.household)
    Consent.objects.filter(pk=refused.pk).update(withdrawn_at=timezone.now())

    merged(cast, first, second)

    given.refresh_from_db()
    assert given.withdrawn_at is not None
    assert not Case.objects.visible_to(cast.red).exists()


def test_taking_back_a_consent_takes_back_what_the_merged_half_gave(cast):
    first, second = two(cast)
    given = [a_consent(case.household) for case in (first, second)]
    for case, consent in zip((first, second), given, strict=True):
        Referral.objects.create(
            case=case, partner_id=cast.red.partner_id, consent=consent, fields=["needs"], offered_by="x",
            expires_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip
    merged(cast, first, second)

    consents.withdraw(given[0], by=cast.olena)

    assert not Case.objects.visible_to(cast.red).exists()


def test_a_case_that_was_thought_over_is_at_work_again(cast):
    first, second = two(cast)
    assignment.claim(first, by=cast.taras)
    follow_up.start(first, by=cast.taras)
    follow_up.resolve(first, by=cast.taras)

    merged(cast, first, second)

    first.refresh_from_db()
    assert (first.status, first.assignments.filter(ended_at=None).exists()) == ("triaged", False)


# --- people sought, owners, the journal -----------------------------------------------------------------------------


def test_a_merge_carries_over_who_seeks_whom(cast):
    first, second = two(cast)
    seeker, goes = first.household.people.order_by("pk")[0], second.household.people.order_by("pk")[0]
    sought = a_person(presence="missing")
    link = PersonLink.objects.create(sought=sought, found=goes)

    merged(cast, first, second)

    link.refresh_from_db()
    assert link.found == seeker


def test_an_owner_of_the_duplicate_owns_no_second_case_of_the_household(cast):
    first, second = two(cast)
    assignment.claim(first, by=cast.taras)
    assignment.claim(second, by=cast.iryna)

    merged(cast, first, second)

    assert not second.assignments.filter(ended_at__isnull=True).exists()
    with pytest.raises(IllegalMove):
        assignment.claim(second, by=cast.iryna)


def test_the_journal_is_history_and_nobody_rewrites_it(cast):
    made = merged(cast, *two(cast))

    with pytest.raises(Exception, match=r"append-only|permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_mergemove SET old = 1 WHERE merge_id = %s", [made.pk])
