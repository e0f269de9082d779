"""Where those whose corridor stands still could go instead, as if they were seated now, in their order."""

from dataclasses import dataclass
from typing import Final

from cases.actors import Staff
from cases.enums import SeatStatus
from cases.models import Corridor, EvacuationRequest, Seat
from cases.planning.seating import Party, fill
from cases.queries import seating
from cases.queries.evacuation.moves import names

SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class ParkedParty:
    """Who travels together, how many, and the convoy with room for all of them; `to` is 0 where none has."""

    requests: list[EvacuationRequest]
    people: int
    to: int
    where: str


@dataclass(frozen=True, slots=True)
class ParkedPeople:
    """The first in order, how many households there are, and for how many of these there is a place now.

    `cut`: others wait behind the parties shown.
    """

    parties: list[ParkedParty]
    households: int
    placed: int
    cut: bool = False


def parked(corridor: Corridor, *, by: Staff) -> ParkedPeople:
    """Everybody with a parked seat on a corridor and where all of their party could go now, each place given once.

    Their parked seats stay theirs until they take the other ones or decline. A constant number of statements.
    """
    seats = Seat.objects.filter(convoy__window__corridor=corridor, status=SeatStatus.PARKED)
    theirs = set(seats.values_list("traveller__request", flat=True))
    if not theirs:
        return ParkedPeople([], 0, 0)
    parties = seating.parties(theirs)
    open_now = seating.open_convoys()
    rooms = seating.rooms(open_now)
    placed = fill(parties, rooms, seating.unverified_left({room.window for room in rooms}))
    to = {pk: one.room.convoy for one in placed for pk in one.party.requests}
    called, shown = names(open_now), parties[:SHOWN]
    keys = [pk for party in shown for pk in party.requests]
    rows = EvacuationRequest.objects.visible_to(by).select_related("case").in_bulk(keys)
    lines = [_line(party, rows, to, called) for party in shown]
    seen = [line for line in lines if line.requests]
    return ParkedPeople(seen, len(theirs), len(theirs & set(to)), len(parties) > SHOWN)


def _line(party: Party, rows: dict[int, EvacuationRequest], to: dict[int, int], called: dict[int, str]) -> ParkedParty:
    """A party as it may be seen; who is of another area has no line here."""
    convoy = to.get(min(party.requests), 0)
    requests = [rows[pk] for pk in sorted(party.requests) if pk in rows]
    return ParkedParty(requests, party.load.people, convoy, called.get(convoy, ""))
