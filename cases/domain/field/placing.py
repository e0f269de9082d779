"""Places are moved to where the words about them say they stand; what the guards refuse waits for somebody."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from cases.actors import Actor, Staff
from cases.domain import alarms, clocks, lifecycle, triage
from cases.domain.field.columns import WHY, wait_step
from cases.domain.verbs import constraint
from cases.enums import (
    PLACE_OF,
    SEAT_MOVES,
    SEAT_TAKES_PLACE,
    AlarmKind,
    ClockKind,
    ConvoyStatus,
    EntryOutcome,
    FieldAct,
    SeatKind,
    SeatStatus,
    way,
)
from cases.models import Alarm, Case, Convoy, EvacuationRequest, FieldEntry, Leg, Seat
from cases.models.evacuation import PLACES
from cases.planning.boarding import Standing
from cases.queries.aboard import NO_PLACE, WENT, standings

SEARCH: Final = timedelta(hours=1)
# Why a word about somebody waits until it fits.
TORN: Final = ("contradiction", *NO_PLACE)


def place_step(convoy: Convoy, seats: list[Seat], *, fresh: bool = True, decided: bool = False) -> None:
    """Step: locked places follow from what was said of them, set-based; adults before children.

    Who had no room is tried once more: others may have given theirs up in the same words. `fresh`: something new was
    said of them; without it, who was missing still is. `decided`: the dispatcher said it of one of them by themselves,
    and any place that is free will do.
    """
    wanted = standings(seats)
    torn: dict[int, str] = {pk: "contradiction" for pk, standing in wanted.items() if standing.contested}
    full = {} if decided else _full(convoy, seats, wanted)
    refused = _go([seat for seat in seats if seat.pk not in full], wanted)
    if refused:
        refused = _go([seat for seat in seats if seat.pk in refused], wanted)
    _mark(seats, wanted, torn | refused | full, fresh=fresh)
    walk_ups_step(convoy)


def _full(convoy: Convoy, seats: Iterable[Seat], wanted: Mapping[int, Standing]) -> dict[int, str]:
    """For whom there was no room on a convoy that has left, if everybody who rode kept their place to their stop.

    A place that came free on the road is nobody else's: the convoy left with more people than places, and somebody
    has to say how. Whose place was free all the way may have it, and so may who rides in a vehicle that joined.
    """
    asks = [one for one in seats if wanted[one.pk].status in WENT and one.status not in (*SEAT_TAKES_PLACE, *WENT)]
    if not asks or convoy.status == ConvoyStatus.BOARDING:
        return {}
    left = {leg.seq: {kind: getattr(leg, kind) for kind in PLACES} for leg in Leg.objects.filter(convoy=convoy)}
    rode = Seat.objects.filter(convoy=convoy, status__in=(*SEAT_TAKES_PLACE, *WENT))
    for seat in rode.exclude(pk__in=[one.pk for one in asks]):
        _take(left, seat)
    full: dict[int, str] = {}
    for seat in asks:
        if all(left[seq][kind] >= many for seq in _legs_of(seat, left) for kind, many in _needs(seat).items()):
            _take(left, seat)
        else:
            full[seat.pk] = "no_room"
    return full


def _take(left: dict[int, dict[str, int]], seat: Seat) -> None:
    for seq in _legs_of(seat, left):
        for kind, many in _needs(seat).items():
            left[seq][kind] -= many


def _legs_of(seat: Seat, legs: Iterable[int]) -> list[int]:
    return [seq for seq in legs if seat.from_seq <= seq < seat.to_seq]


def _needs(seat: Seat) -> dict[str, int]:
    """Of each kind what somebody takes with what they bring, where it is anything."""
    needs = {PLACE_OF[SeatKind(seat.kind)]: 1, "animals": seat.animals, "luggage": seat.luggage}
    return {kind: many for kind, many in needs.items() if many}


def _go(seats: list[Seat], wanted: Mapping[int, Standing]) -> dict[int, str]:
    """Move places to where they are wanted; those whom a guard refused, with why."""
    refused: dict[int, str] = {}
    ways = {seat.pk: way(SEAT_MOVES, seat.status, _target(seat, wanted[seat.pk])) or [] for seat in seats}
    while any(ways.values()):
        groups: dict[tuple[str, str, bool], list[Seat]] = defaultdict(list)
        for seat in seats:
            if ways[seat.pk]:
                step = ways[seat.pk].pop(0)
                as_ = wanted[seat.pk].accounted_as if step == SeatStatus.ACCOUNTED else ""
                groups[step, as_, seat.person.is_minor].append(seat)
        for (step, as_, _minor), rows in sorted(groups.items(), key=lambda item: item[0][2]):
            for seat, code in _moved(rows, step, as_):
                refused[seat.pk], ways[seat.pk] = code, []
    return refused


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


def _mark(seats: list[Seat], wanted: Mapping[int, Standing], torn: Mapping[int, str], *, fresh: bool) -> None:
    for seat in seats:
        contested = seat.pk in torn
        rides = SeatStatus.BOARDED in (seat.status, wanted[seat.pk].status if contested else None)
        missing = rides and (wanted[seat.pk].missing or (seat.missing and not fresh))
        if (seat.missing, seat.contested) != (missing, contested):
            seat.missing, seat.contested = missing, contested
            seat.save(update_fields=["missing", "contested"])
    fits = [seat for seat in seats if seat.pk not in torn]
    free = FieldEntry.objects.filter(seat__in=fits, outcome=EntryOutcome.WAITING)
    free.filter(code__in=TORN).update(outcome=EntryOutcome.APPLIED, code="")
    for code in set(torn.values()):
        of = [pk for pk, why in torn.items() if why == code]
        last = FieldEntry.objects.filter(seat__in=of, outcome=EntryOutcome.APPLIED).order_by("seat", "-pk")
        wait_step(list(last.distinct("seat")), code)


def walk_ups_step(convoy: Convoy) -> None:
    """Step: the word about a household that turned up waits as long as a word about anybody of it does."""
    waits = FieldEntry.objects.filter(convoy=convoy, act=FieldAct.WALK_UP, outcome=EntryOutcome.WAITING)
    rows = list(waits.filter(code__in=TORN))
    if not rows:
        return
    told = set(of_walk_ups(rows).values_list("data__walk_up", flat=True)) - set(waits_on(rows))
    done = [row.pk for row in rows if str(row.uid) in told]
    FieldEntry.objects.filter(pk__in=done).update(outcome=EntryOutcome.APPLIED, code="")


def waits_on(rows: Iterable[FieldEntry]) -> dict[str, str]:
    """Why somebody of those who turned up still waits, whoever said it of them, by the uid of the word about all."""
    people: dict[int | None, str] = dict(of_walk_ups(rows).values_list("seat", "data__walk_up"))
    words = FieldEntry.objects.filter(seat__in=people, outcome=EntryOutcome.WAITING, code__in=TORN)
    return {people[seat]: code for seat, code in words.order_by("-pk").values_list("seat", "code")}


def of_walk_ups(rows: Iterable[FieldEntry]) -> QuerySet[FieldEntry]:
    """The words about each of the people who turned up, one for one."""
    found = list(rows)
    here = {row.convoy_id for row in found}
    return FieldEntry.objects.filter(convoy__in=here, data__walk_up__in=[str(row.uid) for row in found])


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
