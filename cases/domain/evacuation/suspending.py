"""A corridor stands still at once, and goes on when two people say so. Nobody's place is lost by it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import events, jobs, lifecycle
from cases.domain.evacuation import refusals, seats, telling
from cases.domain.evacuation.lapsing import resume_lapsed_step
from cases.domain.evacuation.locking import TRIES, corridor_legs_step, of_seats_step
from cases.domain.verbs import verb
from cases.enums import (
    BEFORE_DEPARTURE,
    SEAT_TAKES_PLACE,
    SEEKS_SEATS,
    ConvoyStatus,
    CorridorStatus,
    EvacuationStatus,
    SeatStatus,
    SuspendedWhy,
)
from cases.errors import AlreadyTaken, Forbidden, IllegalMove, Invalid
from cases.models import Convoy, Corridor, EvacuationRequest, Seat
from cases.models.base import among

PARKABLE: Final = (SeatStatus.HELD, SeatStatus.CONFIRMED)


@verb("corridors.suspend")
def suspend(corridor: Corridor, *, reason: SuspendedWhy, by: Actor) -> Corridor:
    """Stop everything on a corridor that has not departed, in one act; every household concerned is told.

    Seats are parked: they count, and keep nobody from another place. Requests go back to where they stood before the
    hold. Suspending twice is harmless. Locks the corridor, all its legs, its convoys, then the households, cases,
    requests and seats concerned, set-based. Raises Invalid, IllegalMove.
    """
    if reason not in SuspendedWhy.values:
        raise Invalid(field="reason")
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if corridor.status == CorridorStatus.SUSPENDED:
        return corridor
    corridor_legs_step(corridor)
    lifecycle.move(corridor, CorridorStatus.SUSPENDED, suspended_why=reason)
    rows = Convoy.objects.filter(window__corridor=corridor, status__in=BEFORE_DEPARTURE)
    convoys = {convoy.pk: convoy for convoy in rows.select_for_update(no_key=True, of=("self",)).order_by("pk")}
    found = Seat.objects.filter(convoy__in=convoys, status__in=PARKABLE)
    requests = of_seats_step(found)
    parked = _locked(found.filter(traveller__request__in=among(requests)))
    lifecycle.move_many(convoys.values(), ConvoyStatus.SUSPENDED)
    lifecycle.move_many(parked, SeatStatus.PARKED)
    jobs.cancel(f"hold:{row.uid}" for row in requests.values())
    seats.derive_step(requests.values())
    _tell(parked, convoys, requests)
    events.record(corridor, reason=str(reason), convoys=len(convoys), people=len(parked), requests=len(requests))
    return corridor


def _locked(found: QuerySet[Seat]) -> list[Any]:
    """With the request of each in `of_request`: a traveller more for each of thousands is read for nothing."""
    seats = found.annotate(of_request=F("traveller__request"))
    return list(seats.select_for_update(no_key=True, of=("self",)).order_by("pk"))


def _tell(parked: Collection[Any], convoys: dict[int, Convoy], requests: dict[int, EvacuationRequest]) -> None:
    soon: set[int] = set()
    later: set[int] = set()
    limit = timezone.now() + telling.SOON
    for seat in parked:
        departs_at = convoys[seat.convoy_id].departs_at
        near = departs_at is not None and departs_at <= limit
        (soon if near else later).add(requests[seat.of_request].case_id)
    telling.suspended_step(soon, later - soon)


# --- going on needs two ----------------------------------------------------------------------------------------------


@verb("corridors.propose_resume")
def propose_resume(corridor: Corridor, *, by: Actor) -> Corridor:
    """Propose that a suspended corridor goes on; another person agrees, or it lapses after `RESUME_WITHIN`.

    Twice is harmless. Locks the corridor.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if corridor.status != CorridorStatus.SUSPENDED:
        raise IllegalMove
    if corridor.resume_proposed_by_id is not None and not corridor.resume_waits:
        resume_lapsed_step(corridor)
    if corridor.resume_proposed_by_id is None:
        corridor.resume_proposed_by_id, corridor.resume_proposed_at = by.user_id, timezone.now()
        corridor.save(update_fields=["resume_proposed_by", "resume_proposed_at"])
        jobs.enqueue("resume_lapse", f"resume:{corridor.uid}", subject=corridor.pk, due_at=corridor.resume_until)
        events.record(corridor)
    return corridor


@verb("corridors.resume")
def resume(corridor: Corridor, *, by: Actor) -> Corridor:
    """Agree that a corridor goes on: convoys still in time are planned again, and parked seats return.

    Held ones are held for two hours anew. Whoever has another place by now, or no longer seeks one, has let go of
    theirs. What missed its time is cancelled, and its people wait for other places. Twice is harmless. Locks as
    `suspend` does. Raises NothingProposed, SecondPerson, TooLate.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if corridor.status == CorridorStatus.OPEN:
        return corridor
    if corridor.resume_proposed_by_id is None:
        raise refusals.NothingProposed
    if corridor.resume_proposed_by_id == by.user_id:
        raise refusals.SecondPerson
    if not corridor.resume_waits:
        raise refusals.TooLate
    first, now = corridor.resume_proposed_by_id, timezone.now()
    corridor_legs_step(corridor)
    lifecycle.move(corridor, CorridorStatus.OPEN, suspended_why="", resume_proposed_by=None, resume_proposed_at=None)
    rows = Convoy.objects.filter(window__corridor=corridor, status=ConvoyStatus.SUSPENDED)
    convoys = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    goes_on = [row for row in convoys if row.departs_at is not None and row.departs_at > now]
    missed = [row for row in convoys if row not in goes_on]
    lifecycle.move_many(goes_on, ConvoyStatus.PLANNED)
    found = Seat.objects.filter(convoy__in=convoys, status=SeatStatus.PARKED)
    _return(found, {row.pk for row in goes_on}, now)
    lifecycle.move_many(missed, ConvoyStatus.CANCELLED)
    seats.offer_step(corridor.windows.values_list("pk", flat=True))
    events.record(corridor, proposed_by=first, goes_on=len(goes_on), missed=len(missed))
    return corridor


def _return(found: QuerySet[Seat], goes_on: set[int], now: datetime) -> None:
    """Bring parked seats back. Where somebody takes another place this very moment, it is looked at again."""
    for _try in range(TRIES):
        requests = of_seats_step(found)
        try:
            with transaction.atomic():
                return _parked_seats(_locked(found), goes_on, requests, now)
        except IntegrityError as error:
            if seats.SITS_TWICE not in str(error):
                raise
    raise AlreadyTaken


def _parked_seats(parked: list[Any], goes_on: set[int], requests: dict[int, EvacuationRequest], now: datetime) -> None:
    """Parked seats return or are let go, whole requests at a time; the requests follow, and every household is told."""
    gone = _let_go(parked, requests)
    back = [seat for seat in parked if seat.convoy_id in goes_on and seat.of_request not in gone]
    held = [seat for seat in back if seat.expires_at is not None]
    kept = {seat.pk for seat in back}
    lifecycle.move_many([seat for seat in parked if seat.pk not in kept], SeatStatus.RELEASED)
    lifecycle.move_many(held, SeatStatus.HELD, expires_at=now + seats.HOLD)
    lifecycle.move_many([seat for seat in back if seat.expires_at is None], SeatStatus.CONFIRMED)
    _watch(held, requests, now)
    seats.derive_step(requests.values())
    theirs = {seat.of_request for seat in parked if seat.convoy_id not in goes_on} - gone
    waits = [requests[pk] for pk in sorted(theirs) if lifecycle.allowed(requests[pk], EvacuationStatus.WAITING_LIST)]
    lifecycle.move_many(
        [row for row in waits if row.status in ("registered", "verified")], EvacuationStatus.WAITING_LIST
    )
    telling.places_step(requests[seat.of_request].case_id for seat in parked)


def _let_go(parked: list[Any], requests: dict[int, EvacuationRequest]) -> set[int]:
    """The requests that took another place meanwhile, of which one person did, or that no longer seek one.

    Where both places of somebody were parked, the earlier one stays.
    """
    people: dict[int, set[int]] = {}
    for seat in parked:
        people.setdefault(seat.of_request, set()).add(seat.person_id)
    taking = Seat.objects.filter(person__in=among({seat.person_id for seat in parked}), status__in=SEAT_TAKES_PLACE)
    sits = set(taking.values_list("person", flat=True))
    gone = set()
    for request, theirs in people.items():
        if requests[request].status not in SEEKS_SEATS or theirs & sits:
            gone.add(request)
        else:
            sits |= theirs
    return gone


def _watch(held: list[Any], requests: dict[int, EvacuationRequest], now: datetime) -> None:
    of_request: dict[int, list[Any]] = {}
    for seat in held:
        seat.expires_at = now + seats.HOLD
        of_request.setdefault(seat.of_request, []).append(seat)
    seats.watch_step((requests[pk], rows) for pk, rows in of_request.items())
