"""A class seated from its linear relaxation: what is whole there stays, what is split is decided by itself."""

from __future__ import annotations

from typing import Final

import numpy as np

from .exact import Toll, refill
from .instance import KINDS
from .relaxation import Master, Relaxation
from .seating import Seating
from .units import Ints

MOST_PAIRS: Final = 14_000
MOST_SPLIT: Final = 300
STEPS: Final = 12_000  # of the simplex method: a relaxation that needs more is given up
WHOLE: Final = 1 - 1e-6
NODES: Final = 1
GAP: Final = 5e-4


def seat_relaxed(seating: Seating, rows: Ints, pull: Ints, toll: Toll) -> None:
    """Seat units that have no place (rows) as the relaxation says. Too large a relaxation seats nobody.

    `toll`: for each place (convoys × kinds) what its use costs, since others will want it.
    """
    units = seating.units
    open_ = units.open[rows]
    for kind in range(len(KINDS)):
        open_ &= units.needs[rows, kind, None] <= seating.free[kind]
    if not 0 < np.count_nonzero(open_) <= MOST_PAIRS:
        return
    needs, places = units.needs[rows].astype(float), seating.free.T.astype(float)
    master = Master(Relaxation(0, pull[rows].astype(float), needs, np.ones(len(rows)), open_, places))
    master.solver.setOptionValue("simplex_iteration_limit", STEPS)
    of, columns = np.nonzero(open_)
    master.add(of, columns, pull[rows[of]] - (needs[of] * toll[columns]).sum(axis=1))
    if master.solve(np.inf) is None:
        return
    share = master.shares()
    for pair in np.flatnonzero(share > WHOLE):
        seating.seat(int(rows[of[pair]]), int(columns[pair]))
    split = rows[np.unique(of[(share > 1 - WHOLE) & (share <= WHOLE)])]
    _decide(seating, split[np.argsort(-pull[split], kind="stable")][:MOST_SPLIT], pull, toll)


def _decide(seating: Seating, split: Ints, pull: Ints, toll: Toll) -> None:
    """Who of the split goes where, while everybody else keeps their place."""
    fixed = seating.fixed
    seating.fixed = np.ones_like(fixed)
    seating.fixed[split] = False
    refill(seating, np.arange(len(seating.units.places)), split, pull, NODES, GAP, toll)
    seating.fixed = fixed
    seating.renew()
