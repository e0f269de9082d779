"""Who must not ride in a private car, in a plan: the planner asks for each by itself, and here for all of a convoy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from .instance import PEOPLE_KINDS, Convoy, Instance, Party


def kept(instance: Instance, seated: Mapping[str, str]) -> dict[str, str]:
    """The plan (party → convoy) without those for whom the private cars of their convoy alone are left.

    Who is bound to a convoy comes first, then the most urgent, then who has waited longest. Groups go whole or stay.
    """
    left = {convoy.id: convoy.apart for convoy in instance.convoys}
    groups: dict[str, list[Party]] = defaultdict(list)
    for party in instance.parties:
        if party.id in seated:
            groups[party.together or party.id].append(party)
    found: dict[str, str] = {}
    for group in sorted(groups.values(), key=lambda group: min(map(_first, group))):
        convoy = seated[group[0].id]
        rest = _without(left[convoy], group)
        if rest is None or min(rest) >= 0 or not any(party.apart for party in group):
            left[convoy] = rest
            found |= {party.id: convoy for party in group}
    return found


def settled(instance: Instance, seated: Mapping[str, str]) -> Instance:
    """The instance as a plan leaves it: convoys have for who must not ride in a private car what it did not give."""
    there: dict[str, list[Party]] = defaultdict(list)
    for party in instance.parties:
        if party.id in seated:
            there[seated[party.id]].append(party)
    return replace(
        instance,
        convoys=tuple(_left_by(convoy, there[convoy.id]) for convoy in instance.convoys),
        parties=tuple(replace(one, apart=one.apart and one.id not in seated) for one in instance.parties),
    )


def _left_by(convoy: Convoy, there: list[Party]) -> Convoy:
    return replace(convoy, apart=_without(convoy.apart, there))


def _without(places: tuple[int, ...] | None, group: list[Party]) -> tuple[int, ...] | None:
    if places is None:
        return None
    taken = [sum(party.needs[kind] for party in group if party.apart) for kind in range(PEOPLE_KINDS)]
    return tuple(have - many for have, many in zip(places, taken, strict=False))


def _first(party: Party) -> tuple[bool, int, bool, float, str]:
    since = party.waiting_since
    return party.confirmed is None, party.rank, since is None, since.timestamp() if since else 0.0, party.id
