"""The plan of an instance: who travels on which convoy, and why the others do not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .instance import Instance
from .ready import planner
from .reasons import Left, explain
from .seating import NOWHERE
from .units import units_of


@dataclass(frozen=True, slots=True)
class Plan:
    """`seated`: party → convoy. `left`: everybody else, with a reason. `seconds`: what planning took."""

    seated: Mapping[str, str]
    left: tuple[Left, ...]
    weighted_people: int
    seconds: float

    def written(self, upper_bound: float | None) -> dict[str, Any]:
        """The plan as a file holds it (docs/allocation.md)."""
        return {
            "seated": [{"household": party, "convoy": convoy} for party, convoy in self.seated.items()],
            "not_seated": [_left(left) for left in self.left],
            "weighted_people": self.weighted_people,
            "upper_bound": upper_bound,
            "seconds": round(self.seconds, 3),
        }


def plan(instance: Instance) -> Plan:
    """The greatest weighted people that were found, every hard rule kept. The same instance gives the same plan.

    Errors: none; an instance that was read is one that can be planned.
    """
    fill = planner()
    begun = time.perf_counter()
    units = units_of(instance)
    seating = fill(units)
    column = {at: convoy.id for at, convoy in enumerate(instance.convoys)}
    where = {
        instance.parties[at].id: column[int(seating.at[unit])]
        for unit, members in enumerate(units.members)
        if seating.at[unit] != NOWHERE
        for at in members
    }
    seated = {party.id: where[party.id] for party in instance.parties if party.id in where}
    left = explain(instance, seated, units)
    weighted = sum(party.weight for party in instance.parties if party.id in seated)
    return Plan(seated, left, weighted, time.perf_counter() - begun)


def _left(left: Left) -> dict[str, Any]:
    help_ = left.would_help
    told = None if help_ is None else {"kind": help_.kind, "count": help_.count, "convoy": help_.convoy}
    return {"household": left.party, "reason": left.reason, "says": dict(left.says), "would_help": told}
