"""What the papers are made from: plain values, names among them only where they were opened for it."""

from dataclasses import dataclass, field
from typing import Final

# driver: who drives and escorts · boarding: the team at the stop · slips: a code a household · cards: children's cards
KINDS: Final = ("driver", "boarding", "slips", "cards")


@dataclass(frozen=True, slots=True)
class Rider:
    """`no` counts within the household; `place` is a seat kind; `helped`: needs a hand though they have a seat.

    `medic`: travels with a medic only.
    """

    no: int
    place: str
    child: bool = False
    helped: bool = False
    medic: bool = False
    name: str = ""
    age: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A household on a convoy, from one stop to another.

    `turn`: its number at its stop, 0 on lists without numbers. `apart`: they do not ride in a private car.
    """

    ref: str
    token: str
    start: int
    end: int
    riders: tuple[Rider, ...]
    oxygen: bool = False
    animals: int = 0
    luggage: int = 0
    turn: int = 0
    apart: bool = False

    def places(self, kind: str) -> int:
        return sum(rider.place == kind for rider in self.riders)

    @property
    def spoken(self) -> str:
        return f"{self.ref[:4]} {self.ref[4:]}"


@dataclass(frozen=True, slots=True)
class Stopping:
    seq: int
    name: str
    landmark: str = ""


@dataclass(frozen=True, slots=True)
class Papers:
    """A frozen list. Times are words in the zone of the first stop; `line` is the line's number, empty where unset."""

    title: str
    number: int
    digest: str
    frozen: str
    departs: str
    stops: tuple[Stopping, ...]
    parties: tuple[Party, ...] = field(default=())
    line: str = ""
