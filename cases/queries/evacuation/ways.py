"""Corridors as lines over the outlines of the oblasts."""

from collections.abc import Iterable
from dataclasses import dataclass

from cases.models import Corridor, Place
from cases.planning.outlines import chart


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop on the map."""

    place: Place
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Way:
    """One corridor on the map: its line through the stops whose position is known, and how many are not."""

    corridor: Corridor
    line: str
    halts: list[Halt]
    unknown: int


def ways(corridors: Iterable[Corridor]) -> list[Way]:
    """Every corridor, its stops already fetched; no statement."""
    return [_way(corridor) for corridor in corridors]


def _way(corridor: Corridor) -> Way:
    stops = list(corridor.stops.all())
    halts = []
    for stop in stops:
        place = stop.place
        if place.longitude is not None and place.latitude is not None:
            x, y = chart().point(float(place.longitude), float(place.latitude))
            halts.append(Halt(place, x, y))
    line = " ".join(f"{halt.x},{halt.y}" for halt in halts)
    return Way(corridor, line, halts, len(stops) - len(halts))
