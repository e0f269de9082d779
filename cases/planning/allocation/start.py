"""A class seated from its linear relaxation: what is whole there stays, what is split is decided by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .exact import Toll, Trial, refill
from .halves import Halves, at_once
from .instance import KINDS
from .relaxation import Master, Relaxation
from .seating import Seating
from .units import Ints

MOST_PAIRS: Final = 6_000
MOST_SPLIT: Final = 150
STEPS: Final = 12_000  # of the simplex method: a relaxation that needs more is given up
WHOLE: Final = 1 - 1e-6
NODES: Final = 1
GAP: Final = 5e-4


def seat_relaxed(seating: Seating, rows: Ints, pull: Ints, toll: Toll, halves: Halves) -> None:
    """Seat units that have no place (rows) as the relaxation says. Too large a relaxation seats nobody.

    `toll`: for each place (convoys × kinds) what its use costs, since others will want it.
    """
    relaxed = [one for part in halves.of(rows) if (one := _relaxed(seating, part, pull, toll)) is not None]
    split: list[Ints] = []
    for one, solved in zip(relaxed, at_once(lambda one: one.master.solve(np.inf), relaxed), strict=True):
        if solved is None:
            continue
        share = one.master.shares()
        for pair in np.flatnonzero(share > WHOLE):
            seating.seat(int(one.rows[pair]), int(one.columns[pair]))
        torn = np.unique(one.rows[(share > 1 - WHOLE) & (share <= WHOLE)])
        split.append(torn[np.argsort(-pull[torn], kind="stable")][:MOST_SPLIT])
    _decide(seating, split, pull, toll, halves)


@dataclass(slots=True)
class _Relaxed:
    """`rows`, `columns`: the unit and the convoy of each pair."""

    master: Master
    rows: Ints
    columns: Ints


def _relaxed(seating: Seating, rows: Ints, pull: Ints, toll: Toll) -> _Relaxed | None:
    units = seating.units
    open_ = units.open[rows]
    for kind in range(len(KINDS)):
        open_ &= units.needs[rows, kind, None] <= seating.free[kind]
    known = np.count_nonzero(open_, axis=1).cumsum() <= MOST_PAIRS
    rows, open_ = rows[known], open_[known]
    if not open_.any():
        return None
    needs, places = units.needs[rows].astype(float), seating.free.T.astype(float)
    master = Master(Relaxation(0, pull[rows].astype(float), needs, np.ones(len(rows)), open_, places))
    master.solver.setOptionValue("simplex_iteration_limit", STEPS)
    of, columns = np.nonzero(open_)
    master.add(of, columns, pull[rows[of]] - (needs[of] * toll[columns]).sum(axis=1))
    return _Relaxed(master, rows[of], columns)


def _decide(seating: Seating, split: list[Ints], pull: Ints, toll: Toll, halves: Halves) -> None:
    """Who of the split goes where, while everybody else keeps their place."""
    fixed = seating.fixed
    seating.fixed = np.ones_like(fixed)
    for part in split:
        seating.fixed[part] = False
    everywhere = np.arange(len(seating.units.places))
    trials = [Trial(everywhere[seating.units.open[part].any(axis=0)], part, toll) for part in split if len(part)]
    refill(seating, trials, pull, NODES, GAP)
    seating.fixed = fixed
    seating.renew()
