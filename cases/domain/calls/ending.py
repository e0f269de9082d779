"""The end of a call: hung up, recorded, not reached, or stepped back from."""

from datetime import datetime

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import alarms, callbacks, drafts, events, lifecycle, presence, stream
from cases.domain.calls.taking import ring_again_step
from cases.domain.verbs import verb
from cases.enums import (
    LIVE_CALL,
    SPOKEN,
    AlarmKind,
    CallbackOutcome,
    CallbackReason,
    CallbackState,
    CallDirection,
    CallStatus,
    PresenceState,
)
from cases.errors import Forbidden, IllegalMove
from cases.models import Alarm, Call, Callback, CallDisposition, Draft, Listening, Recusal

NOT_REACHED = "abandoned_callback_failed"


def to_be_called_back(call: Call, by_way_of: CallStatus, reason: CallbackReason, *, needs_word: bool = False) -> None:
    """Step: a locked call that broke off goes on the list of those to call back, where there is a number."""
    _nobody_listens(call)
    if call.status != by_way_of:
        lifecycle.move(call, by_way_of, ended_at=call.ended_at or timezone.now())
    lifecycle.move(call, CallStatus.CALLBACK_DUE)
    stream.tell(stream.DESK, "ring_gone", uid=call.uid)
    if call.contact is None:
        return
    case = call.cases.select_related("household__settlement").first()
    callbacks.open_step(call.contact, reason, call=call, case=case, needs_word=needs_word)


@verb("calls.recuse")
def recuse(draft: Draft, *, by: Actor) -> None:
    """Step back from a call: one's own village, somebody one knows. No reason is asked.

    A call on the line rings again for the others; one that is over, or that we made, is to be called back. What was
    typed waits for whoever takes it. Locks the draft, then the call.
    """
    draft = Draft.objects.locked().get(pk=draft.pk)
    if not isinstance(by, Staff) or draft.operator_id != by.user_id:
        raise Forbidden
    call = Call.objects.select_for_update(no_key=True, of=("self",)).filter(pk=draft.call_id or 0).first()
    if call is None and draft.settlement_id is None:
        raise IllegalMove
    recusal = Recusal.objects.create(user_id=by.user_id, call=call, place_id=draft.settlement_id)
    draft.operator = None
    draft.save(update_fields=["operator"])
    if call is not None:
        let_go_step(call, by.user_id)
        presence.after_call(by.user_id, call, heavy=False)
    stream.tell(stream.DESK, "drafts")
    events.record(recusal)


def let_go_step(call: Call, operator_id: int) -> None:
    """Step: its operator gives up a locked call: it is on the line for somebody else, or to be called back."""
    if call.status == CallStatus.IN_PROGRESS and call.direction == CallDirection.IN:
        _nobody_listens(call)
        ring_again_step(call)
    elif call.status in LIVE_CALL:
        callbacks.unlease_step(operator_id)
        to_be_called_back(call, CallStatus.DROPPED, CallbackReason.UNRECORDED)


@verb("calls.hang_up")
def hang_up(call: Call, *, by: Actor) -> Call:
    """The conversation is over and the record is not: wrap-up. Locks the call."""
    call = own_step(call, by)
    if call.status == CallStatus.IN_PROGRESS:
        over_step(call, timezone.now())
    return call


def over_step(call: Call, at: datetime | None) -> None:
    """Step: nobody is on the line of a locked call any more; its operator has its record to finish."""
    lifecycle.move(call, CallStatus.WRAP_UP, ended_at=at)
    if call.operator_id is not None and call.channel in SPOKEN:
        presence.step(call.operator_id, PresenceState.WRAP_UP, call=call)
    _nobody_listens(call)


def own_step(call: Call, by: Actor) -> Call:
    """Step: the call, locked, if it is this operator's."""
    call = Call.objects.locked().get(pk=call.pk)
    if not isinstance(by, Staff) or call.operator_id != by.user_id:
        raise Forbidden
    return call


def _nobody_listens(call: Call) -> None:
    Listening.objects.filter(call=call, ended_at__isnull=True).update(ended_at=timezone.now())
    if call.operator_id is not None:
        stream.tell(stream.personal(call.operator_id), "listening", on=False)


def finish_step(call: Call, *, heavy: bool) -> None:
    """Step: a locked call is recorded: it is complete, and its operator is free or off the line for a while."""
    if call.status == CallStatus.RINGING:
        raise IllegalMove
    if call.status == CallStatus.IN_PROGRESS:
        lifecycle.move(call, CallStatus.WRAP_UP, ended_at=call.ended_at or timezone.now())
    if call.status == CallStatus.WRAP_UP:
        lifecycle.move(call, CallStatus.COMPLETED)
    if call.status == CallStatus.CALLBACK_DUE:  # its page was taken for dead, and its operator came back
        callbacks.cancel_step(call)
    if heavy and not call.heavy:
        call.heavy = True
        call.save(update_fields=["heavy"])
        alarms.raise_step(AlarmKind.HEAVY, call=call, raised_by_id=call.operator_id)
    _nobody_listens(call)
    if call.operator_id is not None:
        alarms.settled_step(Alarm.objects.filter(call=call, kind=AlarmKind.UNANSWERED), by=call.operator_id)
        presence.after_call(call.operator_id, call, heavy=heavy)


@verb("callbacks.release")
def not_reached(callback: Callback, *, outcome: CallbackOutcome, by: Actor) -> Callback:
    """A try that reached nobody: the callback goes back on the list, and the call we made is over.

    Locks the callback, then the call. What was typed on its page stays, if it was anything.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    callback = callbacks.locked_step(callback)
    if callback.state != CallbackState.LEASED:
        return callback
    callbacks.tried_step(callback, outcome, by=by)
    ours = Call.objects.filter(
        contact=callback.contact_id,
        operator=by.user_id,
        direction=CallDirection.OUT,
        status__in=LIVE_CALL,
    )
    for call in ours.select_for_update(no_key=True, of=("self",)):
        if not call.dispositions.exists():
            CallDisposition.objects.create(call=call, code_id=NOT_REACHED, primary=True)
        finish_step(call, heavy=False)
        for draft in Draft.objects.open().filter(call=call, wants_case=False).select_for_update(no_key=True):
            drafts.finish_step(draft)
    return callback
