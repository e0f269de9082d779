"""The steps every way of giving and taking places shares, and the status of a request that follows from its seats."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from cases import policy
from cases.actors import Staff
from cases.domain import alarms, events, jobs, lifecycle
from cases.domain.evacuation.legs import own_cars_step
from cases.domain.evacuation.refusals import SeatedElsewhere
from cases.enums import (
    EVACUATION_MOVES,
    FROM_SEATS,
    LIVE_EVACUATION,
    LIVE_SEAT,
    SEAT_TAKES_PLACE,
    AlarmKind,
    EvacuationStatus,
    FieldAct,
    JobLane,
    SeatStatus,
    way,
)
from cases.models import Alarm, Convoy, EvacuationRequest, Job, Leg, Seat, Vehicle
from cases.models.base import among
from cases.queries import seating

# A hold lapses after two hours without a callback ("Floods of hoaxes").
HOLD: Final = timedelta(hours=2)
SITS_TWICE: Final = "seat_one_live_a_person"

# The first line that fits says where a request stands, by the seats that take a place.
STANDS: Final = (
    (SeatStatus.BOARDED, EvacuationStatus.BOARDED),
    (SeatStatus.HELD, EvacuationStatus.HELD),
    (SeatStatus.CONFIRMED, EvacuationStatus.CONFIRMED),
)
# Without one of those, how the last ones ended.
ENDED: Final = (
    (SeatStatus.DIVERTED, EvacuationStatus.DIVERTED),
    (SeatStatus.ARRIVED, EvacuationStatus.ARRIVED),
    (SeatStatus.NO_SHOW, EvacuationStatus.NO_SHOW),
    (SeatStatus.REFUSED, EvacuationStatus.REFUSED_BOARDING),
    (SeatStatus.ACCOUNTED, EvacuationStatus.DIVERTED),
)
# What the seats made of a request may be put right by what is said of them later.
PUT_RIGHT: Final = (*FROM_SEATS, *(to for _of, to in ENDED))


def take_step(
    request: EvacuationRequest,
    *,
    convoy: int,
    legs: tuple[int, int],
    expires_at: datetime | None = None,
) -> list[Seat]:
    """Step: give every one of a locked request who travels and has no place one on these legs, whose locks are held.

    Animals and luggage go with the first of them. Raises SeatedElsewhere when somebody got a place by another request
    meanwhile; the guard of the legs refuses what has no room.
    """
    taken = Seat.objects.filter(traveller__request=request, status__in=SEAT_TAKES_PLACE)
    sits = set(taken.values_list("person", flat=True))
    travellers = seating.going([request.pk]).select_related("person").order_by("pk")
    missing = [row for row in travellers if row.person_id not in sits]
    made = [
        Seat(
            convoy_id=convoy,
            traveller=row,
            person=row.person,
            kind=seating.kind_of(row, row.person),
            from_seq=legs[0],
            to_seq=legs[1],
            expires_at=expires_at or timezone.now() + HOLD,
        )
        for row in missing
    ]
    if made and not sits:
        made[0].animals, made[0].luggage = request.animals, request.luggage
    try:
        Seat.objects.bulk_create(made)
    except IntegrityError as error:
        if SITS_TWICE in str(error):
            raise SeatedElsewhere from error
        raise
    _let_parked_go(request, made)
    watch_step([(request, made)])
    events.record(
        request, "evacuation.seated", case=request.case_id, convoy=convoy, people=len(made), from_stop=legs[0]
    )
    return made


def _let_parked_go(request: EvacuationRequest, made: Collection[Seat]) -> None:
    """Who takes another place gives up the one on a suspended convoy; its legs are locked with the request."""
    if made:
        parked = Seat.objects.filter(traveller__request=request, status=SeatStatus.PARKED)
        free_step(list(parked.select_for_update(no_key=True).order_by("pk")))


def free_step(seats: Collection[Seat], to: SeatStatus = SeatStatus.RELEASED) -> None:
    """Step: locked seats, their legs locked too, are given up; who waits is offered the places after the commit."""
    if not lifecycle.move_many(seats, to):
        return
    convoys = {seat.convoy_id for seat in seats}
    if Vehicle.objects.filter(convoy__in=convoys, own_of__isnull=False, out_since__isnull=True).exists():
        own_cars_step(
            set(
                Seat.objects.filter(pk__in=among(seat.pk for seat in seats)).values_list(
                    "traveller__request", flat=True
                )
            )
        )
    offer_step(Convoy.objects.filter(pk__in=convoys).values_list("window", flat=True))
    eased_step(convoys)
    room_step(convoys)


def room_step(convoys: Collection[int]) -> None:
    """Step: there may be room on these convoys; who is aboard without a place in the books has it after the commit."""
    torn = Seat.objects.filter(convoy__in=convoys, contested=True).order_by("convoy")
    jobs.enqueue_many(
        Job(kind="room", key=f"room:{uuid4().hex}", subject=convoy, lane=JobLane.URGENT)
        for convoy in torn.values_list("convoy", flat=True).distinct()
    )


def eased_step(convoys: set[int]) -> None:
    """Step: where nobody is too many any more, the alarm about it was answered by who made it so."""
    run = policy.current()
    live = Alarm.objects.live().filter(kind=AlarmKind.OVER, convoy__in=convoys)
    if run is None or not isinstance(run.by, Staff) or not live.exists():
        return
    over = set(Leg.objects.filter(convoy__in=convoys, over_since__isnull=False).values_list("convoy", flat=True))
    alarms.settled_step(live.exclude(convoy__in=over), by=run.by.user_id)


def offer_step(windows: Iterable[int]) -> None:
    """Step: there may be room in these windows; who waits is looked at after the commit.

    A job of its own each time: one that runs already may have looked before this transaction is seen.
    """
    jobs.enqueue_many(
        Job(kind="places", key=f"places:{uuid4().hex}", subject=window, lane=JobLane.NORMAL)
        for window in sorted(set(windows))
    )


def waits_step(request: EvacuationRequest) -> None:
    """Step: a request came on the waiting list, or what it needs changed: windows are looked at after the commit."""
    jobs.enqueue("waits", f"waits:{uuid4().hex}", subject=request.pk)


def watch_step(held: Iterable[tuple[EvacuationRequest, Collection[Seat]]]) -> None:
    """Step: the holds of each request lapse at their time, unless they are confirmed before. One statement for all."""
    due = ((row, [seat.expires_at for seat in seats if seat.expires_at is not None]) for row, seats in held)
    jobs.enqueue_many(
        Job(kind="hold", key=f"hold:{row.uid}", subject=row.pk, due_at=min(times)) for row, times in due if times
    )


def derive_step(requests: Iterable[EvacuationRequest]) -> None:
    """Step: the status of locked requests follows from their seats, set-based.

    Without a seat that takes a place, one that had some goes back to verified or registered.
    """
    rows = {row.pk: row for row in requests}
    seats: dict[int, dict[int, str]] = defaultdict(dict)
    every = Seat.objects.filter(traveller__request__in=among(rows)).order_by("pk")
    for request, person, status, how in every.values_list("traveller__request", "person", "status", "accounted_as"):
        # Who was brought back to where they began waits for another place.
        seats[request][person] = SeatStatus.RELEASED if how == FieldAct.RETURNED else status
    wanted: dict[str, list[EvacuationRequest]] = defaultdict(list)
    for row in rows.values():
        to = _stands(row, set(seats[row.pk].values()))
        if to != row.status:
            wanted[to].append(row)
    steps: dict[tuple[str, ...], list[EvacuationRequest]] = defaultdict(list)
    for to, moving in wanted.items():
        for row in moving:
            if row.status in LIVE_EVACUATION or not _others_live(row):
                steps[tuple(way(EVACUATION_MOVES, row.status, to, PUT_RIGHT) or ())].append(row)
    for path, moving in steps.items():
        for to in path:
            lifecycle.move_many(moving, to)


def _others_live(request: EvacuationRequest) -> bool:
    """The case has another wish to leave by now: an ended one does not come back beside it."""
    rows = EvacuationRequest.objects.filter(case=request.case_id, status__in=LIVE_EVACUATION)
    return rows.exclude(pk=request.pk).exists()


def _stands(request: EvacuationRequest, seats: set[str]) -> str:
    live = [to for of, to in STANDS if of in seats]
    if live:
        return live[0]
    if request.status not in PUT_RIGHT:
        return request.status
    ended = [to for of, to in ENDED if of in seats]
    if ended:
        return ended[0]
    return back(request) if request.status in FROM_SEATS else request.status


def back(request: EvacuationRequest) -> str:
    """Where a request without places stands: checked, or not yet."""
    return EvacuationStatus.REGISTERED if request.verified_at is None else EvacuationStatus.VERIFIED


def live(requests: Collection[int]) -> QuerySet[Seat]:
    """The live seats of requests, parked ones too."""
    return Seat.objects.filter(traveller__request__in=requests, status__in=LIVE_SEAT)


def parted_step(request: EvacuationRequest, own: EvacuationRequest) -> None:
    """Step: some travellers of a locked request have become another one, with their seats: each stands by its own."""
    held = Seat.objects.filter(traveller__request=own, status=SeatStatus.HELD)
    watch_step([(own, list(held))])
    derive_step([request, own])
