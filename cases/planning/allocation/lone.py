"""Older people alone are not left behind on a stop from which others of their class or a lower one are taken.

A convoy could have carried somebody when it suits them and they would fit once those of the same or a lower class had
made way. Confirmed parties never make way, nor do other older people alone of the same or a higher class.
"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .chains import admit
from .seating import NOWHERE, Seating
from .units import Ints, Units

Floats = NDArray[np.float32]
PASSES: Final = 4
LOOKS: Final = 8  # who could make room for whom, a search
PULL: Final = 8  # so many times their own weight more: never above one person of the next class


def pull_of(units: Units) -> Ints:
    """What seating each unit is worth while a plan is made: an older person alone draws like nine."""
    return np.where(units.lone, units.value * (1 + PULL), units.value)


def keep_rule(seating: Seating, prices: Floats) -> None:
    """Seat whom the rule gives a place: by moving others on, else at the least loss of weighted people."""
    for _ in range(PASSES):
        broken = [unit for unit in _left(seating) if _wronged(seating, unit)]
        for unit in broken:
            if seating.at[unit] == NOWHERE and _wronged(seating, unit):
                left = () if _moving_on(seating, unit, prices) else _make_way(seating, unit)
                for other in sorted(left, key=lambda one: -seating.units.value[one]):
                    _moving_on(seating, other, prices)
        if not broken:
            return


def seal(seating: Seating) -> None:
    """What `keep_rule` could not mend, by leaving the others behind too. Only ever takes away, so it ends."""
    while True:
        wrongs = [(unit, wrong) for unit in _left(seating) for wrong in _wronged(seating, unit)]
        if not wrongs:
            return
        for other in wrongs[0][1][1]:
            seating.unseat(other)


def _left(seating: Seating) -> list[int]:
    units = seating.units
    left = np.flatnonzero(units.lone & (seating.at == NOWHERE) & units.open.any(axis=1))
    return [int(unit) for unit in left[np.lexsort((units.since[left], units.rank[left]))]]


def _wronged(seating: Seating, unit: int) -> list[tuple[int, list[int]]]:
    """Convoys that took others of the stop instead, each with these others; empty when nobody was wronged."""
    units = seating.units
    party = next(units.parties(unit))
    wrongs = []
    for column in np.flatnonzero(units.open[unit]):
        yielding = [other for other in seating.aboard[column] if _makes_way(seating, other, unit)]
        taken = [other for other in yielding if any(one.stop == party.stop for one in units.parties(other))]
        if taken and (seating.free[:, column] + units.needs[yielding].sum(axis=0) >= units.needs[unit]).all():
            wrongs.append((int(column), taken))
    return wrongs


def _makes_way(seating: Seating, other: int, unit: int) -> bool:
    """A group counts by its most urgent member: nobody makes way for someone less urgent."""
    units = seating.units
    if seating.fixed[other] or units.rank[other] < units.rank[unit]:
        return False
    return not (units.lone[other] and units.rank[other] == units.rank[unit])


def _moving_on(seating: Seating, unit: int, prices: Floats) -> bool:
    """Seat the unit if that leaves nobody out."""
    return admit(seating, unit, prices, LOOKS, gain=int(seating.units.value[unit]) + 1)


def _make_way(seating: Seating, unit: int) -> tuple[int, ...]:
    """Seat the unit for the least loss on any convoy that suits it. Returns who left."""
    units = seating.units
    best: tuple[int, int, tuple[int, ...]] | None = None
    for column in np.flatnonzero(units.open[unit]):
        missing = units.needs[unit] - seating.free[:, column]
        for leaving in _ways(seating, int(column), unit, missing):
            loss = int(units.value[list(leaving)].sum())
            if best is None or loss < best[0]:
                best = (loss, int(column), leaving)
    if best is None:
        return ()
    for other in best[2]:
        seating.unseat(other)
    seating.seat(unit, best[1])
    return best[2]


def _ways(seating: Seating, column: int, unit: int, missing: Ints) -> list[tuple[int, ...]]:
    """Sets of units whose leaving gives what is missing: nobody, one, two, or else the cheapest in turn."""
    if (missing <= 0).all():
        return [()]
    units = seating.units
    movable = sorted((one for one in seating.aboard[column] if _makes_way(seating, one, unit)), key=units.value.item)
    for count in (1, 2):
        ways = [one for one in combinations(movable, count) if (units.needs[list(one)].sum(axis=0) >= missing).all()]
        if ways:
            return ways
    for count in range(3, len(movable) + 1):
        if (units.needs[movable[:count]].sum(axis=0) >= missing).all():
            return [tuple(movable[:count])]
    return []
