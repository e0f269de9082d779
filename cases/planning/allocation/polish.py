"""Convoys filled anew, a few neighbours at a time, where a plan most likely falls short."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .exact import Trial, refill
from .halves import PARTS
from .seating import NOWHERE, Seating
from .units import Bools, Ints

Floats = NDArray[np.float32]
WHOLE: Final = 300  # pairs that are solved as one programme, or
LOOSE, SPARSE = 2_000, 12  # so many, when they are so few a convoy that hardly two compete
CLUSTER: Final = 250  # pairs of a cluster of convoys
CONVOYS: Final = 8  # of a cluster, at most: each is a knapsack of its own
WAITING: Final = 40  # who competes for a place, a convoy
TINY: Final = 400  # and of these to the very end
NODES: Final = 20
MANY_NODES: Final = 2_000
GAP: Final = 5e-4
LEAST: Final = 40  # effort of a convoy in a programme
NEARBY, DONE = 0.1, 0.3  # what is left of a convoy, for a second cluster and one filled anew already
SAMPLE: Final = 2_000  # units by which convoys are compared


class Polish:
    """Wins weighted people within an effort counted in pairs, never in seconds: the same instance, the same plan.

    `pull`: what a unit is worth; `worth`: that, for what its places cost at `prices`.
    """

    def __init__(self, seating: Seating, prices: Floats, pull: Ints, worth: Floats) -> None:
        self.seating, self.prices, self.pull, self.worth = seating, prices, pull, worth
        self.near = _neighbours(seating.units.open)

    def run(self, competing: Bools, effort: int, cluster: int = CLUSTER, toll: Floats | None = None) -> int:
        """Fill anew with those who compete, the convoys that waste most first. Returns the effort spent."""
        units = self.seating.units
        pairs = np.count_nonzero(units.open[competing], axis=0)
        left = self._shortfall(competing)
        if solved_whole(int(pairs.sum()), len(pairs)):
            tiny = pairs.sum() <= TINY
            if left.any():
                self._refill([np.arange(len(pairs))], competing, len(units), MANY_NODES if tiny else NODES, 0.0, toll)
            return 0
        spent = 0
        while spent < effort and (left > 0).any():
            clusters = self._clusters(left, pairs, cluster)
            self._refill(clusters, competing, WAITING, 1, GAP, toll)
            for columns in clusters:
                left[columns] = 0
                spent += LEAST * len(columns)
        return spent

    def _clusters(self, left: Floats, pairs: Ints, most: int) -> list[Ints]:
        """Up to two sets of neighbours, the first around the convoy that wastes most, the second far from the first."""
        clusters: list[Ints] = []
        open_to = left.copy()
        far = np.ones(len(left), dtype=np.bool_)
        while len(clusters) < PARTS and (open_to > 0).any():
            seed = int(np.where(far, open_to, open_to * NEARBY).argmax())
            nearest = self.near[seed] * np.where(left > 0, 1.0, DONE) * (open_to >= 0)
            ranked = np.argsort(-nearest, kind="stable")
            size = max(1, int(np.searchsorted(np.minimum(pairs[ranked], 2 * WAITING).cumsum(), most)))
            columns = ranked[: min(size, CONVOYS)]
            clusters.append(np.sort(columns[open_to[columns] >= 0]))
            open_to[columns] = -1.0
            far &= self.near[columns].sum(axis=0) == 0
        return clusters

    def _refill(
        self, clusters: list[Ints], competing: Bools, most: int, nodes: int, gap: float, toll: Floats | None
    ) -> None:
        """`most`: who waits that may compete, a convoy. Who could enter either cluster competes in the first."""
        seating, units = self.seating, self.seating.units
        waiting = np.flatnonzero(competing & (seating.at == NOWHERE))
        waiting = waiting[np.argsort(-self.worth[waiting], kind="stable")]
        trials = []
        for columns in clusters:
            could = units.open[np.ix_(waiting, columns)].any(axis=1)
            trials.append(Trial(columns, waiting[could][: most * len(columns)], toll))
            waiting = waiting[~np.isin(waiting, trials[-1].waiting)]
        refill(seating, trials, self.pull, nodes, gap)

    def _shortfall(self, competing: Bools) -> Floats:
        """For each convoy what its empty places are worth, where somebody waits for it."""
        seating, units = self.seating, self.seating.units
        waiting = np.flatnonzero(competing & (seating.at == NOWHERE))
        wanted = (units.open[waiting] * self.pull[waiting, None]).max(axis=0, initial=0)
        lost = (self.prices * seating.free.T).sum(axis=1) + 1e-3
        aboard = np.flatnonzero((seating.at != NOWHERE) & ~seating.fixed)
        cost = (self.prices[seating.at[aboard]] * units.needs[aboard]).sum(axis=1)
        # Who is worth less than its places cost holds them from others.
        np.add.at(lost, seating.at[aboard], np.maximum(cost - self.pull[aboard], 0.0))
        return np.where(wanted > 0, lost, 0.0).astype(np.float32)


def solved_whole(pairs: int, convoys: int) -> bool:
    """Whether so many pairs of a unit and a convoy are one integer programme, not many."""
    return pairs <= WHOLE or pairs <= min(LOOSE, SPARSE * convoys)


def _neighbours(open_: Bools) -> Floats:
    """How many units two convoys could both take; more than any with itself."""
    sample = open_[:: max(1, len(open_) // SAMPLE)].astype(np.float32)
    near = sample.T @ sample
    np.fill_diagonal(near, 1e9)
    return near
