"""Who fits on which convoy: arithmetic of places, the same for a call, a job and a planner's page.

Rules of where and when. A party boards at the stop in its own settlement; where there is none at the nearest stop
within 30 km in a straight line, and where a position is not known at the first stop in its own raion. Nobody boards at
the last stop: there everybody gets off. A convoy suits who may leave on its day, counted in the zone of its first stop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

NEAR_KM: Final = 30.0
EARTH_KM: Final = 6_371.0


class Load(NamedTuple):
    """Places of each kind: what a party takes, or what a leg has left."""

    seats: int = 0
    wheelchairs: int = 0
    stretchers: int = 0
    animals: int = 0
    luggage: int = 0

    def plus(self, other: "Load") -> "Load":
        return Load(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def minus(self, other: "Load") -> "Load":
        return Load(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def holds(self, other: "Load") -> bool:
        """Is there room for all of it? What is asked for in no kind is not missed in it."""
        return all(theirs == 0 or mine >= theirs for mine, theirs in zip(self, other, strict=True))

    @property
    def people(self) -> int:
        return self.seats + self.wheelchairs + self.stretchers

    @property
    def of_people(self) -> "Load":
        """Without animals and luggage."""
        return self._replace(animals=0, luggage=0)


NOTHING: Final = Load()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody is, or a stop: a settlement, its raion, its position if that is known."""

    place: int
    raion: int | None
    at: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop of a corridor, in the order in which it is passed."""

    seq: int
    spot: Spot


@dataclass(frozen=True, slots=True)
class Part:
    """One request of a party: who of it has no seat yet. `apart`: they must not ride in a private car."""

    request: int
    home: Spot | None
    load: Load
    direction: str
    earliest: date | None = None
    latest: date | None = None
    verified: bool = True
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Requests that travel on one convoy or not at all. `rank` orders them: class, waiting since, key.

    `only`: the convoys some of them sit on already. `barred`: codes of why the machine gives it no seats.
    """

    parts: tuple[Part, ...]
    rank: tuple[str, datetime, int]
    only: frozenset[int] = frozenset()
    barred: frozenset[str] = frozenset()

    @property
    def requests(self) -> frozenset[int]:
        return frozenset(part.request for part in self.parts)

    @property
    def load(self) -> Load:
        total = Load()
        for part in self.parts:
            total = total.plus(part.load)
        return total

    @property
    def unverified(self) -> int:
        return sum(part.load.people for part in self.parts if not part.verified)


@dataclass(slots=True)
class Room:
    """A convoy that takes people on: what is left on each of its legs, by the seq of the stop a leg begins at.

    Places of a leg are pooled, and who sits in which vehicle is decided at the stop. So on legs where a private car
    takes others along, `apart` is what the other vehicles have left for whoever must not ride in one.
    """

    convoy: int
    window: int
    direction: str
    day: date
    departs_at: datetime
    halts: tuple[Halt, ...]
    left: dict[int, Load] = field(default_factory=dict)
    apart: dict[int, Load] = field(default_factory=dict)

    def take(self, party: Party, boards: Mapping[int, int]) -> None:
        """The party has its places now: they are taken out of what is left."""
        for seq, load in wanted(party, self, boards).items():
            self.left[seq] = self.left[seq].minus(load)
        for seq, load in wanted_apart(party, self, boards).items():
            self.apart[seq] = self.apart[seq].minus(load)

    @property
    def last(self) -> int:
        return self.halts[-1].seq

    @property
    def any_left(self) -> bool:
        return any(load.people > 0 for load in self.left.values())


@dataclass(frozen=True, slots=True)
class Placed:
    """A party and its convoy, with the stop where each request boards."""

    party: Party
    room: Room
    boards: Mapping[int, int]


class Unfit(StrEnum):
    """The first rule that keeps a party off a convoy."""

    ELSEWHERE = "elsewhere"  # some of them sit on another one
    WAY = "way"
    DAYS = "days"
    STOP = "stop"
    ROOM = "room"
    PRIVATE = "private"  # room for them in private cars alone, and they must not ride in one


@dataclass(frozen=True, slots=True)
class Fit:
    """How a party stands with a convoy. `why`: None when it fits. `boards`: once it suits. `lacks`: places too few."""

    room: Room
    why: Unfit | None
    boards: Mapping[int, int] = field(default_factory=dict)
    lacks: Load = NOTHING


def kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The way in a straight line between two positions (latitude, longitude)."""
    (north, east), (north2, east2) = (tuple(radians(value) for value in at) for at in (one, other))
    half = sin((north2 - north) / 2) ** 2 + cos(north) * cos(north2) * sin((east2 - east) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(half))


def boards_at(home: Spot | None, halts: Sequence[Halt]) -> int | None:
    """The stop at which people from here get on (see above); None where they reach none."""
    if home is None:
        return None
    stops = halts[:-1]
    own = [halt.seq for halt in stops if halt.spot.place == home.place]
    if own:
        return own[0]
    near = sorted(
        (kilometres(home.at, halt.spot.at), halt.seq)
        for halt in stops
        if home.at is not None and halt.spot.at is not None
    )
    if near and near[0][0] <= NEAR_KM:
        return near[0][1]
    unknown = [halt for halt in stops if home.at is None or halt.spot.at is None]
    same = [halt.seq for halt in unknown if home.raion is not None and halt.spot.raion == home.raion]
    return same[0] if same else None


def suits(part: Part, room: Room) -> bool:
    """Does the convoy go their way, on a day they may leave?"""
    after = part.earliest is None or part.earliest <= room.day
    before = part.latest is None or room.day <= part.latest
    return part.direction == room.direction and after and before


def boarding(party: Party, room: Room) -> dict[int, int] | None:
    """Where each of a party gets on this convoy; None when it does not suit all of them. Says nothing of room."""
    if party.only and party.only != {room.convoy}:
        return None
    found = {}
    for part in party.parts:
        seq = boards_at(part.home, room.halts)
        if seq is None or not suits(part, room):
            return None
        found[part.request] = seq
    return found


def wanted(party: Party, room: Room, boards: Mapping[int, int]) -> dict[int, Load]:
    """What the party takes on each leg of the convoy."""
    return _on_legs([(boards[part.request], part.load) for part in party.parts], room.left, room.last)


def wanted_apart(party: Party, room: Room, boards: Mapping[int, int]) -> dict[int, Load]:
    """What those of the party take who must not ride in a private car, on the legs where there is one."""
    apart = [(boards[part.request], part.load.of_people) for part in party.parts if part.apart]
    return _on_legs(apart, room.apart, room.last)


def _on_legs(loads: Iterable[tuple[int, Load]], legs: Iterable[int], last: int) -> dict[int, Load]:
    taken = dict.fromkeys(legs, Load())
    for first, load in loads:
        for seq in taken:
            if first <= seq < last:
                taken[seq] = taken[seq].plus(load)
    return taken


def fit(party: Party, room: Room) -> Fit:
    """Does the whole party fit on every leg of this convoy, and if not, why? The room left is not changed."""
    boards = boarding(party, room)
    if boards is None:
        return Fit(room, _unsuited(party, room))
    if lacks := _lacks(wanted(party, room, boards), room.left):
        return Fit(room, Unfit.ROOM, boards, lacks)
    if lacks := _lacks(wanted_apart(party, room, boards), room.apart):
        return Fit(room, Unfit.PRIVATE, boards, lacks)
    return Fit(room, None, boards)


def _lacks(taken: Mapping[int, Load], left: Mapping[int, Load]) -> Load | None:
    """How many places are too few on the leg that lacks most of them; None where all is held."""
    if all(left[seq].holds(load) for seq, load in taken.items()):
        return None
    short = [load.minus(left[seq]) for seq, load in taken.items()]
    return Load(*(max(0, *kind) for kind in zip(*short, strict=True)))


def _unsuited(party: Party, room: Room) -> Unfit:
    if party.only and party.only != {room.convoy}:
        return Unfit.ELSEWHERE
    if any(part.direction != room.direction for part in party.parts):
        return Unfit.WAY
    return Unfit.STOP if all(suits(part, room) for part in party.parts) else Unfit.DAYS


def place(party: Party, room: Room) -> Placed | None:
    """The party on this convoy, if there is room for the whole of it on every leg; the room left is not changed."""
    found = fit(party, room)
    return Placed(party, room, found.boards) if found.why is None else None


def fill(parties: Iterable[Party], rooms: Sequence[Room], unverified_left: dict[int, int]) -> list[Placed]:
    """Give parties, in this order, the first of the convoys, in this order, that has room for the whole of each.

    Takes what it gives out of `left` of the rooms and of `unverified_left` (how many people nobody has checked may
    still be given places, by window). Whom the machine may not seat is passed over, and takes nothing.
    """
    placed = []
    for party in parties:
        if party.barred or not party.load.people:
            continue
        for room in rooms:
            unverified = party.unverified
            if unverified and unverified > unverified_left.get(room.window, 0):
                continue
            found = place(party, room)
            if found is None:
                continue
            room.take(party, found.boards)
            if unverified:
                unverified_left[room.window] -= unverified
            placed.append(found)
            break
    return placed
