"""What lacks for each unit that has no place, on every convoy that suits it: the loop behind the reasons."""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .kernel import NOBODY


@compiled
def shortages(order, at, suits, needs, free):  # type: ignore[no-untyped-def]
    """Three arrays by unit: the convoy where the least lacks (NOBODY where none suits, or where it is seated), which
    kinds lack on every convoy that suits, and whether it would fit on one of these but for those before it in `order`.

    The least lacks where the fewest kinds do, and of these the fewest places. `free`: convoys × kinds, what is left.
    """
    nearest = np.full(len(needs), NOBODY, np.int64)
    everywhere = np.ones((len(needs), 5), np.bool_)
    behind = np.zeros(len(needs), np.bool_)
    ahead = np.zeros_like(free)
    for unit in order:
        if at[unit] != NOBODY:
            for kind in range(5):
                ahead[at[unit], kind] += needs[unit, kind]
            continue
        fewest, least = 6, 0
        for column in range(suits.shape[1]):
            if not suits[unit, column]:
                continue
            kinds, places, fitted = 0, 0, True
            for kind in range(5):
                short = needs[unit, kind] - free[column, kind]
                if short > ahead[column, kind]:
                    fitted = False
                if short > 0:
                    kinds += 1
                    places += short
                else:
                    everywhere[unit, kind] = False
            if fitted:
                behind[unit] = True
            if kinds < fewest or (kinds == fewest and places < least):
                nearest[unit], fewest, least = column, kinds, places
    return nearest, everywhere, behind
