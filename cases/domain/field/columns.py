"""What is said of the whole convoy: it left a stop with so many heads, halted, turned back, scattered, came."""

from collections import deque
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import alarms, events, jobs, keys, lifecycle
from cases.domain.evacuation import seats as places
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import of_seats_step
from cases.enums import (
    CONVOY_MOVES,
    OF_THE_CONVOY,
    UNDER_WAY,
    AlarmKind,
    EntryOutcome,
    FieldAct,
    IncidentKind,
    JobLane,
    SeatStatus,
)
from cases.models import Alarm, Convoy, FieldEntry, Incident, Job, Seat

ACTS: Final = (*OF_THE_CONVOY, FieldAct.PRESENT, FieldAct.MISSING, FieldAct.ARRIVED)
# Who is aboard answers a roll-call, and is received at the destination, within so long.
ROLL_CALL: Final = timedelta(minutes=30)
RECEIVED: Final = timedelta(minutes=45)
WELFARE: Final = timedelta(minutes=30)
INCIDENTS: Final[dict[str, IncidentKind]] = {
    FieldAct.HALTED: IncidentKind.HALTED,
    FieldAct.TURNED_BACK: IncidentKind.TURNED_BACK,
    FieldAct.DISPERSED: IncidentKind.DISPERSED,
}
# No proof that somebody was seen.
UNSEEN: Final = (FieldAct.MISSING, FieldAct.TAKEN_BACK, FieldAct.NO_SHOW)
WENT: Final = (SeatStatus.BOARDED, SeatStatus.ARRIVED, SeatStatus.DIVERTED, SeatStatus.ACCOUNTED)


def wait_step(entries: Iterable[FieldEntry], code: str) -> None:
    """Step: these words wait for somebody to decide, and an alarm says so, once a convoy."""
    rows = list(entries)
    if not rows:
        return
    FieldEntry.objects.filter(pk__in=[row.pk for row in rows]).update(outcome=EntryOutcome.WAITING, code=code)
    convoy = rows[0].convoy_id
    if not Alarm.objects.live().filter(kind=AlarmKind.COUNT, convoy=convoy).exists():
        alarms.raise_step(AlarmKind.COUNT, convoy_id=convoy)


def follow_step(convoy: Convoy, fresh: list[FieldEntry], *, by: Actor) -> None:
    """Step: a locked convoy stands where its own people last said, in the order of their clocks; counts are compared.

    Counts that did not fit are looked at again: another phone may have brought who was not on the list.
    """
    of_convoy = [entry for entry in fresh if entry.act in OF_THE_CONVOY]
    if of_convoy:
        _move(convoy, of_convoy)
    for entry in of_convoy:
        if entry.act in INCIDENTS:
            _incident(convoy, entry)
    if any(entry.act == FieldAct.CAME for entry in of_convoy):
        jobs.enqueue("arrival_watch", f"arrival:{convoy.uid}", subject=convoy.pk, due_at=timezone.now() + RECEIVED)
    _recount(convoy, by=by)
    for incident in Incident.objects.filter(convoy=convoy, rolled_at__isnull=True):
        if not unanswered(incident):
            incident.rolled_at = timezone.now()
            incident.save(update_fields=["rolled_at"])


def _move(convoy: Convoy, fresh: Collection[FieldEntry]) -> None:
    words = FieldEntry.objects.filter(convoy=convoy, act__in=OF_THE_CONVOY).exclude(outcome=EntryOutcome.REFUSED)
    gone = FieldEntry.objects.filter(convoy=convoy, act=FieldAct.TAKEN_BACK).values("takes_back")
    last = words.exclude(uid__in=gone).order_by("at", "order", "pk").last()
    if last is None:
        return
    steps = way(convoy.status, OF_THE_CONVOY[last.act])
    if steps is None:
        return wait_step(fresh, "not_in_order")
    try:
        with transaction.atomic():
            for step in steps:
                lifecycle.move(convoy, step)
    except IntegrityError:
        convoy.refresh_from_db(fields=["status", "version"])
        wait_step(fresh, "convoy_over")


def way(start: str, to: str) -> list[str] | None:
    """The shortest legal way of a convoy that is under way; None where there is none."""
    seen: dict[str, list[str]] = {start: []}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == to:
            return seen[at]
        for step in sorted(CONVOY_MOVES[at]):
            if step in UNDER_WAY and step not in seen and at in UNDER_WAY:
                seen[step] = [*seen[at], step]
                queue.append(step)
    return None


# --- leaving a stop: heads are counted -------------------------------------------------------------------------------


def _recount(convoy: Convoy, *, by: Actor) -> None:
    """Every count that was said and not yet settled is compared with the list as it stands now."""
    counts = FieldEntry.objects.filter(convoy=convoy, act=FieldAct.STOP_LEFT, code__in=["", "count_differs"])
    open_ones = counts.filter(outcome__in=[EntryOutcome.APPLIED, EntryOutcome.WAITING]).order_by("at")
    for entry in open_ones:
        if aboard_when_left(entry) == entry.data["count"]:
            if entry.outcome == EntryOutcome.WAITING:
                FieldEntry.objects.filter(pk=entry.pk).update(outcome=EntryOutcome.APPLIED, code="")
            not_come_step(convoy, entry.data["stop"], by=by)
        else:
            wait_step([entry], "count_differs")
    calm_step(convoy, by=by)


def aboard_when_left(entry: FieldEntry) -> int:
    """How many the list says were aboard when the convoy left this stop."""
    seats = Seat.objects.filter(convoy=entry.convoy_id, from_seq__lte=entry.data["stop"], status__in=WENT)
    ended = FieldEntry.objects.filter(seat__in=seats, at__lte=entry.at).exclude(outcome=EntryOutcome.REFUSED)
    off = ended.filter(act__in=["arrived", "diverted", "left_by_choice", "hospitalised", "died", "changed_vehicle"])
    return seats.exclude(pk__in=off.filter(seat__status__in=WENT[1:]).values("seat")).count()


def calm_step(convoy: Convoy, *, by: Actor) -> None:
    """Step: nothing of this convoy waits for a decision any more, so its alarm ends."""
    if isinstance(by, Staff) and not FieldEntry.objects.filter(convoy=convoy, outcome=EntryOutcome.WAITING).exists():
        alarms.settled_step(Alarm.objects.live().filter(kind=AlarmKind.COUNT, convoy=convoy), by=by.user_id)


def not_come_step(convoy: Convoy, stop: int, *, by: Actor) -> None:
    """Step: whoever was to board at this stop, and of whom nobody said a word, did not come: somebody calls them."""
    silent = Seat.objects.filter(convoy=convoy, from_seq__lte=stop, status__in=[SeatStatus.HELD, SeatStatus.CONFIRMED])
    silent = silent.exclude(entries__isnull=False)
    requests = of_seats_step(silent)
    rows = list(silent.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not rows:
        return
    lifecycle.move_many(rows, SeatStatus.NO_SHOW)
    places.derive_step(requests.values())
    due = timezone.now() + WELFARE
    jobs.enqueue_many(
        Job(kind="welfare", key=f"welfare:{row.uid}:{convoy.pk}", subject=row.pk, due_at=due, lane=JobLane.NORMAL)
        for row in requests.values()
    )


# --- on the road -----------------------------------------------------------------------------------------------------


def _incident(convoy: Convoy, entry: FieldEntry) -> None:
    """An incident with its roll-call, and a word to the households' callers that betrays nothing."""
    (key,) = keys.fresh()
    made, new = Incident.objects.get_or_create(
        uid=entry.uid, defaults={"convoy": convoy, "kind": INCIDENTS[entry.act], "at": entry.at, "data_key": key}
    )
    if not new:
        return
    due = timezone.now() + ROLL_CALL
    jobs.enqueue("roll_call", f"roll:{made.uid}", subject=made.pk, due_at=due, lane=JobLane.URGENT)
    aboard = Seat.objects.filter(convoy=convoy, status=SeatStatus.BOARDED)
    cases = set(aboard.values_list("traveller__request__case", flat=True))
    if entry.act == FieldAct.HALTED:
        telling.suspended_step([], cases)
    else:
        telling.suspended_step(cases, [])
    events.record(made, "convoys.incident", kind=made.kind, convoy=str(convoy.uid), people=aboard.count())


def unanswered(incident: Incident) -> list[Seat]:
    """Who is aboard and has not been seen since the incident."""
    words = FieldEntry.objects.filter(convoy=incident.convoy_id, at__gte=incident.at)
    seen = words.exclude(outcome=EntryOutcome.REFUSED).exclude(act__in=UNSEEN).exclude(seat__isnull=True)
    aboard = Seat.objects.filter(convoy=incident.convoy_id, status=SeatStatus.BOARDED)
    return list(aboard.exclude(pk__in=seen.values("seat")).order_by("pk"))
