"""What is said of the whole convoy: it left a stop with so many heads, halted, turned back, scattered, came."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import alarms, events, jobs, keys, lifecycle
from cases.domain.evacuation import seats as places
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import of_seats_step
from cases.enums import (
    CONVOY_MOVES,
    OF_THE_CONVOY,
    STARTS,
    UNDER_WAY,
    AlarmKind,
    EntryOutcome,
    FieldAct,
    IncidentKind,
    JobLane,
    SeatStatus,
    way,
)
from cases.models import Alarm, Convoy, EvacuationRequest, FieldEntry, Incident, Job, Seat
from cases.queries.aboard import UNSURE, WENT, aboard

ACTS: Final = (*OF_THE_CONVOY, FieldAct.TAKEN_BACK)
# Who is aboard answers a roll-call, and is received at the destination, within so long.
ROLL_CALL: Final = timedelta(minutes=30)
RECEIVED: Final = timedelta(minutes=45)
WELFARE: Final = timedelta(minutes=30)
INCIDENTS: Final[dict[str, IncidentKind]] = {
    FieldAct.HALTED: IncidentKind.HALTED,
    FieldAct.TURNED_BACK: IncidentKind.TURNED_BACK,
    FieldAct.DISPERSED: IncidentKind.DISPERSED,
}
LONGEST_NOTE: Final = 2_000
# No proof that somebody was seen.
UNSEEN: Final = (FieldAct.MISSING, FieldAct.TAKEN_BACK, FieldAct.NO_SHOW)
WHY: Final = {"seat_child_not_alone": "child_alone", "seat_one_live_a_person": "place_elsewhere"}


def wait_step(entries: Iterable[FieldEntry], code: str) -> None:
    """Step: these words wait for somebody to decide, and an alarm says so, once a convoy."""
    rows = list(entries)
    if not rows:
        return
    FieldEntry.objects.filter(pk__in=[row.pk for row in rows]).update(outcome=EntryOutcome.WAITING, code=code)
    convoy = rows[0].convoy_id
    if not Alarm.objects.live().filter(kind=AlarmKind.COUNT, convoy=convoy).exists():
        alarms.raise_step(AlarmKind.COUNT, convoy_id=convoy)


def counting(convoy: int) -> QuerySet[FieldEntry]:
    """The words of a convoy that count: not refused, not taken back, and of no phone or clock that is in doubt."""
    gone = FieldEntry.objects.filter(convoy=convoy, act=FieldAct.TAKEN_BACK, takes_back__isnull=False).exclude(UNSURE)
    words = FieldEntry.objects.filter(convoy=convoy).exclude(outcome=EntryOutcome.REFUSED)
    return words.exclude(UNSURE).exclude(uid__in=gone.values("takes_back"))


def follow_step(convoy: Convoy, fresh: list[FieldEntry], *, by: Actor, notes: Mapping[UUID, str] | None = None) -> None:
    """Step: a locked convoy stands where its own people last said, in the order of their clocks; counts are compared.

    Counts that did not fit are looked at again: another phone may have brought who was not on the list. `notes`: what
    happened, as it was written, by the uid of the word that it came with.
    """
    of_convoy = [entry for entry in fresh if entry.act in OF_THE_CONVOY]
    if of_convoy or any(entry.act == FieldAct.TAKEN_BACK for entry in fresh):
        _move(convoy, of_convoy)
    for entry in of_convoy:
        if entry.act in INCIDENTS:
            _incident(convoy, entry, (notes or {}).get(entry.uid, ""))
    if any(entry.act == FieldAct.CAME for entry in of_convoy):
        jobs.enqueue("arrival_watch", f"arrival:{convoy.uid}", subject=convoy.pk, due_at=timezone.now() + RECEIVED)
    _recount(convoy, by=by)
    called = list(Incident.objects.filter(convoy=convoy, rolled_at__isnull=True))
    riding = list(aboard(convoy.pk).order_by("pk")) if called else []
    for incident in called if riding else ():  # a phone that says who is aboard may not have been heard yet
        if not _unseen(incident, riding):
            incident.rolled_at = timezone.now()
            incident.save(update_fields=["rolled_at"])


def _move(convoy: Convoy, fresh: Collection[FieldEntry]) -> None:
    last = counting(convoy.pk).filter(act__in=OF_THE_CONVOY).order_by("at", "order", "pk").last()
    if last is None:
        return
    steps = way(CONVOY_MOVES, convoy.status, OF_THE_CONVOY[last.act], UNDER_WAY)
    if steps is None or convoy.status not in UNDER_WAY:
        return wait_step(fresh, "not_in_order")
    try:
        with transaction.atomic():
            for step in steps:
                lifecycle.move(convoy, step)
    except IntegrityError:
        convoy.refresh_from_db(fields=["status", "version"])
        wait_step(fresh, "convoy_over")


# --- leaving a stop: heads are counted -------------------------------------------------------------------------------


def _recount(convoy: Convoy, *, by: Actor) -> None:
    """Every count that was said and not yet settled is compared with the list as it stands now."""
    for entry in open_counts(convoy.pk).order_by("at"):
        if aboard_when_left(entry) == entry.data["count"]:
            if entry.outcome == EntryOutcome.WAITING:
                FieldEntry.objects.filter(pk=entry.pk).update(outcome=EntryOutcome.APPLIED, code="")
            not_come_step(convoy, entry.data["stop"], by=by)
        elif entry.outcome != EntryOutcome.WAITING:
            wait_step([entry], "count_differs")
    calm_step(convoy, by=by)


def open_counts(convoy: int) -> QuerySet[FieldEntry]:
    """What was counted when a stop was left, and nobody has decided about."""
    counts = counting(convoy).filter(act=FieldAct.STOP_LEFT, code__in=["", "count_differs"])
    return counts.filter(outcome__in=[EntryOutcome.APPLIED, EntryOutcome.WAITING])


def stuck(convoy: int) -> QuerySet[FieldEntry]:
    """Words of a convoy that could not leave with so few places; they are tried again when there are more."""
    return FieldEntry.objects.filter(convoy=convoy, outcome=EntryOutcome.WAITING, code="convoy_over")


def aboard_when_left(entry: FieldEntry) -> int:
    """How many the list says were aboard when the convoy left this stop."""
    seats = Seat.objects.filter(convoy=entry.convoy_id, from_seq__lte=entry.data["stop"], status__in=WENT)
    ended = counting(entry.convoy_id).filter(seat__in=seats, at__lte=entry.at)
    off = ended.filter(act__in=["arrived", "diverted", "left_by_choice", "hospitalised", "died", "changed_vehicle"])
    return seats.exclude(pk__in=off.filter(seat__status__in=WENT[1:]).values("seat")).count()


def calm_step(convoy: Convoy, *, by: Actor) -> None:
    """Step: nothing of this convoy waits for a decision any more, so its alarm ends."""
    if isinstance(by, Staff) and not FieldEntry.objects.filter(convoy=convoy, outcome=EntryOutcome.WAITING).exists():
        alarms.settled_step(Alarm.objects.live().filter(kind=AlarmKind.COUNT, convoy=convoy), by=by.user_id)


def not_come_step(convoy: Convoy, stop: int, *, by: Actor) -> None:
    """Step: whoever was to board at this stop, and of whom nobody said a word, did not come: somebody calls them."""
    silent = Seat.objects.filter(convoy=convoy, from_seq__lte=stop, status__in=[SeatStatus.HELD, SeatStatus.CONFIRMED])
    silent = silent.exclude(pk__in=counting(convoy.pk).filter(act__in=STARTS).values("seat"))
    requests = of_seats_step(silent)
    rows = list(silent.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not rows:
        return
    lifecycle.move_many(rows, SeatStatus.NO_SHOW)
    places.derive_step(requests.values())
    welfare_step(requests.values())


def welfare_step(requests: Iterable[EvacuationRequest]) -> None:
    """Step: whoever of these did not come is looked after in half an hour, if nobody saw them by then."""
    due = timezone.now() + WELFARE
    jobs.enqueue_many(
        Job(kind="welfare", key=f"welfare:{row.uid}", subject=row.pk, due_at=due, lane=JobLane.NORMAL)
        for row in requests
    )


# --- on the road -----------------------------------------------------------------------------------------------------


def note_step(convoy: Convoy, entry: FieldEntry, note: str) -> None:
    """Step: what somebody wrote beside a word that does not count is kept too; nobody answers a roll-call for it."""
    if note:
        (key,) = keys.fresh()
        Incident.objects.create(
            uid=entry.uid,
            convoy=convoy,
            kind=INCIDENTS[entry.act],
            at=entry.at,
            note=note,
            rolled_at=entry.at,
            data_key=key,
        )


def _incident(convoy: Convoy, entry: FieldEntry, note: str) -> None:
    """An incident with its roll-call, and a word to the households' callers that betrays nothing."""
    (key,) = keys.fresh()
    made, new = Incident.objects.get_or_create(
        uid=entry.uid,
        defaults={
            "convoy": convoy,
            "kind": INCIDENTS[entry.act],
            "at": entry.at,
            "note": note or None,
            "data_key": key,
        },
    )
    if not new:
        return
    due = timezone.now() + ROLL_CALL
    jobs.enqueue("roll_call", f"roll:{made.uid}", subject=made.pk, due_at=due, lane=JobLane.URGENT)
    riding = aboard(convoy.pk)
    cases = set(riding.values_list("traveller__request__case", flat=True))
    if entry.act == FieldAct.HALTED:
        telling.suspended_step([], cases, act=str(made.uid))
    else:
        telling.suspended_step(cases, [], act=str(made.uid))
    events.record(made, "convoys.incident", kind=made.kind, convoy=str(convoy.uid), people=riding.count())


def unanswered(incident: Incident) -> list[Seat]:
    """Who is aboard, with or without a place in the books, and has not been seen since the incident."""
    return _unseen(incident, list(aboard(incident.convoy_id).order_by("pk")))


def _unseen(incident: Incident, riding: Iterable[Seat]) -> list[Seat]:
    words = counting(incident.convoy_id).filter(at__gte=incident.at)
    seen = set(words.exclude(act__in=UNSEEN).exclude(seat__isnull=True).values_list("seat", flat=True))
    return [seat for seat in riding if seat.pk not in seen]
