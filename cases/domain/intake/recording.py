"""The steps that write a call down: who called, the call, and the case it opened or went on with."""

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.domain import (
    assignment,
    clocks,
    consents,
    events,
    lifecycle,
    matching,
    naming,
    notifications,
    standing,
    triage,
)
from cases.domain import (
    evacuation as ways_out,
)
from cases.domain.intake.callers import caller_of, said, tie_step
from cases.domain.intake.changes import apply, live, trusted, wanted
from cases.domain.intake.checks import clashes
from cases.domain.intake.facts import Intake
from cases.domain.intake.household import household_of, people_again, people_of, protect, settle_household
from cases.domain.intake.wishes import RED_KEY, evacuation, join, need, observe, take_back
from cases.enums import SPOKEN, CallStatus, CaseStatus, ClockKind, GivenBy, Identity, Relation
from cases.errors import Invalid
from cases.models import Call, CallCase, CallDisposition, Caller, Case, Draft, Household, Offer, Person, Reach, Written
from cases.planning import reference
from cases.queries import codes
from cases.queries.clash import stamps

SETTLE_WITHIN: Final = timedelta(hours=2)


def record_step(
    facts: Intake,
    *,
    draft: Draft | None,
    status: CallStatus = CallStatus.COMPLETED,
    agreed: str | None = None,
    by: Actor,
) -> Call:
    """Write down what a call said; returns the call. `status` is what a call not known before begins as.

    Where this same call opened a case already (red key, dropped page), it is completed. `agreed` is what the operator
    has seen of a colleague's changes; without it (None) a clash only makes this call propose. Raises Clash.
    """
    call = _known_call(draft)
    own = _opened_by(call)
    case = _continued(facts) or own
    same = own is not None and case is not None and case.pk == own.pk and _made_by(own, call)
    facts = _as_known(facts, draft, case)
    clash = clashes(draft, case, facts, agreed or "") if case is not None else None
    if clash is not None and agreed is not None:
        raise clash
    if clash is not None:
        facts, same = replace(facts, identity=Identity.DOUBTFUL), False
    caller, contact_id = caller_of(facts, case, call)
    live_request = case is not None and live(case).exists()
    asked = wanted(facts, continuing=case is not None, live_request=live_request, trusting=same)
    call = _call(facts, call, caller, contact_id, asked, draft, status, trusting=same, by=by)
    if case is not None and same:
        _complete(case, facts, call, asked, draft, by=by)
    elif case is not None:
        facts = _fold(own, case, facts) if own is not None and own.pk != case.pk else facts
        _go_on(case, facts, call, asked, draft, by=by)
    elif facts.needs_a_case or (draft is not None and draft.wants_case and status != CallStatus.COMPLETED):
        case = _open(facts, caller, call, draft, by=by)
    if case is not None and call.channel not in SPOKEN:
        Written.objects.filter(call=call, case__isnull=True).update(case=case)
    if draft is not None:
        _stand(draft, call, case)
    events.record(call, "intake.recorded", case=case, channel=facts.channel, dispositions=list(facts.dispositions))
    return call


def _as_known(facts: Intake, draft: Draft | None, case: Case | None) -> Intake:
    """Who is on the line is what the code word or a callback showed for this very household, never what a form says.

    Anybody's doubt weighs more than that.
    """
    if draft is None:
        return facts
    if Identity.DOUBTFUL in (facts.identity, draft.identity):
        return replace(facts, identity=Identity.DOUBTFUL)
    sure = draft.identity == Identity.CONFIRMED and case is not None
    theirs = sure and case is not None and draft.confirmed_household_id == case.household_id
    return replace(facts, identity=Identity.CONFIRMED if theirs else Identity.UNKNOWN)


def _stand(draft: Draft, call: Call, case: Case | None) -> None:
    """The page goes on from here: what it wrote itself is no colleague's change."""
    draft.call = call
    if case is not None:
        draft.case, draft.base = case, stamps(Case.objects.select_related("household").get(pk=case.pk))
    draft.save(update_fields=["call", "case", "base"])


def _fold(own: Case, case: Case, facts: Intake) -> Intake:
    """This call had opened a case before its household was found: that case is a duplicate of the one it goes on with.

    A red key pressed on it is one on the case that stands.
    """
    if lifecycle.allowed(own, CaseStatus.DUPLICATE):
        lifecycle.move(own, CaseStatus.DUPLICATE, master=case)
        assignment.end_live(own, "duplicate")
        clocks.stop(own)
    if not own.red_key:
        return facts
    case.red_key = True
    case.save(update_fields=["red_key"])
    return replace(facts, observations={**facts.observations, RED_KEY: 1.0})


def _known_call(draft: Draft | None) -> Call | None:
    if draft is None or draft.call_id is None:
        return None
    return (
        Call.objects.select_for_update(no_key=True, of=("self",))
        .select_related("data_key", "caller__data_key")
        .get(pk=draft.call_id)
    )


def _opened_by(call: Call | None) -> Case | None:
    """The open case that this very call opened, its household locked before it: no case that was there before it."""
    if call is None:
        return None
    since = call.created_at  # it may be a duplicate by now, and the call be about the one that stands for it
    own = Q(case__created_at__gte=since) | Q(case__duplicates__created_at__gte=since)
    link = call.links.filter(own).select_related("case").order_by("pk").first()
    return _locked(link.case.household_id, link.case.ref) if link is not None else None


def _made_by(case: Case, call: Call | None) -> bool:
    """Whether the call opened this very case, and no colleague found it to be one that stood before."""
    return call is not None and case.created_at >= call.created_at


def _continued(facts: Intake) -> Case | None:
    """The open case this call goes on with, its household locked before it."""
    if not facts.continues:
        return None
    ref = reference.heard(facts.continues)
    meant = (
        Case.objects.open().filter(Q(ref=ref) | Q(duplicates__ref=ref, household__protected=False))
        if ref
        else Case.objects.none()
    )
    found = meant.values_list("household_id", "ref").first()
    if found is None:
        raise Invalid(_("There is no open case with this reference."), field="continues")
    case = _locked(*found)
    if case is None:
        raise Invalid(_("This case was closed meanwhile. Save the call as a new case."), field="continues")
    return case


def _locked(household: int, ref: str) -> Case | None:
    """The open case of this reference, or the one it was merged into while we waited for the lock."""
    for case in Case.objects.open().filter(household=household).values_list("pk", flat=True):
        ways_out.case_legs_step(case)
    standing.lock_household(household)
    found = Case.objects.filter(ref=ref).values_list("pk", flat=True).first()
    case = standing.lock_case(found) if found is not None else None
    return case if case is not None and case.is_open else None


def _call(
    facts: Intake,
    call: Call | None,
    caller: Caller,
    contact_id: int | None,
    asked: dict[str, Any],
    draft: Draft | None,
    status: CallStatus,
    *,
    trusting: bool,
    by: Actor,
) -> Call:
    now = timezone.now()
    proposes = bool(asked) and not trusting and not trusted(facts)
    operator = by.user_id if isinstance(by, Staff) else draft.operator_id if draft else None
    if call is None:
        call = Call(data_key=caller.data_key, status=status, heard_at=facts.heard_at or now, operator_id=operator)
        call.ended_at = None if status == CallStatus.IN_PROGRESS else now
    call.channel, call.language, call.caller, call.anonymous = facts.channel, facts.language, caller, facts.anonymous
    call.contact_id = contact_id or call.contact_id
    call.identity, call.notes = facts.identity, said(facts)
    call.proposal = json.dumps(asked, ensure_ascii=False) if proposes else None
    call.proposal_settled_at = None
    call.save()
    CallDisposition.objects.bulk_create(
        CallDisposition(call=call, code_id=code, primary=place == 0)
        for place, code in enumerate(dict.fromkeys(facts.dispositions))
    )
    return call


def _propose(call: Call, case: Case) -> None:
    """A coordinator settles it before the promise clock is due; a second proposal does not put the first one off."""
    if not case.clocks.filter(kind=ClockKind.PROMISE, state__in=clocks.LIVE).exists():
        clocks.start(case, {ClockKind.PROMISE: SETTLE_WITHIN})
    events.record(call, "intake.proposed", case=case)


def _open(facts: Intake, caller: Caller, call: Call, draft: Draft | None, *, by: Actor) -> Case:
    household = household_of(facts)
    tie_step(caller, household, facts, may_decide=facts.relation == Relation.SELF, how="opened")
    case = Case.objects.create(ref=reference.fresh(), household=household, opened_at=call.heard_at)
    events.record(case, "case.opened", case=case)
    CallCase.objects.create(call=call, case=case)
    hidden = codes.protected()
    people = people_of(household, facts, hidden.specific)
    if draft is not None:
        _remember(draft, [person.pk for person in people])
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs, first=True)
    protect(household, facts, hidden)
    if facts.evacuation is not None:
        evacuation(case, facts.evacuation, people)
    _offer(case, facts)
    _consents(household, facts, call, by=by)
    triage.step(case, by=by)
    ways_out.await_check_step(case)
    _look(case, people)
    assignment.enqueue_step(case)
    if call.proposal is not None:
        _propose(call, case)
    _acknowledge(case, caller, call)
    return case


def _go_on(case: Case, facts: Intake, call: Call, asked: dict[str, Any], draft: Draft | None, *, by: Actor) -> None:
    """A later call about a case: danger and needs are added whoever says so, and the class may only rise for it.

    What needs a known caller is applied when the caller is one, and proposed otherwise.
    """
    proposes = call.proposal is not None
    CallCase.objects.update_or_create(call=call, case=case, defaults={"proposes": proposes})
    if case.status == CaseStatus.RESOLVED:
        lifecycle.move(case, CaseStatus.REOPENED)
        assignment.end_live(case, "reopened")
        assignment.enqueue_step(case)
    hidden = codes.protected()
    people = [] if facts.only_proposes else _people(case.household, facts, hidden.specific, draft)
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs)
    protect(case.household, facts, hidden)
    if facts.evacuation is not None and not facts.only_proposes and not live(case).exists():
        evacuation(case, facts.evacuation, people or list(case.household.people.filter(merged_into=None)))
    _offer(case, facts)
    if not facts.only_proposes:
        _consents(case.household, facts, call, by=by)
    if proposes:
        _propose(call, case)
    elif asked:
        apply(case, asked)
    triage.step(case, by=by, only_up=facts.only_proposes)
    ways_out.await_check_step(case)
    _look(case, people)


def _complete(case: Case, facts: Intake, call: Call, asked: dict[str, Any], draft: Draft | None, *, by: Actor) -> None:
    """The same call says the rest about the case it opened: what was typed then is brought to what is typed now."""
    hidden = codes.protected()
    settle_household(case.household, facts)
    apply(case, asked)
    people = _people(case.household, facts, hidden.specific, draft)
    take_back(case, facts, call)
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs)
    protect(case.household, facts, hidden)
    if facts.evacuation is not None and not live(case).exists():
        evacuation(case, facts.evacuation, people)
    elif facts.evacuation is not None:
        join(case, facts.evacuation, people)
    _offer(case, facts)
    _consents(case.household, facts, call, by=by)
    if call.caller is not None:
        tie_step(call.caller, case.household, facts, may_decide=facts.relation == Relation.SELF, how="opened")
        _acknowledge(case, call.caller, call)
    triage.step(case, by=by)
    ways_out.await_check_step(case)
    _look(case, people)


def _people(household: Household, facts: Intake, protected: frozenset[str], draft: Draft | None) -> list[Any]:
    """The persons of this call: those it named before are brought up to date, the others are added."""
    if not facts.people and not (draft is not None and draft.people):
        return []
    people, remembered = people_again(household, facts, protected, draft.people if draft is not None else [])
    if draft is not None:
        _remember(draft, remembered)
    return people


def _remember(draft: Draft, people: list[int]) -> None:
    if draft.people != people:
        draft.people = people
        draft.save(update_fields=["people"])


def _look(case: Case, people: Collection[Person]) -> None:
    """Whoever was named may be known already under another reference."""
    if any(naming.said_of(person) for person in people):
        matching.enqueue_step(case.household)


def _offer(case: Case, facts: Intake) -> None:
    if facts.offer_seats and not case.offers.filter(kind="vehicle", vetted_at=None, seats=facts.offer_seats).exists():
        Offer.objects.create(case=case, kind="vehicle", seats=facts.offer_seats, fuel_needed=facts.fuel_needed)


def _consents(household: Household, facts: Intake, call: Call, *, by: Actor) -> None:
    consents.record_step(
        household,
        sorted(facts.consents),
        basis=facts.consent_basis,
        given_by=GivenBy.SELF if facts.relation == Relation.SELF else GivenBy.CALLER,
        language=facts.language,
        call=call,
        by=by,
    )


def _acknowledge(case: Case, caller: Caller, call: Call) -> None:
    """Tell the caller their reference, where a text is allowed; it says nothing else."""
    if call.contact_id is None:
        return
    reaches = Reach.objects.select_related("contact", "caller").filter(caller=caller, contact=call.contact_id)
    reach = reaches.first()
    if reach is not None and reach.text_ok:
        notifications.to_caller("call_us", reach, key=f"call_us:{case.uid}", case=case, ref=case.spoken)
