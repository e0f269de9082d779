"""Who sits where while a plan is made, and what is left of each place."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from .units import Bools, Ints, Units

NOWHERE: Final = -1


class Seating:
    """`at`: each unit's convoy, or NOWHERE. `free`: kinds × convoys, places left. `reach`: kinds × units, what a unit's
    place would hold for somebody else if it left; below 0 for whom nobody may replace. `fixed`: keeps its place."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.at = np.full(len(units), NOWHERE, dtype=np.int64)
        self.free = units.places.T.copy()  # a copy even of one convoy, whose turned row is the row itself
        self.needs = units.needs.T.copy()
        self.reach = np.full_like(self.needs, -1)
        self.fixed = np.zeros(len(units), dtype=np.bool_)
        self.aboard: list[list[int]] = [[] for _ in range(len(units.places))]
        # The kinds each unit needs any of: only these are compared.
        self.kinds = [np.flatnonzero(row).tolist() for row in units.needs]

    @property
    def value(self) -> int:
        return int(self.units.value[self.at != NOWHERE].sum())

    def seat(self, unit: int, column: int) -> None:
        self.at[unit] = column
        self.aboard[column].append(unit)
        self.free[:, column] -= self.needs[:, unit]
        self._renew(column)

    def unseat(self, unit: int) -> int:
        """Returns the convoy it left."""
        column = int(self.at[unit])
        self.at[unit] = NOWHERE
        self.aboard[column].remove(unit)
        self.free[:, column] += self.needs[:, unit]
        self.reach[:, unit] = -1
        self._renew(column)
        return column

    def rearrange(self, at: Ints) -> None:
        """Everybody where `at` says, which must keep every place."""
        self.at, self.reach[:] = at, -1
        seated = np.flatnonzero(at != NOWHERE)
        seated = seated[np.argsort(at[seated], kind="stable")]
        ends = np.searchsorted(at[seated], np.arange(len(self.aboard) + 1)).tolist()
        aboard = seated.tolist()
        self.aboard = [aboard[begin:end] for begin, end in pairwise(ends)]
        self.free = self.units.places.T.copy()
        for kind, needs in enumerate(self.needs):
            np.subtract.at(self.free[kind], at[seated], needs[seated])
        free = seated[~self.fixed[seated]]
        self.reach[:, free] = self.needs[:, free] + self.free[:, at[free]]

    def fix(self, unit: int) -> None:
        self.fixed[unit] = True
        self.reach[:, unit] = -1

    def renew(self) -> None:
        """After `fixed` was changed."""
        for column in range(len(self.aboard)):
            self._renew(column)

    def _renew(self, column: int) -> None:
        aboard = [unit for unit in self.aboard[column] if not self.fixed[unit]]
        if aboard:
            self.reach[:, aboard] = self.needs[:, aboard] + self.free[:, column, None]

    def room(self, unit: int) -> Bools:
        """Convoys (a mask) that could take the unit as it is."""
        mask = self.units.open[unit].copy()
        for kind in self.kinds[unit]:
            mask &= self.free[kind] >= self.needs[kind, unit]
        return mask

    def yielding(self, unit: int) -> Ints:
        """Units each of which alone, by leaving, would make room for this one."""
        mask = self.reach[0] >= self.needs[0, unit]
        for kind in self.kinds[unit]:
            if kind:
                mask &= self.reach[kind] >= self.needs[kind, unit]
        found = np.flatnonzero(mask)
        return found[self.units.open[unit, self.at[found]]]

    def roomy(self, units: Ints) -> Bools:
        """units × convoys: where each could go as it is, its own place left out."""
        mask = self.units.open[units]
        for kind in range(len(self.free)):
            mask &= self.needs[kind, units, None] <= self.free[kind]
        mask[np.arange(len(units)), self.at[units]] = False
        return mask
