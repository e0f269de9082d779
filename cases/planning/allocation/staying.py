"""Nobody is moved for nothing: who could keep the place they have keeps it, everybody else as well off as planned."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .instance import Instance
from .seating import NOWHERE
from .units import Ints, Units, units_of


def stay(instance: Instance, seated: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """The seating with as few moves as single steps back and exchanges of two reach; both map parties to convoys.

    The parties that are seated stay seated, and those of `before` who lost their place have it back where it is still
    free. Each step leaves one move fewer, so it ends. Raises KeyError for a convoy that is not in the instance.
    """
    units = units_of(instance)
    columns = {convoy.id: at for at, convoy in enumerate(instance.convoys)}
    at, home = _columns(units, columns, seated), _columns(units, columns, before)
    free = units.places.copy()
    for unit in np.flatnonzero(at != NOWHERE):
        free[at[unit]] -= units.needs[unit]
    away = [int(unit) for unit in np.flatnonzero((home != NOWHERE) & (home != at))]
    while any([_back(units, unit, at, home, free) for unit in away if at[unit] != home[unit]]):  # noqa: C419 - all
        pass
    names = [convoy.id for convoy in instance.convoys]
    where = {
        party.id: names[at[unit]] for unit in range(len(units)) if at[unit] != NOWHERE for party in units.parties(unit)
    }
    return {party.id: where[party.id] for party in instance.parties if party.id in where}


def _columns(units: Units, columns: Mapping[str, int], seated: Mapping[str, str]) -> Ints:
    """The convoy of each unit: its members have the same one."""
    firsts = (next(units.parties(unit)).id for unit in range(len(units)))
    return np.array([columns[seated[first]] if first in seated else NOWHERE for first in firsts], dtype=np.int64)


def _back(units: Units, unit: int, at: Ints, home: Ints, free: Ints) -> bool:
    """One unit goes back to where it was, into free places or by an exchange; tells whether it does."""
    needs, here, there = units.needs, int(at[unit]), int(home[unit])
    if not units.open[unit, there]:
        return False
    if (needs[unit] <= free[there]).all():
        _put(units, unit, there, at, free)
        return True
    if here == NOWHERE:
        return False
    could = (at == there) & (home != there) & units.open[:, here]
    could &= (needs <= free[here] + needs[unit]).all(axis=1) & (needs >= needs[unit] - free[there]).all(axis=1)
    if not could.any():
        return False
    _put(units, int(could.argmax()), here, at, free)
    _put(units, unit, there, at, free)
    return True


def _put(units: Units, unit: int, column: int, at: Ints, free: Ints) -> None:
    if at[unit] != NOWHERE:
        free[at[unit]] += units.needs[unit]
    free[column] -= units.needs[unit]
    at[unit] = column
