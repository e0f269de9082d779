"""What moves as one: a party by itself, or everybody who travels together. As arrays, since there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .instance import PEOPLE_KINDS, Instance, Party

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FREE: Final = -1  # of `bound_to`: no convoy is promised
TORN: Final = -2  # of `bound_to`: promised on different convoys, so that no one convoy keeps every promise
ALWAYS: Final = (-(2**62), 2**62)


@dataclass(slots=True)
class Units:
    """Row u of each array is unit u; column c of `suits` and `open` is convoy c of the instance.

    `needs`, `value` (weighted people), `rank` (of the most urgent member), `since` (of who waits longest, in
    microseconds), `bound_to` (a convoy's column, FREE or TORN), `lone` (an older person alone: who travels with others
    is not alone), `promised` (weighted people who hold a confirmation). `suits`: direction, stop, dates and
    confirmation agree. `open`: and it would fit, were the convoy empty;
    `ways`: where each unit's open convoys begin in one long list, and the list.
    """

    instance: Instance
    members: list[list[int]]
    places: Ints
    needs: Ints = field(init=False)
    value: Ints = field(init=False)
    rank: Ints = field(init=False)
    since: Ints = field(init=False)
    bound_to: Ints = field(init=False)
    lone: Bools = field(init=False)
    promised: Ints = field(init=False)
    suits: Bools = field(init=False)
    open: Bools = field(init=False)
    ways: tuple[Ints, Ints] = field(init=False)

    def __len__(self) -> int:
        return len(self.members)

    def parties(self, unit: int) -> Iterator[Party]:
        return (self.instance.parties[at] for at in self.members[unit])


def units_of(instance: Instance) -> Units:
    """Group the parties and work out which convoy could take whom."""
    columns = {convoy.id: at for at, convoy in enumerate(instance.convoys)}
    places = np.array([convoy.places for convoy in instance.convoys], dtype=np.int64).reshape(-1, 5)
    units = Units(instance, _members(instance.parties), places)
    _sum_up(units, columns)
    units.suits = _suits(units)
    units.open = units.suits.copy()
    for kind in range(places.shape[1]):
        # A kind of which every convoy has enough for the largest need decides nothing.
        if len(units) and len(places) and units.needs[:, kind].max() > places[:, kind].min():
            units.open &= units.needs[:, kind, None] <= places[None, :, kind]
    first = np.concatenate([[0], np.count_nonzero(units.open, axis=1).cumsum()])
    units.ways = first.astype(np.int64), np.nonzero(units.open)[1].astype(np.int64)
    return units


def _members(parties: tuple[Party, ...]) -> list[list[int]]:
    """Indexes of parties, unit by unit, in the order of their first party."""
    grouped: dict[str, list[int]] = {}
    units = []
    for at, party in enumerate(parties):
        if party.together is not None and party.together in grouped:
            grouped[party.together].append(at)
            continue
        units.append([at])
        if party.together is not None:
            grouped[party.together] = units[-1]
    return units


def _sum_up(units: Units, columns: dict[str, int]) -> None:
    instance = units.instance
    of = np.empty(len(instance.parties), dtype=np.int64)
    for unit, members in enumerate(units.members):
        of[members] = unit
    count = len(units)
    units.needs = np.zeros((count, 5), dtype=np.int64)
    np.add.at(units.needs, of, np.array([party.needs for party in instance.parties], dtype=np.int64).reshape(-1, 5))
    units.value = np.zeros(count, dtype=np.int64)
    np.add.at(units.value, of, _whole(party.weight for party in instance.parties))
    units.promised = np.zeros(count, dtype=np.int64)
    np.add.at(units.promised, of, _whole(party.weight * (party.confirmed is not None) for party in instance.parties))
    units.rank = np.full(count, 9, dtype=np.int64)
    np.minimum.at(units.rank, of, _whole(party.rank for party in instance.parties))
    units.since = np.full(count, ALWAYS[1], dtype=np.int64)
    np.minimum.at(units.since, of, _whole(_waits(party, instance.now) for party in instance.parties))
    units.lone = np.array(
        [len(members) == 1 and instance.parties[members[0]].lone_older for members in units.members], dtype=np.bool_
    )
    units.bound_to = np.full(count, FREE, dtype=np.int64)
    for at, party in enumerate(instance.parties):
        if party.confirmed is not None:
            column, before = columns[party.confirmed], int(units.bound_to[of[at]])
            units.bound_to[of[at]] = column if before in (FREE, column) else TORN


def _waits(party: Party, now: datetime | None) -> int:
    return moment(party.waiting_since or now, ALWAYS[1])


def moment(time: datetime | None, missing: int) -> int:
    """Microseconds since 1970, exact; `missing` when there is no time."""
    return missing if time is None else round(time.timestamp() * 1_000_000)


def _whole(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, dtype=np.int64)


def _suits(units: Units) -> Bools:
    """Which unit may travel on which convoy, by direction, stop, dates and confirmation of all its parties."""
    instance = units.instance
    if not instance.parties or not instance.convoys:
        return np.zeros((len(units), len(instance.convoys)), dtype=np.bool_)
    alone = parties_suit(instance)
    suits = alone[[members[0] for members in units.members]]
    for unit, members in enumerate(units.members):
        for at in members[1:]:
            suits[unit] &= alone[at]
    for bound in np.flatnonzero(units.bound_to != FREE):
        column = units.bound_to[bound]
        kept = column != TORN and suits[bound, column]
        suits[bound] = False
        suits[bound, column] = kept
    return suits


def parties_suit(instance: Instance) -> Bools:
    """Row p, column c: convoy c goes where party p wants to, calls at its stop, and leaves within its dates.

    Nor does one suit whose private cars alone have room for who must not ride in one.
    """
    ways: dict[tuple[str, str], int] = {}
    way = [ways.setdefault((party.direction, party.stop), len(ways)) for party in instance.parties]
    goes = np.zeros((len(ways), len(instance.convoys)), dtype=np.bool_)
    for column, convoy in enumerate(instance.convoys):
        for stop in convoy.stops:
            if (convoy.direction, stop) in ways:
                goes[ways[convoy.direction, stop], column] = True
    suits = goes[way]
    departs = _whole(moment(convoy.departs, 0) for convoy in instance.convoys)
    suits &= _whole(moment(party.earliest, ALWAYS[0]) for party in instance.parties)[:, None] <= departs
    suits &= departs <= _whole(moment(party.latest, ALWAYS[1]) for party in instance.parties)[:, None]
    for column, convoy in enumerate(instance.convoys):
        if convoy.apart is not None:
            suits[:, column] &= [not party.apart or _holds(convoy.apart, party) for party in instance.parties]
    return suits


def _holds(places: tuple[int, ...], party: Party) -> bool:
    people = zip(party.needs[:PEOPLE_KINDS], places[:PEOPLE_KINDS], strict=True)
    return all(need <= there for need, there in people)
