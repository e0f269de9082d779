"""What is planned: convoys with their places, and the parties (households) that wait for them.

Needs and places are tuples of whole numbers in the order of KINDS: people who sit, who need a wheelchair place, who
lie; animals; pieces of luggage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from cases.enums import PriorityClass

KINDS: Final = ("seats", "wheelchairs", "stretchers", "animals", "luggage")
PEOPLE_KINDS: Final = 3  # the first three of them carry people
NOTHING: Final = (0,) * len(KINDS)
CLASSES: Final = tuple(str(cls) for cls in PriorityClass)
# What a person counts, by class (docs/allocation.md, "The aim").
WEIGHTS: Final[Mapping[str, int]] = MappingProxyType(dict(zip(CLASSES, (1000, 100, 10, 1), strict=True)))


@dataclass(frozen=True, slots=True)
class Convoy:
    """An open convoy. `places`: how many of each of KINDS are still to be given.

    `apart`: how many places for people those who must not ride in a private car may have of them; None: all of them.
    """

    id: str
    direction: str
    departs: datetime
    stops: tuple[str, ...]
    places: tuple[int, ...]
    apart: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A household that asked to leave. It travels whole.

    `cls`: P1 to P4. `earliest` and `latest` bound the departure; None is no bound. `together`: parties with the same
    value travel on one convoy or none of them does. `confirmed`: the convoy on which it keeps its place.
    `lone_older`: an older person alone. `waiting_since`: None is now. `apart`: they must not ride in a private car.
    """

    id: str
    cls: str
    needs: tuple[int, ...]
    direction: str
    stop: str
    earliest: datetime | None = None
    latest: datetime | None = None
    together: str | None = None
    confirmed: str | None = None
    lone_older: bool = False
    waiting_since: datetime | None = None
    apart: bool = False

    @property
    def people(self) -> int:
        return sum(self.needs[:PEOPLE_KINDS])

    @property
    def weight(self) -> int:
        """Weighted people: what seating the party adds to the aim."""
        return WEIGHTS[self.cls] * self.people

    @property
    def rank(self) -> int:
        """0 for P1 to 3 for P4."""
        return CLASSES.index(self.cls)


@dataclass(frozen=True, slots=True)
class Instance:
    """Everything one plan is made of. Ids are unique; `confirmed` names a convoy of the instance."""

    now: datetime | None
    convoys: tuple[Convoy, ...]
    parties: tuple[Party, ...]
