"""What may be told on a call, by tier: the day to who is known, stop and time late, on their number, with the word."""

import uuid

import pytest
from django.utils import timezone

from cases.domain import calls, drafts, evacuation
from cases.models import Call, Draft, EvacuationRequest, Person, Traveller
from cases.queries.telling import telling
from factories import a_request
from families import called
from ways_out import a_way, agreed, fresh, planners

pytestmark = pytest.mark.django_db(transaction=True)


def on_the_line(cast, *, hours, confirmed=True):
    """A household with confirmed places that leaves in so many hours, and the page of a call we made to its number."""
    plan = planners()
    convoy = a_way(plan.dmytro, hours=hours)
    case = called(cast.olena, "Ткач Ольга ж 34")
    family = a_request(case)
    Person.objects.filter(household=case.household).update(fit_to_travel="seated")
    Traveller.objects.create(request=family, person=case.household.people.get())
    EvacuationRequest.objects.filter(pk=family.pk).update(status="verified", verified_at=timezone.now())
    evacuation.hold(fresh(family), by=plan.dmytro)
    if confirmed:
        agreed(fresh(family), plan.dmytro)
        evacuation.confirm(fresh(family), by=plan.dmytro)
    contact = case.household.ties.get().caller.reaches.get().contact
    call = Call.objects.filter(links__case=case).get()
    Call.objects.filter(pk=call.pk).update(direction="out", contact=contact)
    draft = drafts.save(uuid.uuid4(), serial=1, typed=drafts.Typed({}, {}), by=cast.olena)
    Draft.objects.filter(pk=draft.pk).update(call=call, contact=contact, case=case)
    return Draft.objects.select_related("call").get(pk=draft.pk), case, convoy


def known(draft, case, *, word=True):
    Draft.objects.filter(pk=draft.pk).update(
        identity="confirmed", confirmed_household=case.household_id, word_said=word
    )
    return Draft.objects.select_related("call").get(pk=draft.pk)


def said(draft):
    return " ".join(telling(draft, direction="", wanted={}).lines)


def test_to_who_is_not_known_nothing_is_told(cast):
    draft, _case, _convoy = on_the_line(cast, hours=3)
    assert "Sudzha" not in said(draft)
    assert "Nothing of who is registered" in said(draft)


def test_stop_and_time_are_told_shortly_before_on_their_number_with_the_word(cast):
    draft, case, _convoy = on_the_line(cast, hours=3)
    told = said(known(draft, case))
    assert "Their stop and time: Sudzha, " in told
    assert "Their day, if they ask: " in told


@pytest.mark.parametrize("short_of", ["the word", "their number", "the time", "a confirmation"])
def test_without_one_of_these_only_the_day_is_told(cast, short_of):
    hours = 30 if short_of == "the time" else 3
    draft, case, _convoy = on_the_line(cast, hours=hours, confirmed=short_of != "a confirmation")
    if short_of == "their number":
        Call.objects.filter(pk=draft.call_id).update(direction="in")
    told = said(known(draft, case, word=short_of != "the word"))
    assert "Sudzha" not in told
    assert "Their day, if they ask: " in told
    assert "at most 12 hours before" in told


def test_another_household_s_word_opens_no_stop(cast):
    draft, case, _convoy = on_the_line(cast, hours=3)
    tie = case.household.ties.get()
    tie.code_word = calls.hash_word("Ласточка")
    tie.save(update_fields=["code_word"])
    calls.confirm(draft, tie=tie, word="ласточка", by=cast.olena)
    assert Draft.objects.get(pk=draft.pk).word_said is True
    calls.confirm(draft, tie=tie, word="воробей", by=cast.olena)
    assert Draft.objects.get(pk=draft.pk).word_said is False
