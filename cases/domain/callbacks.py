"""Who is to be called back: one operator at a time, within safe hours, never somebody who must not be called."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.domain import events, lifecycle, stream
from cases.domain.verbs import verb
from cases.enums import (
    LIVE_CALLBACK,
    CallbackOutcome,
    CallbackReason,
    CallbackState,
    CallbackWay,
    CallStatus,
    ContactKind,
    ContactMode,
)
from cases.errors import AlreadyTaken, IllegalMove, Refusal
from cases.models import Call, Callback, Case, ContactPoint, Reach, SpecificNeed, Tie
from cases.planning import safe_hours

LEASE: Final = timedelta(minutes=15)
# Unreachable only after five tries over 72 hours, by a supervisor ("Groups").
ENOUGH_TRIES: Final = 5
LONG_ENOUGH: Final = timedelta(hours=72)
AGAIN: Final = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=24))
DEAF: Final = "DS-DF"
ZONES: Final = {"RU": ("Europe/Moscow",), "UA": ("Europe/Kyiv",)}


class TooEarly(Refusal):
    code = "callback_too_early"
    sentence = _("Not reached means: five tries over 72 hours. Until then it stays in the list.")


class NeedsTheWord(Refusal):
    code = "callback_needs_word"
    sentence = _("Ringing may betray somebody who hides. A supervisor decides whether we call.")


class NotSafeNow(Refusal):
    code = "callback_not_safe_now"
    sentence = _("It is not safe to call them now. Their safe hours stand beside the number.")


def open_step(
    contact: ContactPoint,
    reason: CallbackReason,
    *,
    call: Call | None = None,
    case: Case | None = None,
    due_at: datetime | None = None,
    needs_word: bool = False,
    promised_by: int | None = None,
) -> Callback | None:
    """Step: put somebody on the list, once a contact; a later reason brings it nearer and never softens it.

    None for who asked not to be contacted. Who may only be written to, or is deaf, is on it to be written to.
    """
    way = _way(contact)
    if way is None:
        return None
    due = _safe(contact, due_at or timezone.now(), case)
    made = Callback(
        call=call,
        contact=contact,
        case=case,
        reason=reason,
        way=way,
        due_at=due,
        needs_word=needs_word,
        promised_by_id=promised_by,
    )
    row = _live_row(made)
    if row.uid != made.uid:
        row.due_at, row.needs_word = min(row.due_at, due), row.needs_word or (needs_word and row.state != "leased")
        row.case, row.promised_by_id = row.case or case, promised_by or row.promised_by_id
        if reason == CallbackReason.PROMISED:  # a promise stays one, whatever they were on the list for before
            row.reason = reason
        changed = ["due_at", "needs_word", "case", "promised_by", "reason"]
        if way == CallbackWay.WRITE:  # whoever was about to ring them must not any more
            row.way, row.state, row.leased_by, row.leased_until = way, CallbackState.OPEN, None, None
            changed += ["way", "state", "leased_by", "leased_until"]
        row.save(update_fields=changed)
    events.record(row, "callbacks.opened", case=case, reason=reason, way=way)
    stream.tell(stream.DESK, "callbacks")
    return row


def _live_row(made: Callback) -> Callback:
    """The one live row of a contact, locked: this one, or what stands already. One that ends meanwhile is no row."""
    while True:
        Callback.objects.bulk_create([made], ignore_conflicts=True)
        row = Callback.objects.live().select_for_update(no_key=True).filter(contact=made.contact).first()
        if row is not None:
            return row


def _way(contact: ContactPoint) -> CallbackWay | None:
    """How they may be reached; the strictest of the people on this contact decides."""
    reaches = list(Reach.objects.filter(contact=contact).values_list("mode", flat=True))
    if ContactMode.NONE in reaches:
        return None
    writes = contact.kind not in (ContactKind.PHONE, ContactKind.SHORT_CODE) or ContactMode.TEXT_ONLY in reaches
    return CallbackWay.WRITE if writes or _deaf(contact) else CallbackWay.CALL


def _deaf(contact: ContactPoint) -> bool:
    """Is whoever calls from here deaf themselves: the caller's own person, or somebody living alone?"""
    of_caller = Q(
        person__in=Reach.objects.filter(contact=contact, caller__person__isnull=False).values("caller__person")
    )
    alone = Q(
        person__household__in=Reach.objects.filter(contact=contact, caller__ties__relation="self").values(
            "caller__ties__household"
        ),
        person__household__headcount_high=1,
    )
    return SpecificNeed.objects.filter(of_caller | alone, code__code=DEAF).exists()


def _safe(contact: ContactPoint, at: datetime, case: Case | None) -> datetime:
    """Not before the safe hours of anybody on this contact, whatever of the zones they may be in."""
    hours = Reach.objects.filter(contact=contact, safe_from__isnull=False).values_list("safe_from", "safe_to")
    said = list(hours)
    zones = _zones(contact, case) if said else ()
    waits = [safe_hours.until_safe(start, end, zone, at) for start, end in said for zone in zones]
    return at + max(waits, default=timedelta(0))


def _zones(contact: ContactPoint, case: Case | None) -> set[str]:
    """The zone of the place; without a case those of the households on this contact, else by its country, else both."""
    if case is not None and case.household.settlement is not None:
        return {case.household.settlement.time_zone}
    tied = Tie.objects.filter(caller__reaches__contact=contact, household__settlement__isnull=False)
    found = set(tied.values_list("household__settlement__time_zone", flat=True))
    return found or set(ZONES.get(contact.country, tuple(zone for known in ZONES.values() for zone in known)))


def lease_step(callback: Callback, *, by: Staff) -> Callback:
    """Step: take one callback for a quarter of an hour: one guarded UPDATE, so one of many has it.

    Raises NeedsTheWord, NotSafeNow, AlreadyTaken; and IllegalMove for who is only written to.
    """
    now = timezone.now()
    if callback.needs_word:
        raise NeedsTheWord
    if callback.way != CallbackWay.CALL or _way(callback.contact) != CallbackWay.CALL:
        raise IllegalMove(_("They are not to be called: write to them instead."))
    if _safe(callback.contact, now, callback.case) > now:
        raise NotSafeNow
    free = Callback.objects.free(now) | Callback.objects.filter(state=CallbackState.LEASED, leased_by=by.user_id)
    taken = free.filter(pk=callback.pk, needs_word=False).update(
        state=CallbackState.LEASED, leased_by=by.user_id, leased_until=now + LEASE, version=F("version") + 1
    )
    if not taken:
        raise AlreadyTaken
    callback.refresh_from_db()
    events.record(callback, "callbacks.leased", case=callback.case_id)
    stream.tell(stream.DESK, "callbacks")
    return callback


def tried_step(callback: Callback, outcome: CallbackOutcome, *, by: Staff) -> None:
    """Step: how a try ended. Reached ends it; anything else puts it back, later each time.

    Who must not be called any more by then is to be written to instead, or left alone.
    """
    now = timezone.now()
    if callback.leased_by_id != by.user_id or callback.state != CallbackState.LEASED:
        raise AlreadyTaken(_("Somebody else is calling them now."))
    callback.tries += 1
    callback.first_tried_at = callback.first_tried_at or now
    callback.outcome = outcome
    way = _way(callback.contact)
    if outcome == CallbackOutcome.REACHED:
        _end(callback, CallbackState.DONE)
    elif way is None:
        _end(callback, CallbackState.CANCELLED)
    else:
        callback.way = way
        pause = AGAIN[min(callback.tries, len(AGAIN)) - 1]
        callback.due_at = _safe(callback.contact, now + pause, callback.case)
        _put_back(callback)
    events.record(callback, "callbacks.tried", case=callback.case_id, outcome=outcome, tries=callback.tries)


def _put_back(callback: Callback) -> None:
    """Nobody calls them now, and everybody may."""
    callback.state, callback.leased_by, callback.leased_until = CallbackState.OPEN, None, None
    _save(callback)


def _save(callback: Callback) -> None:
    callback.save()
    stream.tell(stream.DESK, "callbacks")


def _end(callback: Callback, state: CallbackState) -> None:
    """The end of a callback is that of every call of its contact that waited for it."""
    callback.state, callback.ended_at = state, timezone.now()
    callback.leased_by = callback.leased_until = None
    _save(callback)
    waiting = Call.objects.filter(contact=callback.contact_id, status=CallStatus.CALLBACK_DUE).order_by("pk")
    to = CallStatus.CALLBACK_FAILED if state == CallbackState.FAILED else CallStatus.CALLBACK_DONE
    lifecycle.move_many(waiting.select_for_update(no_key=True), to)


def unlease_step(user_id: int) -> None:
    """Step: somebody steps back from calling: what they had leased is the others'."""
    rows = Callback.objects.live().filter(leased_by=user_id).select_related("contact", "case__household__settlement")
    for row in rows.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        way = _way(row.contact)
        row.way = way or row.way
        if way is None:
            _end(row, CallbackState.CANCELLED)
        else:
            _put_back(row)


def cancel_step(call: Call) -> None:
    """Step: a locked call was settled in another way. Its callback stays for another call that still waits for it."""
    lifecycle.move(call, CallStatus.CALLBACK_DONE)
    row = Callback.objects.live().filter(call=call).select_for_update(no_key=True).first()
    if row is None:
        return
    row.call = Call.objects.filter(contact=row.contact_id, status=CallStatus.CALLBACK_DUE).order_by("pk").first()
    if row.call is None:
        row.call = call
        _end(row, CallbackState.CANCELLED)
    else:
        _save(row)


def heard_from_step(contact: ContactPoint) -> None:
    """Step: they are on the line by themselves, so nobody needs to call them; a promise of ours stays."""
    rows = Callback.objects.free(timezone.now()).filter(contact=contact).exclude(reason=CallbackReason.PROMISED)
    for row in rows.select_for_update(no_key=True, of=("self",)):
        _end(row, CallbackState.DONE)
        events.record(row, "callbacks.heard_from", case=row.case_id)


def written_step(contact: ContactPoint) -> None:
    """Step: somebody wrote to them, as we owed."""
    rows = Callback.objects.live().filter(contact=contact, way=CallbackWay.WRITE)
    for row in rows.select_for_update(no_key=True, of=("self",)):
        _end(row, CallbackState.DONE)
        events.record(row, "callbacks.written", case=row.case_id)


def locked_step(callback: Callback) -> Callback:
    """Step: a callback with what its verbs ask of it, locked."""
    return (
        Callback.objects.locked().select_related("call", "contact", "case__household__settlement").get(pk=callback.pk)
    )


@verb("callbacks.written")
def written(callback: Callback, *, by: Actor) -> Callback:
    """Somebody wrote to them on another way than through here: what we owed is done. Locks the callback.

    Raises IllegalMove for who is to be called.
    """
    callback = locked_step(callback)
    if callback.way != CallbackWay.WRITE:
        raise IllegalMove
    if callback.state in LIVE_CALLBACK:
        _end(callback, CallbackState.DONE)
        events.record(callback, case=callback.case_id)
    return callback


@verb("callbacks.allow")
def allow(callback: Callback, *, yes: bool, by: Actor) -> Callback:
    """A supervisor decides whether ringing may betray somebody: call them, or never. Locks the callback."""
    callback = locked_step(callback)
    if callback.state not in LIVE_CALLBACK or not callback.needs_word:
        return callback
    callback.needs_word = False
    if yes:
        _save(callback)
    else:
        _end(callback, CallbackState.CANCELLED)
    events.record(callback, case=callback.case_id, yes=yes)
    return callback


@verb("callbacks.give_up")
def give_up(callback: Callback, *, by: Actor) -> Callback:
    """They could not be reached: five tries over 72 hours, and a supervisor says so. Raises TooEarly. Locks it."""
    callback = locked_step(callback)
    if callback.state not in LIVE_CALLBACK:
        return callback
    first = callback.first_tried_at
    if callback.tries < ENOUGH_TRIES or first is None or timezone.now() - first < LONG_ENOUGH:
        raise TooEarly
    _end(callback, CallbackState.FAILED)
    events.record(callback, case=callback.case_id, tries=callback.tries)
    return callback
