"""The end of a shift: what somebody has in hand goes to a colleague, or waits for whoever comes, with a note."""

from datetime import timedelta
from typing import Final

from django.db.models import F
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import alarms, callbacks, calls, events, jobs, keys, presence, stream
from cases.domain.drafts import DROPPED_AFTER, stranded_after
from cases.domain.verbs import verb
from cases.enums import LIVE_CALL, SPOKEN, AlarmKind, CallStatus, PresenceState
from cases.errors import Forbidden, Invalid
from cases.models import Call, Callback, Draft, Handover, Job, Presence, User

MAX_NOTE: Final = 4_000
LEFT_FOR: Final = DROPPED_AFTER * 10


@verb("handover.leave")
def leave(*, note: str = "", taker: User | None = None, by: Actor) -> Handover:
    """Pass on one's open drafts, promised callbacks and live calls, to a colleague or to whoever comes next.

    Nothing stays with who leaves. A ringing line that nobody named takes rings again for all.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if "\0" in note or len(note) > MAX_NOTE:
        raise Invalid(field="note")
    to = taker.pk if taker else None
    drafts = Draft.objects.open().filter(operator=by.user_id).update(operator=to, version=F("version") + 1)
    mine = Callback.objects.live().filter(promised_by=by.user_id)
    promised = mine.update(promised_by=to, version=F("version") + 1)
    callbacks.unlease_step(by.user_id)
    passed = _pass_calls(by, to)
    (key,) = keys.fresh()
    row = Handover.objects.create(
        data_key=key,
        leaver_id=by.user_id,
        taker=taker,
        note=note.strip() or None,
        drafts=drafts,
        callbacks=promised,
        calls=passed,
    )
    presence.step(by.user_id, PresenceState.OFF)
    events.record(row, drafts=drafts, callbacks=promised, calls=passed)
    if drafts and to is None:
        jobs.enqueue("left", f"left:{row.uid}", subject=row.pk, due_at=timezone.now() + LEFT_FOR)
    stream.tell(stream.personal(to) if to else stream.DESK, "handover", uid=row.uid)
    return row


def _pass_calls(by: Staff, to: int | None) -> int:
    """Live calls: a colleague has them now; without one they ring again, or wait as what somebody left."""
    live = list(Call.objects.filter(operator=by.user_id, status__in=LIVE_CALL).select_for_update(no_key=True))
    for call in live:
        if to is not None:
            call.operator_id = to
            call.save(update_fields=["operator"])
            if call.channel in SPOKEN and call.status == CallStatus.IN_PROGRESS:
                presence.step(to, PresenceState.ON_CALL, call=call)
        elif call.status == CallStatus.IN_PROGRESS:
            calls.let_go_step(call, by.user_id)
    return len(live)


@verb("handover.take")
def take(row: Handover, *, by: Actor) -> Handover:
    """The next shift has read the note. Locks it; the first to take it has it."""
    if not isinstance(by, Staff):
        raise Forbidden
    row = Handover.objects.locked().get(pk=row.pk)
    if row.taken_at is not None:
        return row
    if row.taker_id not in (None, by.user_id) or row.leaver_id == by.user_id:
        raise Forbidden
    row.taken_at, row.taker_id = timezone.now(), by.user_id
    row.save(update_fields=["taken_at", "taker"])
    events.record(row)
    return row


@jobs.inside("left", verb="handover.left")
def left(job: Job) -> None:
    """Ten minutes after somebody left, nobody has taken what they left: the supervisor is told, once."""
    policy.require()
    row = Handover.objects.filter(pk=job.subject or 0).first()
    waiting = Draft.objects.open().filter(operator__isnull=True).order_by("seen_at").first()
    if row is not None and waiting is not None:
        alarms.raise_step(AlarmKind.LEFT_BEHIND, draft=waiting, raised_by_id=row.leaver_id)


@jobs.inside("stranded", verb="handover.stranded")
def stranded(job: Job) -> timedelta | None:
    """An operator left without handing over: their silent page is left for whoever comes.

    Where a call is still live on it, a supervisor is told. Locks the draft. A page that shows signs of life is looked
    at again later.
    """
    policy.require()
    drafts = Draft.objects.open().select_for_update(no_key=True, of=("self",)).select_related("call")
    draft = drafts.filter(pk=job.subject or 0).first()
    if draft is None or draft.operator_id is None:
        return None
    left_for = draft.seen_at + stranded_after(draft) - timezone.now()
    if left_for > timedelta():
        return left_for
    leaver, draft.operator = draft.operator_id, None
    draft.save(update_fields=["operator"])
    if draft.call is not None and draft.call.status in LIVE_CALL:
        alarms.raise_step(AlarmKind.LEFT_BEHIND, draft=draft, call=draft.call, raised_by_id=leaver)
    Presence.objects.filter(user=leaver, state__in=[PresenceState.ON_CALL, PresenceState.WRAP_UP]).update(
        state=PresenceState.OFF, call=None
    )
    stream.tell(stream.DESK, "drafts")
    return None
