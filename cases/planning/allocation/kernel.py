"""The moves of `annealing`, compiled: millions of them a second, without the interpreter's lock."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiling import compiled
from .units import Ints

MOST_LEAVING: Final = 8  # units that make way for one
MOST_ASKED: Final = 24  # units that are asked to
COOLED_EVERY: Final = 256
NOBODY: Final = -1


class Crowd(NamedTuple):
    """`ways`: the convoys open to unit u are ways[first[u] : first[u + 1]]. `worth`: what seating it wins."""

    needs: Ints
    worth: NDArray[np.float64]
    first: Ints
    ways: Ints


class Places(NamedTuple):
    """`at`: the convoy of unit u, or NOBODY. `free`: convoys × kinds. Aboard convoy c, of those who may move, are
    who[first[c] : first[c] + aboard[c]]; `nth`: where in that list a unit stands."""

    at: NDArray[np.int32]
    nth: NDArray[np.int32]
    free: NDArray[np.int32]
    first: Ints
    aboard: NDArray[np.int32]
    who: NDArray[np.int32]


@compiled
def _drawn(chance):  # type: ignore[no-untyped-def]
    """A number from 0 to below 1 (xorshift, Marsaglia 2003)."""
    x = chance[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    chance[0] = x
    return np.float64(x >> np.uint64(11)) / 9007199254740992.0


@compiled
def _cost(tolls, needs, column, unit):  # type: ignore[no-untyped-def]
    total = 0.0
    for kind in range(5):
        total += tolls[column, kind] * needs[unit, kind]
    return total


@compiled
def fits(free, needs, column, unit):  # type: ignore[no-untyped-def]
    for kind in range(5):  # noqa: SIM110 - a generator is not compiled
        if needs[unit, kind] > free[column, kind]:
            return False
    return True


@compiled
def board(crowd, places, unit, column):  # type: ignore[no-untyped-def]
    """Seat a unit that has no place, whether it fits or not."""
    places.at[unit] = column
    places.nth[unit] = places.aboard[column]
    places.who[places.first[column] + places.aboard[column]] = unit
    places.aboard[column] += 1
    for kind in range(5):
        places.free[column, kind] -= crowd.needs[unit, kind]


@compiled
def _alight(crowd, places, unit):  # type: ignore[no-untyped-def]
    column = places.at[unit]
    places.aboard[column] -= 1
    last = places.who[places.first[column] + places.aboard[column]]
    places.who[places.first[column] + places.nth[unit]] = last
    places.nth[last] = places.nth[unit]
    places.at[unit] = NOBODY
    for kind in range(5):
        places.free[column, kind] += crowd.needs[unit, kind]


@compiled
def _make_way(crowd, places, tolls, column, unit, gain, least, chance, leaving, lacking):  # type: ignore[no-untyped-def]
    """Who leaves for the unit, into `leaving`; how many, and what is won then. NOBODY: more would be lost than may."""
    short = 0
    for kind in range(5):
        lacking[kind] = crowd.needs[unit, kind] - places.free[column, kind]
        short += lacking[kind] > 0
    if not short:
        return 0, gain
    count, aboard = 0, places.aboard[column]
    if not aboard:
        return NOBODY, gain
    nth = int(_drawn(chance) * aboard)
    for _ in range(min(aboard, MOST_ASKED)):
        other = places.who[places.first[column] + nth]
        nth = nth + 1 if nth + 1 < aboard else 0
        helps = False
        for kind in range(5):
            if lacking[kind] > 0 and crowd.needs[other, kind] > 0:
                helps = True
        if not helps:
            continue
        left = gain - crowd.worth[other] + _cost(tolls, crowd.needs, column, other)
        if left < least:
            continue
        gain = left
        leaving[count] = other
        count += 1
        short = 0
        for kind in range(5):
            lacking[kind] -= crowd.needs[other, kind]
            short += lacking[kind] > 0
        if not short:
            return count, gain
        if count == MOST_LEAVING:
            break
    return NOBODY, gain


@compiled
def _elsewhere(crowd, places, part, mine, unit, chance):  # type: ignore[no-untyped-def]
    """Seat whoever had to leave where there is room, begun anywhere."""
    begin, end = crowd.first[unit], crowd.first[unit + 1]
    way = begin + int(_drawn(chance) * (end - begin))
    for _ in range(end - begin):
        column = crowd.ways[way]
        if part[column] == mine and fits(places.free, crowd.needs, column, unit):
            board(crowd, places, unit, column)
            return
        way = way + 1 if way + 1 < end else begin


@compiled
def anneal(crowd, places, movable, part, mine, tolls, heat, cooled, moves, seed):  # type: ignore[no-untyped-def]
    """So many moves among the convoys of one part, of the units named (the worthiest first: they are tried most).

    `tolls`: convoys × kinds, what using a place costs. `heat`: for each convoy what a move there may lose, which is
    `cooled` by this factor from the first move to the last.
    """
    chance = np.array([np.uint64(seed) * np.uint64(2654435761) + np.uint64(88172645463325252)])
    leaving, lacking = np.empty(MOST_LEAVING, np.int32), np.empty(5, np.int32)
    step_down = cooled ** (COOLED_EVERY / max(moves, 1))
    now = 1.0
    for move in range(moves):
        if move % COOLED_EVERY == 0 and move:
            now *= step_down
        drawn = _drawn(chance)
        unit = movable[int(drawn * drawn * len(movable))]
        begin, end = crowd.first[unit], crowd.first[unit + 1]
        column = crowd.ways[begin + int(_drawn(chance) * (end - begin))]
        before = places.at[unit]
        if part[column] != mine or column == before:
            continue
        gain = -_cost(tolls, crowd.needs, column, unit)
        gain += crowd.worth[unit] if before == NOBODY else _cost(tolls, crowd.needs, before, unit)
        least = now * heat[column] * np.log(_drawn(chance) + 1e-300)
        if gain < least:
            continue
        count, gain = _make_way(crowd, places, tolls, column, unit, gain, least, chance, leaving, lacking)
        if count == NOBODY:
            continue
        for nth in range(count):
            _alight(crowd, places, leaving[nth])
        if before != NOBODY:
            _alight(crowd, places, unit)
        board(crowd, places, unit, column)
        for nth in range(count):
            _elsewhere(crowd, places, part, mine, leaving[nth], chance)
