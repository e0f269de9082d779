"""The linear relaxation of an allocation, in which a unit may be split over convoys: for the bound, and for a start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
from numpy.typing import NDArray

from .instance import KINDS
from .units import Bools, Ints

Floats = NDArray[np.float64]
NEAR: Final = 1e-4  # relative: closer costs minutes and changes the bound by less than a millionth


@dataclass(slots=True)
class Relaxation:
    """Identical units and identical convoys as one row and column each, which changes nothing in a relaxation."""

    base: int
    value: Floats
    needs: Floats
    count: Floats
    open: Bools
    places: Floats


class Master:
    """The relaxation over the pairs known so far: a row for each unit, five for each convoy.

    As the least of what is lost, since the signs of HiGHS's first-order prices are those of a minimum.
    """

    def __init__(self, relaxation: Relaxation) -> None:
        self.relaxation = relaxation
        self.solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        upper = np.concatenate([relaxation.count, relaxation.places.ravel()])
        empty = np.zeros(len(upper), dtype=np.int32)
        lower = np.full(len(upper), -highspy.kHighsInf)
        self.solver.addRows(len(upper), lower, upper, 0, empty, empty[:0], np.zeros(0))

    def add(self, rows: Ints, columns: Ints, cost: Floats | None = None) -> None:
        """A pair takes one of its unit and what that needs of its convoy. `cost`: what it wins, if not its value."""
        relaxation, units, count = self.relaxation, len(self.relaxation.value), len(rows)
        needs = relaxation.needs[rows]
        index = np.hstack([rows[:, None], units + columns[:, None] * len(KINDS) + np.arange(len(KINDS))])
        entries = np.hstack([np.ones((count, 1)), needs])
        filled = entries != 0
        starts = np.concatenate([[0], filled.sum(axis=1).cumsum()[:-1]]) if count else np.zeros(0)
        won = relaxation.value[rows] if cost is None else cost
        self.solver.addCols(
            count, -won, np.zeros(count), np.full(count, highspy.kHighsInf),
            int(filled.sum()), starts.astype(np.int32), index[filled].astype(np.int32), entries[filled],
        )  # fmt: skip

    def solve(self, seconds: float) -> tuple[float, Floats] | None:
        """The optimum over the known pairs and the price of each place; None when time ran out."""
        self._run(seconds)
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return self.relaxation.base - self.solver.getObjectiveValue(), self._prices()

    def near(self, seconds: float) -> Floats | None:
        """Prices near the best, by a first-order method; None when there are none in time.

        How near the solver came is not asked: what prices are worth, they say themselves.
        """
        self.solver.setOptionValue("solver", "pdlp")
        self.solver.setOptionValue("kkt_tolerance", NEAR)
        self._run(seconds)
        return self._prices() if self.solver.getSolution().dual_valid else None

    def _run(self, seconds: float) -> None:
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + seconds)
        self.solver.run()

    def _prices(self) -> Floats:
        duals = np.array(self.solver.getSolution().row_dual)[len(self.relaxation.value) :]
        return np.maximum(-duals.reshape(-1, len(KINDS)), 0.0)

    def shares(self) -> Floats:
        """How much of its unit each known pair takes, in the order they were added."""
        return np.array(self.solver.getSolution().col_value)
