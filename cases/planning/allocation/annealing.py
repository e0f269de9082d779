"""A plan shaken and cooled: whoever is aboard makes way at random, and ever more rarely for a loss.

Simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983). One move seats one unit on one convoy, from waiting or from
another convoy; those in its way leave, and are seated elsewhere if there is room. What a loss may be follows what a
place of that convoy is worth, so that convoys of the most urgent are shaken as much as those of the least.

Two halves of the convoys are worked on at once by two threads, each with those aboard and its share of those who wait.
Effort is a number of moves, never of seconds, and chance comes from a counter: the same instance, the same plan.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .halves import PARTS, Halves, Parts
from .kernel import Crowd, Places, anneal, board
from .seating import NOWHERE, Seating
from .units import Bools, Ints

Floats = NDArray[np.float32]
MOVES_A_PAIR: Final = 200
MOST_MOVES: Final = 8_000_000
PEOPLE: Final = 3  # kinds of places that each take one person
EPOCHS: Final = 12  # between which the halves are made anew
HOT, COLD = 0.3, 0.01  # of what a place is worth: how much a move may lose, in the beginning and in the end
TOLL: Final = 0.3  # of the price of a place: what its use costs at first, nothing in the end
LEAST_HEAT: Final = 0.05  # in weighted people: below half a person of the last class


def shake(seating: Seating, prices: Floats, pull: Ints, worth: Floats, halves: Halves) -> None:
    """Win weighted people by moving, replacing and letting in; what was won before is kept if nothing better is found.

    `pull`: what a unit is worth; `worth`: that, for what its places cost at `prices`.
    """
    units = seating.units
    free_to = units.open.any(axis=1) & ~seating.fixed & (units.value > 0)
    movable = np.flatnonzero(free_to)
    if not len(movable):
        return
    movable = movable[np.argsort(-np.minimum(worth[movable], 1.0), kind="stable")].astype(np.int32)
    crowd = Crowd(units.needs, pull.astype(np.float64), *units.ways)
    places = _places(seating, crowd, free_to)
    heat = np.maximum(_worth_of_a_place(prices, units.places), LEAST_HEAT)
    moves = min(MOVES_A_PAIR * len(crowd.ways), MOST_MOVES) // (EPOCHS * PARTS)
    cooling = np.geomspace(HOT, COLD, EPOCHS + 1)
    with ThreadPoolExecutor(PARTS) as pool:
        for epoch in range(EPOCHS):
            part = halves.at(epoch)
            tolls = prices.astype(np.float64) * (TOLL * (1 - epoch / EPOCHS))
            hot = heat * cooling[epoch]
            cooled = cooling[epoch + 1] / cooling[epoch]
            among = [_of(mine, movable, places, part, epoch) for mine in range(PARTS)]  # before any of them moves
            running = [
                pool.submit(
                    anneal, crowd, places, units_of_it, part, mine, tolls, hot, cooled, moves, epoch * PARTS + mine + 1
                )
                for mine, units_of_it in enumerate(among)
                if len(units_of_it)
            ]
            for one in running:
                one.result()
    if pull[places.at >= 0].sum() > pull[seating.at >= 0].sum():
        seating.rearrange(places.at.astype(np.int64))


def _of(mine: int, movable: Ints, places: Places, part: Parts, epoch: int) -> Ints:
    """Who is worked on with a half: those aboard its convoys, and every other of those who wait."""
    at = places.at[movable]
    whose = np.where(at >= 0, part[at], (movable + epoch) % PARTS)
    return movable[whose == mine]


def _places(seating: Seating, crowd: Crowd, free_to: Bools) -> Places:
    """The seating as it is. A convoy's list is as long as there could ever be units aboard, who are people each."""
    units = seating.units
    most = np.minimum(np.count_nonzero(units.open[free_to], axis=0), units.places[:, :PEOPLE].sum(axis=1))
    first = np.concatenate([[0], most.cumsum()]).astype(np.int64)
    whole = np.int32
    places = Places(
        at=np.where(free_to, NOWHERE, seating.at).astype(whole),
        nth=np.zeros(len(units), dtype=whole),
        free=seating.free.T.astype(whole) + 0,
        first=first,
        aboard=np.zeros(len(most), dtype=whole),
        who=np.zeros(first[-1], dtype=whole),
    )
    for unit in np.flatnonzero(free_to & (seating.at != NOWHERE)):
        places.free[seating.at[unit]] += crowd.needs[unit]
        board(crowd, places, unit, seating.at[unit])
    return places


def _worth_of_a_place(prices: Floats, places: Ints) -> Floats:
    """For each convoy what all its places cost, a person."""
    return (prices * places).sum(axis=1) / np.maximum(places[:, :PEOPLE].sum(axis=1), 1)
