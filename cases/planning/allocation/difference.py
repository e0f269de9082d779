"""What a plan changes for those who have a place already: for a planner's board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .plan import Plan


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids of parties, in the order of the plan. `moved` with the convoy before and after; `lost` their place; of
    `not_seated` they are a part."""

    seated: tuple[str, ...]
    moved: tuple[tuple[str, str, str], ...]
    lost: tuple[str, ...]
    not_seated: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """ "+31 households, 2 moved, 4 not seated", as numbers."""
        return {
            "seated": len(self.seated), "moved": len(self.moved), "lost": len(self.lost),
            "not_seated": len(self.not_seated),
        }  # fmt: skip


def difference(before: Mapping[str, str], after: Plan) -> Difference:
    """Compare the places people have now (party → convoy) with a plan. Who stands in neither is left out."""
    now = after.seated
    return Difference(
        seated=tuple(party for party in now if party not in before),
        moved=tuple((party, before[party], now[party]) for party in now if before.get(party, now[party]) != now[party]),
        lost=tuple(party for party in before if party not in now),
        not_seated=tuple(left.party for left in after.left),
    )
