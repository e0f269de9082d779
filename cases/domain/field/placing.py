"""Places are moved to where the words about them say they stand; what the guards refuse waits for somebody."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from cases.actors import Actor, Staff
from cases.domain import alarms, clocks, lifecycle, triage
from cases.domain.field.columns import UNSURE, WHY, wait_step
from cases.domain.verbs import constraint
from cases.enums import OF_A_PERSON, SEAT_MOVES, AlarmKind, ClockKind, EntryOutcome, FieldAct, SeatStatus, way
from cases.models import Alarm, Case, Convoy, EvacuationRequest, FieldEntry, Seat
from cases.planning.boarding import DESK, Entry, Standing, stands

SEARCH: Final = timedelta(hours=1)


def counting(seats: Collection[Seat]) -> QuerySet[FieldEntry]:
    """The words about these places that count, those that wait for a decision too, and what takes them back."""
    mine = FieldEntry.objects.filter(seat__in=seats, act__in=OF_A_PERSON)
    here = {seat.convoy_id for seat in seats}
    backs = FieldEntry.objects.filter(act=FieldAct.TAKEN_BACK, convoy__in=here, takes_back__in=mine.values("uid"))
    rows = FieldEntry.objects.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=backs.values("pk")))
    return rows.exclude(outcome=EntryOutcome.REFUSED).exclude(UNSURE)


def standings(seats: Collection[Seat]) -> dict[int, Standing]:
    """Where each place stands by all that was said of it (two statements)."""
    words = list(counting(seats))
    seat_of = {entry.uid: entry.seat_id for entry in words if entry.seat_id is not None}
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in words:
        seat = entry.seat_id or (seat_of.get(entry.takes_back) if entry.takes_back else None)
        found[seat or 0].append(
            Entry(
                str(entry.uid),
                entry.act,
                entry.at,
                entry.order,
                str(entry.device_id) if entry.device_id else DESK,
                str(entry.takes_back) if entry.takes_back else "",
            )
        )
    return {seat.pk: stands(found[seat.pk]) for seat in seats}


def place_step(convoy: Convoy, seats: list[Seat]) -> None:
    """Step: locked places follow from what was said of them, set-based; adults before children."""
    wanted = standings(seats)
    ways = {seat.pk: way(SEAT_MOVES, seat.status, _target(seat, wanted[seat.pk])) or [] for seat in seats}
    torn: dict[int, str] = {pk: "contradiction" for pk, standing in wanted.items() if standing.contested}
    while any(ways.values()):
        groups: dict[tuple[str, str, bool], list[Seat]] = defaultdict(list)
        for seat in seats:
            if ways[seat.pk]:
                step = ways[seat.pk].pop(0)
                as_ = wanted[seat.pk].accounted_as if step == SeatStatus.ACCOUNTED else ""
                groups[step, as_, seat.person.is_minor].append(seat)
        for (step, as_, _minor), rows in sorted(groups.items(), key=lambda item: item[0][2]):
            for seat, code in _moved(rows, step, as_):
                torn[seat.pk], ways[seat.pk] = code, []
    _mark(seats, wanted, torn)


def _target(seat: Seat, standing: Standing) -> str:
    """Where nobody says anything any more, somebody was put aboard by a slip of the thumb: as it was before."""
    if standing.status is not None:
        return standing.status
    if seat.status in (SeatStatus.HELD, SeatStatus.CONFIRMED, SeatStatus.PARKED, SeatStatus.RELEASED):
        return seat.status
    return SeatStatus.HELD if seat.expires_at is not None else SeatStatus.CONFIRMED


def _moved(rows: list[Seat], step: str, as_: str) -> Iterable[tuple[Seat, str]]:
    """Move places in one statement; where a guard refuses one, one by one, and those refused are returned with why."""
    try:
        with transaction.atomic():
            lifecycle.move_many(rows, step, accounted_as=as_)
        for seat in rows:
            seat.accounted_as = as_
        return []
    except IntegrityError as error:
        if len(rows) == 1:
            guard = constraint(error)
            return [(rows[0], WHY.get(guard, "no_room"))]
    return [refused for seat in rows for refused in _moved([seat], step, as_)]


def _mark(seats: list[Seat], wanted: Mapping[int, Standing], torn: Mapping[int, str]) -> None:
    for seat in seats:
        missing, contested = wanted[seat.pk].missing and seat.status == SeatStatus.BOARDED, seat.pk in torn
        if (seat.missing, seat.contested) != (missing, contested):
            seat.missing, seat.contested = missing, contested
            seat.save(update_fields=["missing", "contested"])
    fits = [seat for seat in seats if seat.pk not in torn]
    free = FieldEntry.objects.filter(seat__in=fits, outcome=EntryOutcome.WAITING)
    free.filter(code__in=["contradiction", "no_room", "child_alone"]).update(outcome=EntryOutcome.APPLIED, code="")
    for code in set(torn.values()):
        of = [pk for pk, why in torn.items() if why == code]
        last = FieldEntry.objects.filter(seat__in=of, outcome=EntryOutcome.APPLIED).order_by("seat", "-pk")
        wait_step(list(last.distinct("seat")), code)


# --- somebody is missing ---------------------------------------------------------------------------------------------


def watch_step(convoy: Convoy, requests: Mapping[int, EvacuationRequest], *, by: Actor) -> None:
    """Step: for whoever is missing an alarm sounds and a clock runs on their case; who is found ends both."""
    cases = Case.objects.select_related("household").in_bulk({row.case_id for row in requests.values()})
    gone = Seat.objects.filter(traveller__request__in=requests, missing=True)
    searched = set(gone.values_list("traveller__request__case", flat=True))
    for pk, case in sorted(cases.items()):
        running = case.clocks.filter(kind=ClockKind.SEARCH, state__in=clocks.LIVE).exists()
        if pk in searched and not running:
            alarms.raise_step(AlarmKind.MISSING, convoy=convoy, case=case)
            if case.is_open:
                clocks.start(case, {ClockKind.SEARCH: SEARCH})
        elif pk not in searched and running:
            clocks.met(case, ClockKind.SEARCH)
            if case.is_open:
                triage.clocks_step(case)
            if isinstance(by, Staff):
                alarms.settled_step(Alarm.objects.live().filter(kind=AlarmKind.MISSING, case=case), by=by.user_id)
