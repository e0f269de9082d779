"""What the exchange tells of a call, in any order and as often as it likes."""

import hashlib
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import Actor
from cases.domain import callbacks, events, identity, jobs, keys
from cases.domain.calls.ending import over_step, to_be_called_back
from cases.domain.calls.taking import ring_step, take_step
from cases.domain.verbs import verb
from cases.enums import CallbackReason, CallStatus
from cases.errors import Invalid
from cases.models import Call, ContactPoint, Draft, Handover, Job, TelephonyEvent, User
from cases.planning.telephony import Heard, Told, told
from cases.privacy import addresses

# Events come in any order: a call that ended is read once its answer has had time to arrive.
SETTLE_AFTER: Final = timedelta(seconds=3)


@verb("calls.heard")
def heard(event: Heard, *, by: Actor) -> Call:
    """One event of a call from the exchange; told twice, or late, it changes nothing more. Locks the call."""
    policy.require()
    call = _call_of(event)
    fresh = TelephonyEvent(
        call=call,
        provider=event.provider,
        event_id=event.event_id,
        kind=event.kind,
        at=event.at,
        agent=event.agent,
    )
    TelephonyEvent.objects.bulk_create([fresh], ignore_conflicts=True)
    _read(call)
    return call


def _call_of(event: Heard) -> Call:
    # An exchange's own id may name a host or a number: its hash finds the call as well.
    provider_id = f"{event.provider}:{hashlib.sha256(event.call_id.encode()).hexdigest()[:40]}"
    locked = Call.objects.select_for_update(no_key=True).filter(provider_id=provider_id)
    call = locked.first()
    if call is None:
        contact = _contact(event.caller)
        (key,) = keys.fresh()
        made = Call(
            data_key=key,
            channel="phone",
            status=CallStatus.RINGING,
            contact=contact,
            anonymous=contact is None,
            language=addresses.language_of(contact.country if contact is not None else ""),
            heard_at=event.at,
            provider_id=provider_id,
        )
        Call.objects.bulk_create([made], ignore_conflicts=True)
        call = locked.get()
        if call.uid == made.uid:
            events.record(call, "calls.rang")
            return call
    # Another event was first, and may not have known the number.
    if call.contact_id is None:
        _learn(call, _contact(event.caller))
    return call


def _learn(call: Call, contact: ContactPoint | None) -> None:
    """The number came later than the call: whoever has the call sees it, and whoever hung up can be called back."""
    if contact is None:
        return
    call.contact, call.anonymous = contact, False
    call.save(update_fields=["contact", "anonymous"])
    Draft.objects.open().filter(call=call, contact__isnull=True).update(contact=contact)
    if call.status == CallStatus.CALLBACK_DUE:
        callbacks.open_step(contact, CallbackReason.ABANDONED, call=call, case=call.cases.first())


def _contact(number: str) -> ContactPoint | None:
    """The contact of a number; none for a hidden one, or what no telephone can have."""
    try:
        return identity.contact_of(number, "phone") if number.strip() else None
    except Invalid:
        return None


def _read(call: Call, *, settled: bool = False) -> None:
    """Bring a locked call to where all its events together say it is."""
    so_far = told(call.telephony.values_list("kind", "at", "agent"))
    call.heard_at, call.held_since = min(call.heard_at, so_far.began_at), so_far.held_since
    call.save(update_fields=["heard_at", "held_since"])
    if so_far.answered and call.status == CallStatus.CALLBACK_DUE:
        _was_answered_after_all(call, so_far)
    if call.status == CallStatus.RINGING:
        _read_ringing(call, so_far, settled=settled)
    elif call.status == CallStatus.IN_PROGRESS and so_far.over:
        over_step(call, so_far.ended_at)


def _read_ringing(call: Call, so_far: Told, *, settled: bool) -> None:
    agent = _who_answered(call, so_far)
    if so_far.answered and agent is not None:
        take_step(call, agent.as_actor())
        if so_far.over:
            over_step(call, so_far.ended_at)
    elif so_far.abandoned or (so_far.ended and settled):
        reason = CallbackReason.UNRECORDED if so_far.answered else CallbackReason.ABANDONED
        to_be_called_back(call, CallStatus.ABANDONED, reason)
    elif so_far.ended:
        jobs.enqueue("call", f"call:{call.uid}", subject=call.pk, due_at=timezone.now() + SETTLE_AFTER)
    else:
        ring_step(call)


def _who_answered(call: Call, so_far: Told) -> User | None:
    """The agent whom the exchange names, unless they stepped back from the call or left it at the end of a shift."""
    if not so_far.agent:
        return None
    agent = User.objects.filter(username=so_far.agent, is_active=True).exclude(recusals__call=call).first()
    if agent is None or Handover.objects.filter(leaver=agent, created_at__gte=call.heard_at).exists():
        return None
    return agent


def _was_answered_after_all(call: Call, so_far: Told) -> None:
    """Its answer came later than its end: an agent is known, so nobody needs to call back."""
    if _who_answered(call, so_far) is not None:
        callbacks.cancel_step(call)


@jobs.inside("call", verb="calls.settle")
def settle(job: Job) -> None:
    """A call ended without an answer that we heard of: it is to be called back. Locks the call.

    Whoever claimed it in the meantime has it, with the line gone already.
    """
    policy.require()
    call = Call.objects.select_for_update(no_key=True).filter(pk=job.subject or 0).first()
    if call is not None:
        _read(call, settled=True)
