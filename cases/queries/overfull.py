"""A convoy that lost places: who must move, and where they can; each in a constant number of statements."""

from collections.abc import Iterable
from dataclasses import dataclass

from cases.enums import LIVE_SEAT, SEAT_TAKES_PLACE, SeatStatus
from cases.models import Convoy, Leg, Seat
from cases.planning.seating import Load, Party, place
from cases.queries import seated, seating

# Who has confirmed nothing yet is asked to move before who has.
FIRST_TO_MOVE = (SeatStatus.HELD, SeatStatus.PARKED, SeatStatus.CONFIRMED, SeatStatus.BOARDED)


@dataclass(frozen=True, slots=True)
class ToMove:
    """A party on a leg with too many people: what it takes there, and the convoys with room for the whole of it."""

    requests: frozenset[int]
    people: int
    status: str
    convoys: tuple[int, ...]


def missing(convoy: Convoy) -> Load:
    """How many places of each kind are lacking, on the leg that lacks most of it."""
    legs = Leg.objects.filter(convoy=convoy, over_since__isnull=False)
    lacks = [
        Load(*(max(0, getattr(leg, f"{kind}_taken") - getattr(leg, kind)) for kind in Load._fields)) for leg in legs
    ]
    return Load(*(max(column) for column in zip(*lacks, strict=True))) if lacks else Load()


def to_move(convoy: Convoy) -> list[ToMove]:
    """Parties with seats on legs that are over: unconfirmed ones first, the largest first; with where they can go."""
    over = list(Leg.objects.filter(convoy=convoy, over_since__isnull=False).values_list("seq", flat=True))
    if not over:
        return []
    there = Seat.objects.filter(convoy=convoy, status__in=LIVE_SEAT, from_seq__lte=max(over), to_seq__gt=min(over))
    status: dict[int, str] = {}
    for request, stands in there.values_list("traveller__request", "status"):
        status[request] = max(stands, status.get(request, stands), key=FIRST_TO_MOVE.index)
    rooms = [room for room in seating.rooms(seating.open_convoys()) if room.convoy != convoy.pk]
    loads = seated.loads(there.filter(status__in=SEAT_TAKES_PLACE))  # who is parked is counted as without a seat
    found = [
        _moving(
            party,
            loads,
            status,
            [room.convoy for room in rooms if place(seated.as_new(party, loads), room) is not None],
        )
        for party in seating.parties(set(status))
    ]
    return sorted(found, key=lambda one: (FIRST_TO_MOVE.index(SeatStatus(one.status)), -one.people, min(one.requests)))


def _moving(party: Party, loads: dict[int, Load], status: dict[int, str], convoys: Iterable[int]) -> ToMove:
    stands = max(
        (status[pk] for pk in party.requests if pk in status), key=lambda one: FIRST_TO_MOVE.index(SeatStatus(one))
    )
    return ToMove(party.requests, seated.as_new(party, loads).load.people, stands, tuple(convoys))
