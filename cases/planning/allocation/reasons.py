"""Why each party that has no place has none, and what would give it one, everything else staying as planned.

The definitions stand in docs/allocation.md ("Not seated"). Everything is worked out from the instance and the seating
alone, so that any seating can be explained, whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from . import words
from .instance import KINDS, Instance, Party
from .units import FREE, TORN, Bools, Ints, Units, parties_suit, units_of

LACKS: Final = ("no_seat", "no_wheelchair_place", "no_stretcher_place", "no_animal_place", "no_luggage_place")


@dataclass(frozen=True, slots=True)
class Help:
    """`count` more places of a kind on a convoy would seat the party, or the group it travels with."""

    kind: str
    count: int
    convoy: str


@dataclass(frozen=True, slots=True)
class Left:
    """A party without a place. `missing`: what lacks on `nearest`, the convoy where the least does, by kind;
    `would_help` when that is one kind."""

    party: str
    reason: str
    says: words.Says
    would_help: Help | None = None
    nearest: str = ""
    missing: Mapping[str, int] = field(default_factory=dict)


def explain(instance: Instance, seated: Mapping[str, str], units: Units | None = None) -> tuple[Left, ...]:
    """A reason for everybody whom `seated` (party → convoy) gives no place, in the order of the instance.

    `units`: those of the instance, where they are at hand. Raises KeyError for a convoy that is not in the instance.
    """
    explainer = _Explainer(units_of(instance) if units is None else units, seated)
    found = {left.party: left for left in explainer.all()}
    return tuple(found[party.id] for party in instance.parties if party.id in found)


class _Explainer:
    def __init__(self, units: Units, seated: Mapping[str, str]) -> None:
        self.units, self.instance = units, units.instance
        columns = {convoy.id: at for at, convoy in enumerate(self.instance.convoys)}
        parties = self.instance.parties
        self.at = np.array([columns[seated[p.id]] if p.id in seated else FREE for p in parties], dtype=np.int64)
        self.free = units.places.copy()
        for at in np.flatnonzero(self.at != FREE):
            self.free[self.at[at]] -= parties[at].needs
        self.alone = parties_suit(self.instance) if len(parties) and len(columns) else None
        self.ahead = np.zeros_like(self.free)

    def all(self) -> Iterator[Left]:
        """From who comes first to who comes last, summing up what those who come before hold on each convoy."""
        units = self.units
        for unit in np.lexsort((units.since, units.rank)):
            members = units.members[unit]
            if self.at[members[0]] != FREE:
                self.ahead[self.at[members[0]]] += units.needs[unit]
            elif not units.suits[unit].any():
                yield from (self._unsuited(int(unit), at) for at in members)
            else:
                yield from self._short(int(unit))

    def _unsuited(self, unit: int, at: int) -> Left:
        """No convoy goes their way: by direction, stop or dates, or as a group."""
        party = self.instance.parties[at]
        bound_to = int(self.units.bound_to[unit])
        reason = "group_too_large" if bound_to == TORN else self._unsuited_alone(party, at, bound_to)
        return Left(party.id, reason, words.says(reason, torn=bound_to == TORN))

    def _unsuited_alone(self, party: Party, at: int, bound_to: int) -> str:
        """Where a confirmation binds, its convoy is the only one that counts."""
        convoys = self.instance.convoys if bound_to == FREE else (self.instance.convoys[bound_to],)
        columns = slice(None) if bound_to == FREE else slice(bound_to, bound_to + 1)
        ways = [convoy for convoy in convoys if convoy.direction == party.direction]
        if not ways:
            return "no_convoy_in_direction"
        if not any(party.stop in convoy.stops for convoy in ways):
            return "no_convoy_at_stop"
        # Each of a group has a convoy, but no one convoy suits them all.
        return "group_too_large" if self.alone is not None and self.alone[at, columns].any() else "outside_dates"

    def _short(self, unit: int) -> Iterator[Left]:
        """Convoys go their way, and each lacks something."""
        units = self.units
        columns = np.flatnonzero(units.suits[unit])
        lacking = np.maximum(units.needs[unit] - self.free[columns], 0)
        nearest = int(np.lexsort((lacking.sum(axis=1), (lacking > 0).sum(axis=1)))[0])
        convoy = self.instance.convoys[columns[nearest]].id
        missing = {KINDS[kind]: int(lacking[nearest, kind]) for kind in np.flatnonzero(lacking[nearest])}
        help_ = Help(*next(iter(missing.items())), convoy) if len(missing) == 1 else None
        whole = self._reason(unit, columns, lacking, nearest)
        for at in units.members[unit]:
            party = self.instance.parties[at]
            reason = self._own_lack(party, columns) or whole if whole == "group_too_large" else whole
            yield Left(party.id, reason, words.says(reason, convoy, missing), help_, convoy, missing)

    def _own_lack(self, party: Party, columns: Ints) -> str | None:
        """What a member of a group would lack even by itself on empty convoys."""
        short: Ints = np.maximum(np.array(party.needs) - self.units.places[columns], 0)
        lacking: Bools = short > 0
        return None if not lacking.any(axis=1).all() else _said(lacking, int(lacking.sum(axis=1).argmin()))

    def _reason(self, unit: int, columns: Ints, lacking: Ints, nearest: int) -> str:
        units = self.units
        if not units.open[unit].any():
            if len(units.members[unit]) > 1:
                return "group_too_large"
            empty = units.needs[unit] > units.places[columns]
            return _said(empty, nearest)
        everywhere = np.all(lacking > 0, axis=0)
        if everywhere[1:].any():
            return _said(lacking > 0, nearest)
        before = self.free[columns] + self.ahead[columns]
        if (before >= units.needs[unit]).all(axis=1).any() or not lacking.any():
            return "more_urgent_first"
        return _said(lacking > 0, nearest)


def _said(lacking: Bools, nearest: int) -> str:
    """The kind that lacks everywhere, a special place before a seat; else one that lacks where the least does."""
    everywhere = lacking.all(axis=0)
    kinds = np.flatnonzero(everywhere if everywhere.any() else lacking[nearest])
    there = [kind for kind in kinds if lacking[nearest, kind]] or list(kinds)
    special = [kind for kind in there if kind]
    return LACKS[special[0] if special else there[0]]
