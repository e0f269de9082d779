"""Everybody in turn, to the convoy with room where their places cost least; and of equals the longest first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compiling import compiled
from .kernel import NOBODY, fits
from .seating import NOWHERE, Seating
from .units import Ints

Floats = NDArray[np.float32]


def in_turn(seating: Seating, order: Ints, prices: Floats) -> None:
    """Seat the units named, one after the other, that fit as it is."""
    at, free = seating.at.copy(), np.ascontiguousarray(seating.free.T)
    if _in_turn(order, at, free, seating.units.needs, *seating.units.ways, prices):
        seating.rearrange(at)


def longest_first(seating: Seating) -> None:
    """Of two of the same weight, either of whom could have the place, it goes to whoever has waited longer."""
    units, at = seating.units, seating.at.copy()
    waiting = np.flatnonzero((at == NOWHERE) & units.open.any(axis=1) & (units.value > 0))
    waiting = waiting[np.argsort(units.since[waiting], kind="stable")]
    giving = np.flatnonzero((at != NOWHERE) & ~seating.fixed & ~units.lone)
    giving = giving[np.argsort(at[giving], kind="stable")]
    aboard = np.searchsorted(at[giving], np.arange(len(units.places) + 1))
    free = np.ascontiguousarray(seating.free.T)
    if _longest_first(waiting, at, free, units.needs, *units.ways, giving, aboard, units.value, units.since):
        seating.rearrange(at)


@compiled
def _in_turn(order, at, free, needs, first, ways, prices):  # type: ignore[no-untyped-def]
    seated = 0
    for unit in order:
        if at[unit] != NOBODY:
            continue
        best, least = NOBODY, np.inf
        for way in range(first[unit], first[unit + 1]):
            column = ways[way]
            if fits(free, needs, column, unit):
                cost = 0.0
                for kind in range(5):
                    cost += prices[column, kind] * needs[unit, kind]
                if cost < least:
                    best, least = column, cost
        if best != NOBODY:
            at[unit] = best
            seated += 1
            for kind in range(5):
                free[best, kind] -= needs[unit, kind]
    return seated


@compiled
def _longest_first(waiting, at, free, needs, first, ways, giving, aboard, value, since):  # type: ignore[no-untyped-def]
    """`giving`: who may give up a place, convoy by convoy; of convoy c from aboard[c] on."""
    swaps = 0
    for unit in waiting:
        latest = NOBODY
        for way in range(first[unit], first[unit + 1]):
            column = ways[way]
            for nth in range(aboard[column], aboard[column + 1]):
                other = giving[nth]
                if value[other] != value[unit] or since[other] <= since[unit]:
                    continue
                if latest != NOBODY and since[other] <= since[giving[latest]]:
                    continue
                roomy = True
                for kind in range(5):
                    if free[column, kind] + needs[other, kind] < needs[unit, kind]:
                        roomy = False
                if roomy:
                    latest = nth
        if latest != NOBODY:
            other = giving[latest]
            column = at[other]
            at[other], at[unit] = NOBODY, column
            giving[latest] = unit
            swaps += 1
            for kind in range(5):
                free[column, kind] += needs[other, kind] - needs[unit, kind]
    return swaps
