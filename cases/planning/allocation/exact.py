"""A few convoys filled anew as well as can be: a small integer programme, begun from how they are filled now."""

from __future__ import annotations

from typing import Final

import highspy
import numpy as np

from .seating import NOWHERE, Seating
from .units import Ints

NODES: Final = 40
MOST_PAIRS: Final = 4000


def refill(seating: Seating, columns: Ints, waiting: Ints, pull: Ints, nodes: int = NODES) -> int:
    """Seat those aboard the convoys and those who wait for them anew; returns what was won, never below 0."""
    units = seating.units
    aboard = np.array([unit for column in columns for unit in seating.aboard[column] if not seating.fixed[unit]], dtype=np.int64)
    players = np.concatenate([aboard, waiting])
    if not len(waiting):
        return 0
    open_ = units.open[np.ix_(players, columns)]
    room = seating.free[:, columns].copy()
    for unit in aboard:
        room[:, np.searchsorted(columns, seating.at[unit])] += seating.needs[:, unit]
    # fit
    for kind in range(5):
        open_ &= units.needs[players, kind, None] <= room[kind][None, :]
    keys = np.hstack([pull[players, None], units.needs[players], open_.astype(np.int64)])
    _, first, of, count = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
    of = of.ravel()
    rows, cols = np.nonzero(open_[first])
    if not len(rows):
        return 0
    types = len(first)
    needs = units.needs[players[first]].astype(float)
    value = pull[players[first]].astype(float)
    now = np.zeros((types, len(columns)))
    place = np.searchsorted(columns, seating.at[aboard])
    np.add.at(now, (of[: len(aboard)], place), 1)
    start = now[rows, cols]
    h = highspy.Highs()
    for k, v in (("output_flag", False), ("threads", 1), ("mip_max_nodes", nodes), ("mip_abs_gap", 0.99), ("mip_rel_gap", 0.0),("mip_detect_symmetry",False)):
        h.setOptionValue(k, v)
    n = len(rows)
    upper = np.concatenate([count.astype(float), room.T.ravel().astype(float)])
    lp = highspy.HighsLp()
    lp.num_col_ = n
    lp.num_row_ = len(upper)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = value[rows]
    lp.col_lower_ = np.zeros(n)
    lp.col_upper_ = np.minimum(count[rows], 1e9).astype(float)
    lp.row_lower_ = np.full(len(upper), -highspy.kHighsInf)
    lp.row_upper_ = upper
    index = np.hstack([rows[:, None], types + cols[:, None] * 5 + np.arange(5)])
    entries = np.hstack([np.ones((n, 1)), needs[rows]])
    filled = entries != 0
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], filled.sum(axis=1).cumsum()]).astype(np.int32)
    lp.a_matrix_.index_ = index[filled].astype(np.int32)
    lp.a_matrix_.value_ = entries[filled]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * n
    h.passModel(lp)
    sol = highspy.HighsSolution()
    sol.col_value = start.tolist()
    h.setSolution(sol)
    h.run()
    info = h.getInfo()
    before = float(start @ value[rows])
    if info.primal_solution_status != 2 or info.objective_function_value < before + 0.5:
        return 0
    x = np.rint(np.array(h.getSolution().col_value)).astype(np.int64)
    for unit in aboard:
        seating.unseat(int(unit))
    by_type: list[list[int]] = [[] for _ in range(types)]
    order = np.lexsort((units.since[players],))
    for at in order[::-1]:
        by_type[of[at]].append(int(players[at]))
    for j in np.flatnonzero(x):
        for _ in range(x[j]):
            seating.seat(by_type[rows[j]].pop(), int(columns[cols[j]]))
    return int(info.objective_function_value - before)
