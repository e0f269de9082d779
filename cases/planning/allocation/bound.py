"""How good a plan could be at most: the linear relaxation over units and convoys, in which units may be split.

Solved by column generation (Dantzig and Wolfe, 1960, in its simplest form): HiGHS solves the relaxation over the few
pairs that matter, its prices show which others would, until none does. Where there are too many of them, a first-order
method over all pairs (PDLP, Applegate and others, 2021) comes to the same prices. At any moment the prices give a valid
bound by themselves (Lagrangian duality), so that running out of time costs sharpness, never truth.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .instance import KINDS, Instance
from .ready import ascend
from .relaxation import Floats, Master, Relaxation
from .units import FREE, Bools, Ints, Units, units_of

COUNTLESS: Final = 150_000  # so many pairs are too many for one round after the other
AT_ONCE: Final = 60_000  # so few pairs are all given to the solver from the start
ROUND: Final = 3  # pairs a unit that are added in a round
CLOSE: Final = 1e-7  # relative distance between the relaxation and its bound that ends the search
ROWS_AT_ONCE: Final = 512  # units priced together: what fits a processor's cache
SECONDS: Final = 90.0


def bound(instance: Instance, seconds: float = SECONDS) -> float | None:
    """No plan has more weighted people than this. Confirmations that fit their convoy are taken as kept.

    The linear relaxation exactly when `seconds` suffice, else a higher bound that is still true; None when not even
    one round was finished.
    """
    until = time.monotonic() + seconds
    units = units_of(instance)
    if not units.open.any():
        return 0.0
    relaxation = _relaxation(units)
    return _solve(relaxation, until) if len(relaxation.value) else float(relaxation.base)


def _relaxation(units: Units) -> Relaxation:
    places, kept = _promised(units)
    open_ = units.open & ~kept[:, None]
    for kind in range(len(KINDS)):
        open_ &= units.needs[:, kind, None] <= places[None, :, kind]
    rows = np.flatnonzero(open_.any(axis=1) & (units.value > 0))
    open_ = open_[rows]
    columns, convoys = _same(np.hstack([np.packbits(open_, axis=0).T, _bytes(places)]))
    open_ = open_[:, columns]
    firsts, counts = _same(
        np.hstack([np.packbits(open_, axis=1), _bytes(units.needs[rows]), _bytes(units.value[rows, None])])
    )
    return Relaxation(
        base=int(units.value[kept].sum()),
        value=units.value[rows][firsts].astype(float),
        needs=units.needs[rows][firsts].astype(float),
        count=counts.astype(float),
        open=open_[firsts],
        places=places[columns].astype(float) * convoys[:, None],
    )


def _promised(units: Units) -> tuple[Ints, Bools]:
    """Places left after the confirmed ones, and who they are; a convoy promised to too many promises nothing here."""
    places, kept = units.places.copy(), np.zeros(len(units), dtype=np.bool_)
    for column in np.unique(units.bound_to[units.bound_to > FREE]):
        bound_ = np.flatnonzero((units.bound_to == column) & units.open[:, column])
        left = places[column] - units.needs[bound_].sum(axis=0)
        if (left >= 0).all():
            places[column], kept[bound_] = left, True
    return places, kept


def _bytes(numbers: Ints) -> NDArray[np.uint8]:
    return np.ascontiguousarray(numbers).view(np.uint8).reshape(len(numbers), numbers.shape[1] * numbers.itemsize)


def _same(rows: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """The first of each set of equal rows, and how many there are of it."""
    rows = np.ascontiguousarray(rows)
    keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, firsts, counts = np.unique(keys, return_index=True, return_counts=True)
    return firsts, counts


def _solve(relaxation: Relaxation, until: float) -> float | None:
    rows, columns = np.nonzero(relaxation.open)
    known = relaxation.open.copy()
    best: float | None = None
    if len(rows) > AT_ONCE:
        known[:] = False
        best, rows, columns = _best(relaxation, _first_prices(relaxation), known)
    if np.count_nonzero(relaxation.open) > COUNTLESS:
        return min(filter(None, (best, _first_order(relaxation, until))), default=None)
    known[rows, columns] = True
    master = Master(relaxation)
    while True:
        master.add(rows, columns)
        left = until - time.monotonic()
        if left <= 0 or (found := master.solve(left)) is None:
            return best
        reached, prices = found
        limit, rows, columns = _best(relaxation, prices, known)
        best = limit if best is None else min(best, limit)
        if best - reached <= CLOSE * max(best, 1.0) or not len(rows):
            return best
        known[rows, columns] = True


def _first_order(relaxation: Relaxation, until: float) -> float | None:
    """The bound at prices that a first-order method (PDLP) comes to, over all pairs at once."""
    master = Master(relaxation)
    rows, columns = np.nonzero(relaxation.open)
    master.add(rows, columns)
    prices = master.near(until - time.monotonic())
    return None if prices is None else _best(relaxation, prices, relaxation.open)[0]


def _first_prices(relaxation: Relaxation) -> Floats:
    """A guess that is near enough to name most of the pairs that matter."""
    one = np.float32
    needs, value, count = (part.astype(one) for part in (relaxation.needs, relaxation.value, relaxation.count))
    prices: NDArray[np.float32] = ascend(needs, value, count, relaxation.open, relaxation.places.astype(one))
    return prices.astype(float)


def _best(relaxation: Relaxation, prices: Floats, known: Bools) -> tuple[float, Ints, Ints]:
    """The Lagrangian bound at these prices, and for each unit the convoys not yet known that would pay it most."""
    total = relaxation.base + float((prices * relaxation.places).sum())
    found_rows, found_columns = [], []
    for start in range(0, len(relaxation.value), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        gain = relaxation.value[part, None] - relaxation.needs[part] @ prices.T
        gain[~relaxation.open[part]] = -np.inf
        best = np.maximum(gain.max(axis=1), 0.0)
        total += float(best @ relaxation.count[part])
        gain[known[part]] = -np.inf
        for _ in range(min(ROUND, gain.shape[1])):
            column = gain.argmax(axis=1)
            row = np.flatnonzero(gain[np.arange(len(gain)), column] > 1e-7)
            found_rows.append(row + start)
            found_columns.append(column[row])
            gain[row, column[row]] = -np.inf
    return total, np.concatenate(found_rows), np.concatenate(found_columns)
