"""Making room: one moves on to a place where another moves on, until somebody finds a free one.

Ejection chains (Glover, 1996) over convoys that are each touched once, so that every link is checked by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .seating import NOWHERE, Seating

WIDTH: Final = 24  # who is looked at further, of those who could make room for one


@dataclass(slots=True)
class Link:
    """`unit` would take the place at `column`, which the unit of `after` (None: nobody) leaves to it."""

    unit: int
    before: Link | None
    columns: tuple[int, ...]


def admit(seating: Seating, unit: int, prices: NDArray[np.float32], looks: int, *, gain: int = 1) -> bool:
    """Seat the unit if that wins at least `gain` weighted people, moving on or leaving out others. At most `looks`."""
    column = cheapest(seating, unit, prices)
    if column != NOWHERE:
        seating.seat(unit, column)
        return True
    if looks <= 0:
        return False
    return _search(seating, unit, prices, looks, gain)


def cheapest(seating: Seating, unit: int, prices: NDArray[np.float32]) -> int:
    """The convoy with room on which the unit takes what others want least; NOWHERE when none has room."""
    columns = np.flatnonzero(seating.room(unit))
    if not len(columns):
        return NOWHERE
    if len(columns) == 1:
        return int(columns[0])
    return int(columns[(prices[columns] @ seating.needs[:, unit]).argmin()])


def _search(seating: Seating, unit: int, prices: NDArray[np.float32], looks: int, gain: int) -> bool:
    """Breadth first: who could make room, could they move, and if not, who could make room for them."""
    value, lone, rank = seating.units.value, seating.units.lone, seating.units.rank
    most = int(value[unit]) - gain  # the dearest whose loss is still a gain
    start = Link(unit, None, ())
    queue, seen = [start], {unit}
    loss: tuple[int, Link, int] | None = None
    at = 0
    while at < len(queue) and at < looks:
        link = queue[at]
        at += 1
        found = seating.yielding(link.unit)
        if link.columns:
            found = found[~np.isin(seating.at[found], link.columns)]
        if not len(found):
            continue
        found = found[np.argsort(value[found], kind="stable")][: 2 * WIDTH]
        leaving = found[(value[found] <= most) & ~(lone[found] & (rank[found] <= rank[unit]))]
        if len(leaving):
            most = int(value[leaving[0]]) - 1
            loss = (most, link, int(leaving[0]))
        roomy = seating.roomy(found)
        if link.columns:
            roomy[:, list(link.columns)] = False
        movable = np.flatnonzero(roomy.any(axis=1))
        if len(movable):
            mover = int(found[movable[0]])
            columns = np.flatnonzero(roomy[movable[0]])
            column = int(columns[(prices[columns] @ seating.needs[:, mover]).argmin()])
            _apply(seating, link, mover, column)
            return True
        if most < 0 or len(queue) < looks:
            for one in found[:WIDTH]:
                if int(one) not in seen:
                    seen.add(int(one))
                    queue.append(Link(int(one), link, (*link.columns, int(seating.at[one]))))
    if loss is None:
        return False
    _apply(seating, loss[1], loss[2], NOWHERE)
    return True


def _apply(seating: Seating, link: Link, mover: int, column: int) -> None:
    """The mover goes to the column (or stays behind), and each before it takes the place that became free."""
    place = seating.unseat(mover)
    if column != NOWHERE:
        seating.seat(mover, column)
    step: Link | None = link
    while step is not None:
        left = seating.unseat(step.unit) if step.before is not None else NOWHERE
        seating.seat(step.unit, place)
        place, step = left, step.before
