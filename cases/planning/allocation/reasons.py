"""Why each party that has no place has none, and what would give it one, everything else staying as planned.

The definitions stand in docs/allocation.md ("Not seated"). Everything is worked out from the instance and the seating
alone, so that any seating can be explained, whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from . import words
from .instance import KINDS, Instance, Party
from .ready import shortages
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

        self.order = np.lexsort((units.since, units.rank))
        self.of_unit = self.at[[members[0] for members in units.members]] if len(units) else self.at
        self.nearest, self.everywhere, self.behind = shortages(
            self.order, self.of_unit, units.suits, units.needs, self.free
        )

    def all(self) -> Iterator[Left]:
        """From who comes first to who comes last."""
        for unit in self.order[self.of_unit[self.order] == FREE].tolist():
            nearest = int(self.nearest[unit])
            if nearest == FREE:
                yield from (self._unsuited(unit, party) for party in self.units.members[unit])
            else:
                yield from self._short(unit, nearest)

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
        if self.alone is not None and self.alone[at, columns].any():
            return "group_too_large"  # each of a group has a convoy, but no one convoy suits them all
        anywhere = parties_suit(replace(self.instance, parties=(replace(party, apart=False),)))
        return "only_private_cars" if anywhere[0, columns].any() else "outside_dates"

    def _short(self, unit: int, nearest: int) -> Iterator[Left]:
        """Convoys go their way, and each lacks something."""
        units = self.units
        lacking = [
            need - free for need, free in zip(units.needs[unit].tolist(), self.free[nearest].tolist(), strict=True)
        ]
        convoy = self.instance.convoys[nearest].id
        missing = {kind: count for kind, count in zip(KINDS, lacking, strict=True) if count > 0}
        help_ = Help(*next(iter(missing.items())), convoy) if len(missing) == 1 else None
        whole = self._reason(unit, nearest, [count > 0 for count in lacking])
        for at in units.members[unit]:
            party = self.instance.parties[at]
            reason = self._own_lack(party, unit) or whole if whole == "group_too_large" else whole
            yield Left(party.id, reason, words.says(reason, convoy, missing), help_, convoy, missing)

    def _own_lack(self, party: Party, unit: int) -> str | None:
        """What a member of a group would lack even by itself on empty convoys."""
        short: Ints = np.maximum(np.array(party.needs) - self.units.places[self.units.suits[unit]], 0)
        lacking: Bools = short > 0
        if not lacking.any(axis=1).all():
            return None
        return _said(np.all(lacking, axis=0).tolist(), lacking[int(lacking.sum(axis=1).argmin())].tolist())

    def _reason(self, unit: int, nearest: int, lacking: list[bool]) -> str:
        """`lacking`: which kinds lack on the nearest convoy."""
        units = self.units
        if not units.open[unit].any():
            if len(units.members[unit]) > 1:
                return "group_too_large"
            empty = units.needs[unit] > units.places[units.suits[unit]]
            return _said(np.all(empty, axis=0).tolist(), (units.needs[unit] > units.places[nearest]).tolist())
        everywhere: list[bool] = self.everywhere[unit].tolist()
        if any(everywhere[1:]):
            return _said(everywhere, lacking)
        return "more_urgent_first" if self.behind[unit] else _said(everywhere, lacking)


def _said(everywhere: list[bool], there: list[bool]) -> str:
    """The kind that lacks everywhere, a special place before a seat; else one that lacks where the least does."""
    kinds = [kind for kind, lacks in enumerate(everywhere if any(everywhere) else there) if lacks]
    kinds = [kind for kind in kinds if there[kind]] or kinds
    special = [kind for kind in kinds if kind]
    return LACKS[special[0] if special else kinds[0]]
