"""One convoy as its planner reads it: who is on it by reference and size, and what rides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from cases.actors import Staff
from cases.enums import LIVE_SEAT, SeatKind, SeatStatus
from cases.models import Case, Convoy, EvacuationRequest, Offer, Seat, Stop, Vehicle
from cases.queries.evacuation.board import zone_of
from cases.queries.evacuation.fills import Fill, fills
from cases.queries.seating import needs

LEFT: Final = (SeatStatus.RELEASED,)


@dataclass(frozen=True, slots=True)
class Party:
    """One request on the convoy. `places` by kind in words; `until` when a hold lapses; `stop` where they board."""

    request: EvacuationRequest
    case: Case
    stop: Stop | None
    places: list[tuple[int, str]]
    animals: int
    luggage: int
    statuses: list[str]
    until: datetime | None
    may_move: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    convoy: Convoy
    departs: str
    stops: list[Stop]
    vehicles: list[Vehicle]
    fills: list[Fill]
    parties: list[Party]
    people: int


def manifest(convoy: Convoy, *, by: Staff) -> Manifest:
    """The convoy with everybody who has or had a place and did not give it back (five statements)."""
    seats = list(
        Seat.objects.visible_to(by)
        .filter(convoy=convoy)
        .exclude(status__in=LEFT)
        .select_related("traveller__request__case__household__settlement")
        .order_by("traveller__request__case__priority", "traveller__request", "pk")
    )
    stops = list(convoy.window.corridor.stops.select_related("place").order_by("seq"))
    held = needs(seat for seat in seats if seat.status == SeatStatus.HELD)
    zone = zone_of(convoy.window)
    return Manifest(
        convoy=convoy,
        departs=f"{convoy.departs_at.astimezone(zone):%d.%m %H:%M}" if convoy.departs_at else "",
        stops=stops,
        vehicles=list(convoy.vehicles.order_by("pk")),
        fills=fills(convoy.legs.order_by("seq"), held),
        parties=_parties(seats, {stop.seq: stop for stop in stops}),
        people=sum(seat.status in LIVE_SEAT for seat in seats),
    )


def vetted_offers(convoy: Convoy, *, by: Staff) -> list[Offer]:
    """The vehicles that may take others along on this convoy: somebody offered them, and their driver was vetted."""
    rows = Offer.objects.visible_to(by).may_drive(convoy.departs_at or timezone.now())
    return list(rows.select_related("case").order_by("vetted_until", "pk"))


def _parties(seats: list[Seat], stops: dict[int, Stop]) -> list[Party]:
    by_request: dict[int, list[Seat]] = {}
    for seat in seats:
        by_request.setdefault(seat.traveller.request_id, []).append(seat)
    return [_party(rows, stops) for rows in by_request.values()]


def _party(seats: list[Seat], stops: dict[int, Stop]) -> Party:
    request = seats[0].traveller.request
    kinds = [seat.kind for seat in seats]
    until = min((seat.expires_at for seat in seats if seat.status == SeatStatus.HELD and seat.expires_at), default=None)
    statuses = sorted({seat.status for seat in seats})
    return Party(
        request=request,
        case=request.case,
        stop=stops.get(min(seat.from_seq for seat in seats)),
        places=[(kinds.count(kind), str(kind.label)) for kind in SeatKind if kind in kinds],
        animals=sum(seat.animals for seat in seats),
        luggage=sum(seat.luggage for seat in seats),
        statuses=[str(SeatStatus(status).label) for status in statuses],
        until=timezone.localtime(until) if until else None,
        may_move=bool(set(statuses) & {SeatStatus.HELD, SeatStatus.CONFIRMED, SeatStatus.PARKED}),
    )
