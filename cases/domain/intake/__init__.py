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
from cases.domain.intake.changes import apply, live, trusted, wanted
from cases.domain.intake.checks import check
from cases.domain.intake.facts import MAX_NOTE, EvacuationFacts, Intake, NeedFacts
from cases.domain.intake.household import household_of, people_of, protect
from cases.domain.intake.wishes import evacuation, need, observe
from cases.domain.verbs import verb
from cases.enums import CallStatus, CaseStatus, ClockKind, ContactMode, GivenBy, Relation
from cases.errors import Invalid
from cases.models import (
    Call,
    CallCase,
    CallDisposition,
    Caller,
    Case,
    ContactPoint,
    Household,
    Offer,
    Reach,
    Tie,
)
from cases.planning import reference
from cases.queries import codes

__all__ = ["MAX_NOTE", "EvacuationFacts", "Intake", "NeedFacts", "apply", "record"]

SETTLE_WITHIN = timedelta(hours=2)


@verb("intake.record")
def record(facts: Intake, *, key: str, by: Actor) -> Call:
    """Record one call with everything it said; the case it opened or went on with has a class, clocks and a queue.

    Once per `key`: sent again, it answers with the same call. Locks the household and the case it continues.
    Raises Invalid, AskedBack, KeyReused.
    """
    policy.require()
    made = idempotency.claim(key, asdict(facts), by=by)
    if made is not None:
        return Call.objects.get(uid=made)
    check(facts)  # after the claim: a call resent after midnight is the same call
    call = _record(facts, by=by)
    idempotency.finish(key, call.uid, by=by)
    return call


def _record(facts: Intake, *, by: Actor) -> Call:
    case = _continued(facts)
    caller, contact_id = _caller(facts, case)
    asked = wanted(facts, live_request=case is not None and live(case).exists())
    call = _call(facts, caller, contact_id, asked, by=by)
    if case is not None:
        _go_on(case, facts, call, asked, by=by)
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
    case = Case.objects.open().locked().select_related("household__data_key").filter(ref=ref).first()
    if case is None:
        raise Invalid(_("This case was closed meanwhile. Save the call as a new case."), field="continues")
    return case


def _caller(facts: Intake, case: Case | None) -> tuple[Caller, int | None]:
    contact = identity.contact_of(facts.number, facts.channel) if facts.number else None
    known = identity.caller_on(contact, case.household_id) if contact and case else None
    if known is not None and contact is not None:
        _reach_again(known, contact, facts)
        return known, contact.pk
    (key,) = keys.fresh()
    caller = Caller.objects.create(data_key=key, alias=facts.alias or None, language=facts.language)
    if case is not None:
        _tie(caller, case.household, facts, may_decide=False)
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


def _reach_again(caller: Caller, contact: ContactPoint, facts: Intake) -> None:
    """A known caller's way of being reached becomes stricter at once; it is loosened only for who is known for sure."""
    if facts.only_proposes:
        return
    reach = Reach.objects.select_for_update(no_key=True).get(caller=caller, contact=contact)
    if facts.contact_mode != ContactMode.VOICE or trusted(facts):
        reach.mode = facts.contact_mode
    reach.text_ok = facts.text_ok and (reach.text_ok or trusted(facts))
    if facts.safe_from is not None:
        reach.safe_from, reach.safe_to = facts.safe_from, facts.safe_to
    reach.save(update_fields=["mode", "text_ok", "safe_from", "safe_to"])


def _tie(caller: Caller, household: Household, facts: Intake, *, may_decide: bool) -> None:
    Tie.objects.create(
        caller=caller, household=household, relation=facts.relation, on_site=facts.on_site, may_decide=may_decide
    )


def _said(facts: Intake) -> str | None:
    """The note, and every word of the person lines that nobody understood: nothing heard is lost."""
    rest = [person.rest for person in facts.people if person.rest]
    return "\n".join([part for part in (facts.notes, *rest) if part]) or None


def _call(facts: Intake, caller: Caller, contact_id: int | None, asked: dict[str, Any], *, by: Actor) -> Call:
    now = timezone.now()
    proposes = bool(asked) and not trusted(facts)
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
        notes=_said(facts),
        proposal=json.dumps(asked, ensure_ascii=False) if proposes else None,
    )
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


def _open(facts: Intake, caller: Caller, call: Call, *, by: Actor) -> Case:
    household = household_of(facts)
    _tie(caller, household, facts, may_decide=facts.relation == Relation.SELF)
    case = Case.objects.create(ref=reference.fresh(), household=household, opened_at=call.heard_at)
    events.record(case, "case.opened", case=case)
    CallCase.objects.create(call=call, case=case)
    hidden = codes.protected()
    people = people_of(household, facts, hidden.specific)
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs, first=True)
    protect(household, facts, hidden)
    if facts.evacuation is not None:
        evacuation(case, facts.evacuation, people)
    if facts.offer_seats:
        Offer.objects.create(case=case, kind="vehicle", seats=facts.offer_seats, fuel_needed=facts.fuel_needed)
    _consents(household, facts, call, by=by)
    triage.step(case, by=by)
    assignment.enqueue_step(case)
    if call.proposal is not None:
        _propose(call, case)
    _acknowledge(case, caller, call)
    return case


def _go_on(case: Case, facts: Intake, call: Call, asked: dict[str, Any], *, by: Actor) -> None:
    """A later call about a case: danger and needs are added whoever says so, and the class may only rise for it.

    What needs a known caller is applied when the caller is one, and proposed otherwise.
    """
    proposes = call.proposal is not None
    CallCase.objects.create(call=call, case=case, proposes=proposes)
    if case.status == CaseStatus.RESOLVED:
        lifecycle.move(case, CaseStatus.REOPENED)
        assignment.end_live(case, "reopened")
        assignment.enqueue_step(case)
    hidden = codes.protected()
    people = people_of(case.household, facts, hidden.specific) if facts.people and not facts.only_proposes else []
    observe(case, facts, call, hidden.observations)
    need(case, facts, call, hidden.needs)
    protect(case.household, facts, hidden)
    if facts.evacuation is not None and not facts.only_proposes and not live(case).exists():
        evacuation(case, facts.evacuation, people or list(case.household.people.filter(merged_into=None)))
    if facts.offer_seats:
        Offer.objects.create(case=case, kind="vehicle", seats=facts.offer_seats, fuel_needed=facts.fuel_needed)
    if not facts.only_proposes:
        _consents(case.household, facts, call, by=by)
    if proposes:
        _propose(call, case)
    elif asked:
        apply(case, asked)
    triage.step(case, by=by, only_up=facts.only_proposes)


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
