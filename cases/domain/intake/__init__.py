"""Intake: one call becomes one record, whole or not at all.

`record` is the verb; the steps below it write one part each, in the lock order. Nothing merges by itself: the
operator chooses the case a call continues, and a doubtful caller only proposes.
"""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import (
    assignment,
    clocks,
    consents,
    events,
    idempotency,
    identity,
    keys,
    lifecycle,
    notifications,
    triage,
)
from cases.domain.intake.checks import check
from cases.domain.intake.facts import MAX_NOTE, EvacuationFacts, Intake, NeedFacts
from cases.domain.intake.household import household_of, people_of
from cases.domain.intake.wishes import evacuation, need, observe, redirect_step
from cases.domain.verbs import verb
from cases.enums import LIVE_EVACUATION, CallStatus, CaseStatus, ClockKind, GivenBy, Identity, Relation
from cases.errors import Invalid
from cases.models import Call, CallCase, CallDisposition, Caller, Case, Household, Offer, Reach, Tie
from cases.planning import reference
from cases.queries import codes

__all__ = ["MAX_NOTE", "EvacuationFacts", "Intake", "NeedFacts", "record", "redirect_step"]

SETTLE_WITHIN = timedelta(hours=2)


@verb("intake.record")
def record(facts: Intake, *, key: str, by: Actor) -> Call:
    """Record one call with everything it said; the case it opened or went on with has a class, clocks and a queue.

    Once per `key`: sent again, it answers with the same call. Locks the household and the case it continues.
    Raises Invalid, AskedBack, KeyReused.
    """
    policy.require()
    check(facts)
    made = idempotency.claim(key, asdict(facts), by=by)
    if made is not None:
        return Call.objects.get(uid=made)
    call = _record(facts, by=by)
    idempotency.finish(key, call.uid, by=by)
    return call


def _record(facts: Intake, *, by: Actor) -> Call:
    case = _continued(facts)
    caller, contact_id = _caller(facts, case)
    call = _call(facts, caller, contact_id, by=by)
    if case is not None and facts.only_proposes:
        _propose(call, case, facts)
    elif case is not None:
        CallCase.objects.create(call=call, case=case)
        _go_on(case, facts, call, by=by)
    elif facts.needs_a_case:
        case = _open(facts, caller, call, by=by)
    events.record(call, "intake.recorded", case=case, channel=facts.channel, dispositions=list(facts.dispositions))
    return call


def _continued(facts: Intake) -> Case | None:
    """The open case this call goes on with, its household locked before it."""
    if not facts.continues:
        return None
    ref = reference.heard(facts.continues)
    found = Case.objects.open().filter(ref=ref).values_list("household_id", flat=True).first() if ref else None
    if found is None:
        raise Invalid(_("There is no open case with this reference."), field="continues")
    Household.objects.locked().get(pk=found)
    return Case.objects.locked().select_related("household__data_key").get(ref=ref)


def _caller(facts: Intake, case: Case | None) -> tuple[Caller, int | None]:
    contact = identity.contact_of(facts.number, facts.channel) if facts.number else None
    known = identity.caller_on(contact, case.household_id) if contact and case else None
    if known is not None:
        return known, contact.pk if contact else None
    (key,) = keys.fresh()
    caller = Caller.objects.create(data_key=key, alias=facts.alias or None, language=facts.language)
    if contact is not None:
        Reach.objects.create(
            caller=caller,
            contact=contact,
            mode=facts.contact_mode,
            text_ok=facts.text_ok,
            safe_from=facts.safe_from,
            safe_to=facts.safe_to,
        )
    return caller, contact.pk if contact else None


def _call(facts: Intake, caller: Caller, contact_id: int | None, *, by: Actor) -> Call:
    now = timezone.now()
    call = Call.objects.create(
        data_key=caller.data_key,
        channel=facts.channel,
        language=facts.language,
        status=CallStatus.COMPLETED,
        caller=caller,
        contact_id=contact_id,
        operator_id=by.user_id if isinstance(by, Staff) else None,
        identity=facts.identity,
        anonymous=facts.anonymous,
        heard_at=facts.heard_at or now,
        ended_at=now,
        notes=facts.notes or None,
        proposal=json.dumps(_proposal(facts), ensure_ascii=False) if facts.only_proposes or facts.reported else None,
    )
    CallDisposition.objects.bulk_create(
        CallDisposition(call=call, code_id=code, primary=place == 0)
        for place, code in enumerate(dict.fromkeys(facts.dispositions))
    )
    return call


def _proposal(facts: Intake) -> dict[str, Any]:
    """What a doubtful caller wants changed; a coordinator settles it."""
    wanted: dict[str, Any] = {"reported": facts.reported, "needs": [asdict(need) for need in facts.needs]}
    if facts.evacuation is not None:
        wanted["direction"] = facts.evacuation.direction
    return wanted


def _propose(call: Call, case: Case, facts: Intake) -> None:
    """A doubtful caller changes nothing; a coordinator settles it before the promise clock is due."""
    CallCase.objects.create(call=call, case=case, proposes=True)
    clocks.start(case, {ClockKind.PROMISE: SETTLE_WITHIN})
    events.record(call, "intake.proposed", case=case, reported=facts.reported)


def _open(facts: Intake, caller: Caller, call: Call, *, by: Actor) -> Case:
    household = household_of(facts)
    Tie.objects.create(
        caller=caller,
        household=household,
        relation=facts.relation,
        on_site=facts.on_site,
        may_decide=facts.relation == Relation.SELF,
    )
    case = Case.objects.create(ref=reference.fresh(), household=household, opened_at=call.heard_at)
    events.record(case, "case.opened", case=case)
    CallCase.objects.create(call=call, case=case)
    hidden = codes.protected()
    people = people_of(household, facts, hidden.specific)
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs, first=True)
    if facts.evacuation is not None:
        evacuation(case, facts.evacuation, people)
    if facts.offer_seats:
        Offer.objects.create(case=case, kind="vehicle", seats=facts.offer_seats, fuel_needed=facts.fuel_needed)
    _consents(household, facts, call, by=by)
    triage.step(case, by=by)
    assignment.enqueue_step(case)
    _acknowledge(case, caller, call)
    return case


def _go_on(case: Case, facts: Intake, call: Call, *, by: Actor) -> None:
    """A known caller's call: facts are added, nothing is taken away; the class follows."""
    if case.status == CaseStatus.RESOLVED:
        lifecycle.move(case, CaseStatus.REOPENED)
        assignment.end_live(case, "reopened")
    hidden = codes.protected()
    people = people_of(case.household, facts, hidden.specific) if facts.people else []
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs)
    if facts.evacuation is not None:
        if not case.evacuations.filter(status__in=LIVE_EVACUATION).exists():
            evacuation(case, facts.evacuation, people or list(case.household.people.filter(merged_into=None)))
        elif facts.identity == Identity.CONFIRMED:
            redirect_step(case, facts.evacuation.direction)
    _consents(case.household, facts, call, by=by)
    reopened = case.status == CaseStatus.REOPENED
    triage.step(case, by=by)
    if reopened:
        assignment.enqueue_step(case)


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
    reach = Reach.objects.select_related("contact", "caller").get(caller=caller, contact=call.contact_id)
    if reach.text_ok:
        notifications.to_caller("call_us", reach, key=f"call_us:{case.uid}", case=case, ref=case.spoken)
