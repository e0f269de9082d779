"""A few convoys filled anew as well as can be: a small integer programme, begun from how they are filled now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray

from .halves import at_once
from .instance import KINDS
from .seating import Seating
from .units import Ints

# One thread, no clock: the same programme always ends the same. A gap below 1 is none, since weights are whole.
OPTIONS: Final[dict[str, Any]] = {
    "output_flag": False, "threads": 1, "random_seed": 0, "mip_abs_gap": 0.99,
    "mip_detect_symmetry": False, "mip_heuristic_effort": 0.0,
}  # fmt: skip
Toll = NDArray[np.float32]
FEASIBLE: Final = 2  # HiGHS's code of a point that keeps every row


@dataclass(frozen=True, slots=True)
class Trial:
    """Convoys (ascending) to be filled anew, with whom who waits. `toll`: for each place (convoys × kinds) what its use
    costs, since others will want it."""

    columns: Ints
    waiting: Ints
    toll: Toll | None = None


@dataclass(slots=True)
class Programme:
    """Kinds of equal units (rows) and the convoys (columns); `pairs` are the variables, `cost` what each wins.
    `players`: those `aboard`, then those who wait. `room`: kinds × columns, once those aboard have left."""

    columns: Ints
    aboard: list[int]
    players: Ints
    kind_of: Ints
    room: Ints
    needs: NDArray[np.float64]
    cost: NDArray[np.float64]
    count: Ints
    pairs: tuple[Ints, Ints]
    start: NDArray[np.float64]


def refill(seating: Seating, trials: Sequence[Trial], pull: Ints, nodes: int, gap: float = 0.0) -> None:
    """Seat those aboard the convoys of each trial and those who wait anew, where that wins something.

    Trials share nobody and no convoy: they are worked out at once. `pull`: what seating a unit is worth. `nodes`: how
    far HiGHS may branch. `gap`: the share of all that may be left unwon.
    """
    programmes = [one for trial in trials if (one := _programme(seating, trial, pull)) is not None]
    for programme, found in zip(programmes, at_once(lambda one: _solve(one, nodes, gap), programmes), strict=True):
        if found is not None:
            for unit in programme.aboard:
                seating.unseat(unit)
            _seat(seating, programme, found)


def _programme(seating: Seating, trial: Trial, pull: Ints) -> Programme | None:
    units, columns = seating.units, trial.columns
    aboard = [unit for column in columns for unit in seating.aboard[column] if not seating.fixed[unit]]
    players = np.concatenate([np.array(aboard, dtype=np.int64), trial.waiting])
    room = seating.free[:, columns].copy()
    np.add.at(room.T, np.searchsorted(columns, seating.at[aboard]), units.needs[aboard])
    open_ = units.open[np.ix_(players, columns)]
    for kind in range(len(KINDS)):
        open_ &= units.needs[players, kind, None] <= room[kind]
    if not len(trial.waiting) or not open_.any():
        return None
    keys = np.hstack([pull[players, None], units.needs[players], open_])
    _, first, kind_of, count = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
    kind_of = kind_of.ravel()
    rows, at = np.nonzero(open_[first])
    now = np.zeros((len(first), len(columns)))
    sits = np.flatnonzero(seating.at[players] >= 0)
    np.add.at(now, (kind_of[sits], np.searchsorted(columns, seating.at[players[sits]])), 1)
    needs, cost = units.needs[players[first]].astype(float), pull[players[first]].astype(float)[rows]
    if trial.toll is not None:
        cost -= (needs[rows] * trial.toll[columns[at]]).sum(axis=1)
    return Programme(columns, aboard, players, kind_of, room, needs, cost, count, (rows, at), now[rows, at])


def _solve(programme: Programme, nodes: int, gap: float) -> Ints | None:
    """How many of each pair; None when nothing better than the start was found."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.setOptionValue("mip_rel_gap", gap)
    cost = programme.cost
    solver.passModel(_model(programme))
    begun = highspy.HighsSolution()
    begun.col_value = programme.start.tolist()
    solver.setSolution(begun)
    solver.run()
    info = solver.getInfo()
    if info.primal_solution_status != FEASIBLE or info.objective_function_value < programme.start @ cost + 0.5:
        return None
    return np.rint(np.array(solver.getSolution().col_value)).astype(np.int64)


def _model(programme: Programme) -> Any:
    (rows, columns), room = programme.pairs, programme.room
    units, places, pairs = len(programme.count), len(KINDS), len(rows)
    index = np.hstack([rows[:, None], units + columns[:, None] * places + np.arange(places)])
    entries = np.hstack([np.ones((pairs, 1)), programme.needs[rows]])
    filled = entries != 0
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = pairs, units + room.size
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_, model.col_lower_, model.col_upper_ = (
        programme.cost,
        np.zeros(pairs),
        programme.count[rows].astype(float),
    )
    model.row_lower_ = np.full(model.num_row_, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([programme.count, room.T.ravel()]).astype(float)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.concatenate([[0], filled.sum(axis=1).cumsum()]).astype(np.int32)
    model.a_matrix_.index_, model.a_matrix_.value_ = index[filled].astype(np.int32), entries[filled]
    model.integrality_ = [highspy.HighsVarType.kInteger] * pairs
    return model


def _seat(seating: Seating, programme: Programme, found: Ints) -> None:
    """Of equal units those who have waited longest go first."""
    of_kind: list[list[int]] = [[] for _ in programme.count]
    for nth in np.argsort(-seating.units.since[programme.players], kind="stable"):
        of_kind[programme.kind_of[nth]].append(int(programme.players[nth]))
    rows, at = programme.pairs
    for pair in np.flatnonzero(found):
        for _ in range(found[pair]):
            seating.seat(of_kind[rows[pair]].pop(), int(programme.columns[at[pair]]))
