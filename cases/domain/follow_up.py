"""Working on a case until it is closed: start, wait, resolve, close, reopen, and settling what a caller proposed."""

import json
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.disclosure import reveal
from cases.domain import (
    assignment,
    clocks,
    evacuation,
    events,
    idempotency,
    intake,
    lifecycle,
    matching,
    standing,
    triage,
)
from cases.domain.verbs import verb
from cases.enums import (
    LIVE_EVACUATION,
    OPEN_NEED,
    CaseStatus,
    ClockKind,
    CloseReason,
    EvacuationStatus,
    NeedStatus,
    Why,
)
from cases.errors import IllegalMove, Invalid, NoteNeeded
from cases.models import Call, Case, EvacuationRequest, Household, Need, Note, UnmetReason
from cases.queries.triage import rules_in_force

WAITS = (
    CaseStatus.WAITING_CALLER,
    CaseStatus.WAITING_PARTNER,
    CaseStatus.WAITING_ACCESS,
    CaseStatus.WAITING_STOCK,
)
MAX_NOTE = 20_000
CALL_BACK_AFTER = timedelta(hours=24)
ENDS_OF_A_NEED = (NeedStatus.MET, NeedStatus.PARTLY_MET, NeedStatus.UNMET, NeedStatus.CANCELLED)
ENDS_OF_A_REQUEST = (EvacuationStatus.DECLINED, EvacuationStatus.CANCELLED, EvacuationStatus.SAFE_BY_OWN_MEANS)


def _locked(case: Case) -> Case:
    return Case.objects.locked().select_related("household__data_key").get(pk=case.pk)


def _unsettled(case: Case) -> bool:
    return case.calls.filter(proposal__isnull=False, proposal_settled_at__isnull=True).exists()


@verb("follow_up.start")
def start(case: Case, *, by: Actor) -> Case:
    """Work has begun: the acknowledge clock is met. Locks the case."""
    case = _locked(case)
    if case.status == CaseStatus.IN_PROGRESS:
        return case
    lifecycle.move(case, CaseStatus.IN_PROGRESS)
    clocks.met(case, ClockKind.ACKNOWLEDGE)
    return case


@verb("follow_up.wait")
def wait(case: Case, *, what: CaseStatus, by: Actor) -> Case:
    """Waiting stops no clock: it becomes check-in calls at the pace of the class. Locks the case."""
    case = _locked(case)
    if what not in WAITS:
        raise Invalid(field="what")
    if case.status == what:
        return case
    if case.status in WAITS:
        lifecycle.move(case, CaseStatus.IN_PROGRESS)
    lifecycle.move(case, what)
    _, rules = rules_in_force()
    clocks.start(case, {ClockKind.CHECK_IN: timedelta(minutes=rules.clocks[case.priority].recontact)})
    return case


@verb("follow_up.resolve")
def resolve(case: Case, *, by: Actor) -> Case:
    """Everything promised was done; a follow-up call asks whether it was. Locks the case."""
    case = _locked(case)
    if case.status == CaseStatus.RESOLVED:
        return case
    lifecycle.move(case, CaseStatus.RESOLVED)
    clocks.start(case, {ClockKind.FOLLOW_UP: CALL_BACK_AFTER})
    clocks.met(case, ClockKind.ACKNOWLEDGE, ClockKind.RECONTACT, ClockKind.CHECK_IN)
    return case


@verb("follow_up.close")
def close(case: Case, *, reason: CloseReason, by: Actor) -> Case:
    """Close a resolved case for a reason, after the follow-up call. Locks the case.

    Refused while a need is open or an evacuation is on its way.
    """
    case = _locked(case)
    if case.status == CaseStatus.CLOSED:
        return case
    if reason not in CloseReason.values:
        raise Invalid(_("Choose a reason from the list."), field="reason")
    if _unsettled(case):
        raise IllegalMove(_("Somebody's proposal is not settled yet. Accept or refuse it first."))
    if case.needs.filter(status__in=OPEN_NEED).exists():
        raise IllegalMove(_("A need is still open. End each need first: met, or unmet with its reason."))
    if case.evacuations.filter(status__in=LIVE_EVACUATION).exists():
        raise IllegalMove(_("The evacuation is not over. Close the case when they are safe or have withdrawn."))
    lifecycle.move(case, CaseStatus.CLOSED, close_reason=reason, closed_at=timezone.now())
    assignment.end_live(case, "closed")
    clocks.stop(case)
    return case


@verb("follow_up.reopen")
def reopen(case: Case, *, by: Actor) -> Case:
    """It was not over: back to triage, clocks and queue. Locks the household, then the case."""
    Household.objects.locked().get(pk=case.household_id)
    case = _locked(case)
    if case.status in (CaseStatus.REOPENED, CaseStatus.TRIAGED):
        return case
    if case.master_id is not None:
        raise IllegalMove(_("This case is a duplicate. Open the case it points to, or take the merge back."))
    lifecycle.move(case, CaseStatus.REOPENED, close_reason="", closed_at=None)
    assignment.end_live(case, "reopened")
    triage.step(case, by=by)
    assignment.enqueue_step(case)
    return case


@verb("follow_up.note")
def note(case: Case, *, text: str, key: str, protected: bool = False, by: Actor) -> Note:
    """Write a note on a case, sealed; a protected one is for the protection officer. Once per `key`. Locks the case."""
    case = standing.lock_case(case.pk)
    text = text.strip()
    if not text:
        raise NoteNeeded(field="text")
    if "\0" in text or len(text) > MAX_NOTE:
        raise Invalid(_("This note is too long. Keep it under 20,000 characters."), field="text")
    made = idempotency.claim(key, {"case": case.pk, "text": text, "protected": protected}, by=by)
    if made is not None:
        return Note.objects.get(uid=made)
    author = by.user_id if isinstance(by, Staff) else None
    written = Note.objects.create(
        data_key=case.household.data_key, case=case, author_id=author, text=text, protected=protected
    )
    if protected and not case.household.protected:
        case.household.protected = True
        case.household.save(update_fields=["protected"])
    idempotency.finish(key, written.uid, by=by)
    events.record(written, case=case, protected=protected)
    return written


@verb("follow_up.end_need")
def end_need(need: Need, *, to: NeedStatus, reason: str = "", by: Actor) -> Need:
    """A need was met, partly met, or stays unmet for a reason from the list. Locks the case, then the need.

    Ending it the same way twice changes nothing; the class of the case follows.
    """
    case = _locked(need.case)
    need = Need.objects.locked().get(pk=need.pk)
    if need.status == to:
        return need
    if to not in ENDS_OF_A_NEED:
        raise IllegalMove
    known = UnmetReason.objects.filter(code=reason, active=True).exists()
    if to == NeedStatus.UNMET and not known:
        raise Invalid(_("Choose why it stays unmet: donors and planners must see it."), field="reason")
    lifecycle.move(need, to, reason_id=reason if to == NeedStatus.UNMET else None)
    if case.is_open:
        triage.step(case, by=by)
    return need


@verb("follow_up.end_request")
def end_request(request: EvacuationRequest, *, to: EvacuationStatus, by: Actor) -> EvacuationRequest:
    """The people stay, put it off, or got out by themselves: their places are given up in the same step.

    Locks the legs they have seats on, the case, then the request and its seats. Raises Aboard.
    """
    evacuation.case_legs_step(request.case_id)
    case = _locked(request.case)
    request = EvacuationRequest.objects.locked().get(pk=request.pk)
    if request.status == to:
        return request
    if to not in ENDS_OF_A_REQUEST:
        raise IllegalMove
    evacuation.let_go_step([request.pk])
    lifecycle.move(request, to)
    evacuation.checked_step(case)
    if case.is_open:
        triage.step(case, by=by)
    return request


@verb("follow_up.settle_proposal")
def settle_proposal(call: Call, *, accept: bool, by: Actor) -> Call:
    """Decide on what a doubtful caller proposed, once their identity was established or refuted.

    Accepting changes the direction or the state of the evacuation; either way the proposal is settled once. A
    report of arrival by somebody else is `reported_safe`, never `safe`. Locks the case.
    """
    link = call.links.select_related("case").first()
    if link is None:
        raise IllegalMove
    evacuation.case_legs_step(link.case_id)
    case = standing.lock_case(link.case_id)
    call = Call.objects.select_related("data_key").select_for_update(no_key=True, of=("self",)).get(pk=call.pk)
    if call.__dict__["proposal"] is None:
        raise IllegalMove
    if call.proposal_settled_at is not None:
        return call
    if accept:
        reveal([call], by=by, why=Why.OWNER, fields=["proposal"])
        intake.apply(case, json.loads(str(call.proposal)))
    call.proposal_settled_at = timezone.now()
    call.save(update_fields=["proposal_settled_at"])
    if not _unsettled(case):
        clocks.met(case, ClockKind.PROMISE)
    if accept:
        triage.step(case, by=by)
        matching.enqueue_step(case.household)
    events.record(call, case=case, accepted=accept)
    return call
