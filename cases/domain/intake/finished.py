"""A finished call is recorded: once, under the key of its page."""

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import callbacks, calls, drafts, idempotency
from cases.domain.intake.checks import check
from cases.domain.intake.facts import Intake
from cases.domain.intake.recording import record_step
from cases.domain.verbs import verb
from cases.enums import CallbackOutcome, CallbackReason, CallbackState, CallDirection
from cases.models import Call, Callback

SOON: Final = timedelta(hours=1)


@verb("intake.record")
def record(facts: Intake, *, key: str, agreed: str = "", by: Actor) -> Call:
    """Record one call with everything it said; the case it opened or went on with has a class, clocks and a queue.

    Once per `key`: sent again, it answers with the same call. What was typed under this key before, by a red key or
    a dropped page, is completed and not doubled. `agreed` is the mark of what a colleague changed meanwhile and the
    operator has seen. Locks the draft, the call, the household and the case it continues.
    Raises Invalid, AskedBack, KeyReused, Clash, Elsewhere.
    """
    policy.require()
    made = idempotency.claim(key, asdict(facts), by=by)
    if made is not None:
        return Call.objects.get(uid=made)
    check(facts)  # after the claim: a call resent after midnight is the same call
    draft = drafts.of_key(key)
    if draft is not None and isinstance(by, Staff) and draft.operator_id != by.user_id:
        raise drafts.Elsewhere
    call = record_step(facts, draft=draft, agreed=agreed, by=by)
    _afterwards(facts, call, by)
    calls.finish_step(call, heavy=facts.heavy)
    if draft is not None:
        drafts.finish_step(draft, call=call)
    idempotency.finish(key, call.uid, by=by)
    return call


def _afterwards(facts: Intake, call: Call, by: Actor) -> None:
    """Who is to be called back after this call, and which callback it was."""
    if call.contact is None or not isinstance(by, Staff):
        return
    if call.direction == CallDirection.OUT:
        mine = Callback.objects.filter(contact=call.contact, state=CallbackState.LEASED, leased_by=by.user_id)
        row = mine.select_for_update(no_key=True, of=("self",)).select_related("call", "contact", "case").first()
        if row is not None:
            missed = calls.NOT_REACHED in facts.dispositions
            callbacks.tried_step(row, CallbackOutcome.NO_ANSWER if missed else CallbackOutcome.REACHED, by=by)
    case = call.cases.select_related("household__settlement").first()
    if "silent" in facts.dispositions:
        callbacks.open_step(call.contact, CallbackReason.SILENT, call=call, case=case, needs_word=True)
    if facts.call_back_at or "callback_scheduled" in facts.dispositions:
        callbacks.open_step(
            call.contact,
            CallbackReason.PROMISED,
            call=call,
            case=case,
            due_at=facts.call_back_at or timezone.now() + SOON,
            promised_by=by.user_id,
        )
