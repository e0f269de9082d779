"""Taking a call: one that rings, one to call back, one that a colleague left."""

from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import callbacks, drafts, events, keys, lifecycle, presence, stream
from cases.domain.verbs import verb
from cases.enums import LIVE_CALL, SPOKEN, CallDirection, CallStatus, PresenceState
from cases.errors import AlreadyTaken, Forbidden, Refusal
from cases.models import Call, Callback, Draft, Tie, User


class OneCallAtATime(Refusal):
    code = "one_call_at_a_time"
    sentence = _("You are on a call already. Save it first, or recuse yourself from it.")


def ring_step(call: Call) -> None:
    """Step: a call rings on every free page. What is told of it is its country and whether it is known, no more."""
    known = bool(call.contact_id) and Tie.objects.verified().filter(caller__reaches__contact=call.contact_id).exists()
    country = call.contact.country if call.contact else ""
    since = call.heard_at.isoformat()
    stream.tell(stream.DESK, "ring", uid=call.uid, country=country, since=since, known=known)


def ring_again_step(call: Call) -> None:
    """Step: a locked call on the line is whoever's takes it: it rings again, or waits among the messages."""
    lifecycle.move(call, CallStatus.RINGING, operator=None)
    if call.channel in SPOKEN:
        ring_step(call)
    else:
        stream.tell(stream.DESK, "written")


@verb("calls.claim")
def claim(call: Call, *, by: Actor) -> Draft:
    """Take a ringing call or a waiting message: one conditional UPDATE, so that one of many has it.

    Returns the page to type on. Raises AlreadyTaken, OneCallAtATime. Locks the user, who may click twice.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if call.status in LIVE_CALL and call.operator_id == by.user_id:
        return drafts.start_step(call, call.contact, who=by)
    if Draft.objects.open().filter(call=call, operator__isnull=False).exclude(operator=by.user_id).exists():
        raise AlreadyTaken  # a colleague types on its page
    if call.channel in SPOKEN and _busy(by):
        raise OneCallAtATime
    return take_step(call, by)


def _busy(by: Staff) -> bool:
    """Is somebody on a call? Asked under a lock on the user: two calls at once wait for each other here."""
    User.objects.select_for_update(no_key=True).get(pk=by.user_id)
    live = Call.objects.filter(operator=by.user_id, status=CallStatus.IN_PROGRESS, channel__in=SPOKEN)
    return live.exists()


def take_step(call: Call, by: Staff) -> Draft:
    lifecycle.claim(call, CallStatus.IN_PROGRESS, operator=by.user_id)
    call.operator_id = by.user_id
    if call.channel in SPOKEN:
        presence.step(by.user_id, PresenceState.ON_CALL, call=call)
    if call.contact is not None:
        callbacks.heard_from_step(call.contact)
    stream.tell(stream.DESK, "ring_gone", uid=call.uid)
    return drafts.start_step(call, call.contact, who=by)


@verb("drafts.take")
def take_over(draft: Draft, *, by: Actor) -> Draft:
    """Go on with a call that somebody left: one guarded UPDATE. Its call, ringing or live, is theirs as well.

    Raises AlreadyTaken, OneCallAtATime. Locks the user.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if draft.operator_id == by.user_id:
        return draft
    call = Call.objects.filter(drafts=draft).first()
    if call is not None and call.channel in SPOKEN and call.status in (CallStatus.RINGING, CallStatus.IN_PROGRESS):
        if _busy(by):
            raise OneCallAtATime
        presence.step(by.user_id, PresenceState.ON_CALL, call=call)
    draft = drafts.take_step(draft, by)
    if call is not None and call.status == CallStatus.RINGING:
        lifecycle.claim(call, CallStatus.IN_PROGRESS, operator=by.user_id)
        stream.tell(stream.DESK, "ring_gone", uid=call.uid)
    elif call is not None and call.status in LIVE_CALL:
        Call.objects.filter(pk=call.pk).update(operator=by.user_id)
    return draft


@verb("calls.call_back")
def call_back(callback: Callback, *, by: Actor) -> Draft:
    """Begin to call somebody back: the callback is leased, and the call has a page of its own.

    Who answers is not known yet: the operator says so, or asks the code word. Locks the callback and the user.
    Raises AlreadyTaken, OneCallAtATime, NeedsTheWord, NotSafeNow.
    """
    callback = callbacks.locked_step(callback)
    if not isinstance(by, Staff):
        raise Forbidden
    mine = Call.objects.filter(operator=by.user_id, status=CallStatus.IN_PROGRESS, contact=callback.contact_id)
    standing = Draft.objects.open().filter(call__in=mine.filter(direction=CallDirection.OUT)).first()
    if standing is not None:
        return standing
    if _busy(by):
        raise OneCallAtATime
    callback = callbacks.lease_step(callback, by=by)
    (key,) = keys.fresh()
    call = Call.objects.create(
        data_key=key,
        channel="phone",
        direction=CallDirection.OUT,
        status=CallStatus.IN_PROGRESS,
        contact=callback.contact,
        operator_id=by.user_id,
        language=callback.call.language if callback.call else "ru",
    )
    presence.step(by.user_id, PresenceState.ON_CALL, call=call)
    events.record(call, case=callback.case_id)
    return drafts.start_step(call, callback.contact, who=by)
