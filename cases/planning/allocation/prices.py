"""What a place is worth to those who compete for it: estimated before anybody is seated.

A price for each kind of place on each convoy, raised while more is asked for than there is and lowered while less is
(the multiplicative form of the dual ascent of Lagrangian relaxation). With them a unit knows how dear its way is, and
the dear ways are left to those whom they are worth it: who needs the one stretcher is not weighed by seats alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .compiling import compiled
from .units import Bools, Ints, Units

Floats = NDArray[np.float32]
# Pairs looked at in all: the effort is a matter of counting, so that the same instance is always planned the same.
EFFORT: Final = 8_000_000
ROUNDS: Final = (40, 200)
LEAST, DEAREST = 1e-3, 1e6  # bounds of a price
PACE, CALMER = 1.2, 0.1  # how fast prices move at first, and what is left of that in the end


def prices_of(units: Units) -> Floats:
    """A price in weighted people for a place of each kind (columns) on each convoy (rows); 0 where all can have one."""
    rows = np.flatnonzero(units.open.any(axis=1) & (units.value > 0))
    ones = np.ones(len(rows), dtype=np.float32)
    needs, value = units.needs[rows].astype(np.float32), units.value[rows].astype(np.float32)
    return ascend(needs, value, ones, units.open[rows], units.places.astype(np.float32))


def ascend(needs: Floats, value: Floats, count: Floats, open_: Bools, places: Floats) -> Floats:
    """Prices for units (rows of `needs`, `count` of each) that compete for places; the mean of the later rounds."""
    taken = needs * count[:, None]
    scarce = np.stack([taken[:, kind] @ open_ for kind in range(needs.shape[1])], axis=1) > places
    if not len(value) or not scarce.any():
        return np.zeros_like(places)
    price = np.where(scarce, LEAST * 10, 0).astype(np.float32)
    rows, ways = np.nonzero(open_)
    first, spread = np.searchsorted(rows, np.arange(len(value) + 1)), _spread(rows, ways)
    rounds = int(np.clip(EFFORT // len(ways), *ROUNDS))
    mean = np.zeros_like(places)
    for step in range(rounds):
        used = _asked(price, needs, taken, value, first, ways, spread)
        over = np.clip((used - places) / np.maximum(places, 1.0), -1.0, 1.0)
        pace = PACE * CALMER ** (step / rounds)
        price = np.where(scarce, np.clip(price * np.exp(pace * over), LEAST, DEAREST), 0).astype(np.float32)
        if step >= rounds // 2:
            mean += np.log(np.maximum(price, LEAST))
    return np.where(scarce, np.exp(mean / (rounds - rounds // 2)), 0).astype(np.float32)


def cost_of(needs: Floats, prices: Floats) -> Floats:
    """What these needs (rows) would cost on each convoy.

    Kind by kind, not as a product of matrices: the threads of that library wait for one another on a busy machine.
    """
    total = np.multiply.outer(needs[:, 0], prices[:, 0])
    for kind in range(1, needs.shape[1]):
        some = np.flatnonzero(needs[:, kind])
        if prices[:, kind].any() and len(some):
            total[some] += np.multiply.outer(needs[some, kind], prices[:, kind])
    return total


def _spread(rows: Ints, columns: Ints) -> Floats:
    """A little pseudo-random difference a pair, so that equals do not all press onto the same one of equal convoys."""
    mixed = rows.astype(np.uint32) * np.uint32(2654435761) ^ columns.astype(np.uint32) * np.uint32(2246822519)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(739982445)
    return (1.0 + 0.1 * ((mixed >> np.uint32(8)) / np.float32(1 << 24))).astype(np.float32)


@compiled
def _asked(price, needs, taken, value, first, ways, spread):  # type: ignore[no-untyped-def]
    """What would be used of each place, did everybody take the cheapest way that is worth it to them."""
    used = np.zeros_like(price)
    for unit in range(len(value)):
        best, least = -1, value[unit]
        for way in range(first[unit], first[unit + 1]):
            cost = np.float32(LEAST)
            for kind in range(5):
                cost += price[ways[way], kind] * needs[unit, kind]
            cost *= spread[way]
            if cost <= least:
                best, least = ways[way], cost
        if best >= 0:
            for kind in range(5):
                used[best, kind] += taken[unit, kind]
    return used
