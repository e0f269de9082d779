"""Nobody is moved for nothing: who could keep the place they have keeps it, everybody else as well off as planned."""

from __future__ import annotations

from collections.abc import Mapping

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
    for unit, column in enumerate(at):
        if column != NOWHERE:
            free[column] -= units.needs[unit]
    away = [unit for unit in range(len(units)) if home[unit] not in (NOWHERE, at[unit])]
    while any(_back(units, unit, at, home, free) for unit in away if at[unit] != home[unit]):
        pass
    convoy = {column: name for name, column in columns.items()}
    where = {
        party.id: convoy[at[unit]] for unit in range(len(units)) if at[unit] != NOWHERE for party in units.parties(unit)
    }
    return {party.id: where[party.id] for party in instance.parties if party.id in where}


def _columns(units: Units, columns: Mapping[str, int], seated: Mapping[str, str]) -> list[int]:
    """The convoy of each unit: its members have the same one."""
    firsts = (next(units.parties(unit)).id for unit in range(len(units)))
    return [columns[seated[first]] if first in seated else NOWHERE for first in firsts]


def _back(units: Units, unit: int, at: list[int], home: list[int], free: Ints) -> bool:
    """One unit goes back to where it was, into free places or by an exchange; tells whether it does."""
    there, here = home[unit], at[unit]
    if not units.open[unit, there]:
        return False
    needs = units.needs
    if (needs[unit] <= free[there]).all():
        _put(units, unit, there, at, free)
        return True
    if here == NOWHERE:
        return False
    for other in range(len(units)):
        if at[other] != there or home[other] == there or not units.open[other, here]:
            continue
        fits = (needs[unit] <= free[there] + needs[other]).all() and (needs[other] <= free[here] + needs[unit]).all()
        if fits:
            _put(units, other, here, at, free)
            _put(units, unit, there, at, free)
            return True
    return False


def _put(units: Units, unit: int, column: int, at: list[int], free: Ints) -> None:
    if at[unit] != NOWHERE:
        free[at[unit]] += units.needs[unit]
    free[column] -= units.needs[unit]
    at[unit] = column
