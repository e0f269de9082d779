"""A first plan, and its repair: everybody in turn where it is cheapest, then room made by moving others on."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .annealing import shake
from .chains import admit
from .exact import Trial, refill
from .halves import Halves
from .lone import keep_rule, pull_of, seal
from .polish import CLUSTER, Polish, solved_whole
from .prices import cost_of, prices_of
from .seating import NOWHERE, Seating
from .start import MOST_PAIRS, seat_relaxed
from .turns import in_turn, longest_first
from .units import Bools, Ints, Units

Floats = NDArray[np.float32]
ROWS_AT_ONCE: Final = 1024
EFFORT: Final = 2_000  # of filling convoys anew, in pairs looked at
SHARE: Final = 0.7  # of what is left of it, after each class but the last
TOLL: Final = np.float32(0.3)  # of the price of a place, while others are still to come
SEARCHES: Final = 300  # units for whom room is looked for by moving others on
LOOKS: Final = 8  # who could make room for whom, a search
ROUNDS: Final = 3
LOW: Final = 0.9  # who is worth less than this share of what their places cost is not in the relaxation
TINY: Final = 1e-3
PROMISE: Final = 1_000  # so much more counts who holds a confirmation than who travels with them
KEPT_NODES: Final = 200


def fill(units: Units) -> Seating:
    """Seat everybody who can be: confirmations first, then class by class, the most weighted people of each.

    Class by class, since a person of one counts as much as ten of the next: the few most urgent are placed as well as
    can be while there is room, and whoever comes after fits in around them.
    """
    seating = Seating(units)
    if not units.open.any():
        return seating
    keep_promises(seating)
    pull = pull_of(units)
    prices = prices_of(units)
    worth = (pull / (_cheapest_way(units, prices) + TINY)).astype(np.float32)
    halves = Halves(units.open)
    polish = Polish(seating, prices, pull, worth)
    effort = EFFORT
    for turn, rank in enumerate(np.unique(units.rank)):
        of_class, last = units.rank == rank, rank == units.rank.max()
        toll = np.zeros_like(prices) if last else TOLL * prices
        rows = _waiting(seating, of_class & (worth >= LOW), worth, pull)
        pairs = np.count_nonzero(units.open[rows])
        if not solved_whole(int(pairs), len(prices)):
            seat_relaxed(seating, rows, pull, toll, halves)
        in_turn(seating, _waiting(seating, of_class, worth, pull), prices)
        _search(seating, _waiting(seating, of_class, worth, pull)[: SEARCHES >> turn], prices)
        share = 1.0 if last else SHARE
        cluster = CLUSTER if pairs <= MOST_PAIRS else 1
        effort -= polish.run(units.rank <= rank, int(effort * share), cluster, None if last else toll)
    shake(seating, prices, pull, worth, halves)
    settle(seating, prices, pull)
    return seating


def settle(seating: Seating, prices: Floats, pull: Ints) -> None:
    """Whoever still fits, older people alone, ties; in the end the rule for older people stands above the rest."""
    everybody = np.ones(len(seating.at), dtype=np.bool_)
    keep_rule(seating, prices)
    in_turn(seating, _waiting(seating, everybody, pull, pull), prices)
    longest_first(seating)
    for _ in range(ROUNDS):
        keep_rule(seating, prices)
        before = seating.value
        in_turn(seating, _waiting(seating, everybody, pull, pull), prices)
        if seating.value == before:
            break
    keep_rule(seating, prices)
    seal(seating)


def keep_promises(seating: Seating) -> None:
    """Seat confirmed units on their convoys. Where a convoy became too small, whose confirmations weigh most."""
    units = seating.units
    promised = np.flatnonzero(units.bound_to >= 0)
    for column in np.unique(units.bound_to[promised]):
        here = promised[(units.bound_to[promised] == column) & units.open[promised, column]]
        if (units.needs[here].sum(axis=0) <= seating.free[:, column]).all():
            for unit in here:
                seating.seat(int(unit), int(column))
        else:
            _keep_most(seating, here[np.lexsort((units.since[here], -units.promised[here]))], int(column))
    for unit in np.flatnonzero(seating.at != NOWHERE):
        seating.fix(int(unit))


def _keep_most(seating: Seating, here: Ints, column: int) -> None:
    for unit in here:
        if (seating.needs[:, unit] <= seating.free[:, column]).all():
            seating.seat(int(unit), column)
    _refill_kept(seating, here, column)


def _refill_kept(seating: Seating, here: Ints, column: int) -> None:
    waiting = here[seating.at[here] == NOWHERE]
    refill(
        seating,
        [Trial(np.array([column]), waiting)],
        seating.units.promised * PROMISE + seating.units.value,
        KEPT_NODES,
    )


def _cheapest_way(units: Units, prices: Floats) -> Floats:
    """What a unit's places cost on the convoy where they cost least."""
    cheapest = np.full(len(units), np.inf, dtype=np.float32)
    for start in range(0, len(units), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        cost = cost_of(units.needs[part].astype(np.float32), prices)
        cost[~units.open[part]] = np.inf
        cheapest[part] = cost.min(axis=1)
    return cheapest


def _waiting(seating: Seating, among: Bools, worth: Floats | Ints, pull: Ints) -> Ints:
    """Those without a place whom some convoy could take: who is worth it, most people, longest waiting first."""
    units = seating.units
    rows = np.flatnonzero(among & (seating.at == NOWHERE) & units.open.any(axis=1))
    return rows[np.lexsort((units.since[rows], -pull[rows], -np.minimum(worth[rows], 1.0)))]


def _search(seating: Seating, order: Ints, prices: Floats) -> None:
    for unit in order:
        if seating.at[unit] == NOWHERE:
            admit(seating, int(unit), prices, LOOKS)
