"""A plan for everybody who seeks places, as what it would change: newly seated, moved, not seated and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from django.utils.translation import ngettext

from cases.actors import Staff
from cases.models import Case, Convoy
from cases.planning import allocation
from cases.planning.seating import Party
from cases.queries import seated
from cases.queries.evacuation.moves import names
from cases.queries.evacuation.stored import Stored, stored
from cases.queries.evacuation.unseated import left_out, not_seated

L = TypeVar("L", "Line", "Unseated")
# Whoever would lose a hold keeps it instead, and the plan is made anew; so often, then all of them keep theirs.
ROUNDS: Final = 3
# Nobody is moved for those who are left for one of these: no number of places helps them.
NO_PLACE_HELPS: Final = frozenset({"no_convoy_in_direction", "no_convoy_at_stop", "outside_dates"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A request and its convoy. `stands`: how the request stood when it was planned; see `seated.stands`."""

    request: int
    convoy: int
    stands: str


@dataclass(frozen=True, slots=True)
class Line:
    """A request that gets a place, or another one; convoys as planners name them."""

    case: Case
    people: int
    to: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class Unseated:
    """A request that gets none: why, and what would change it."""

    case: Case
    people: int
    why: str
    helps: str


@dataclass(frozen=True, slots=True)
class Proposal:
    seated: list[Line]
    moved: list[Line]
    unseated: list[Unseated]
    planned: list[Planned]

    @property
    def headline(self) -> str:
        """ "+31 households, 2 moved, 4 not seated"."""
        seated = ngettext("+%(count)d household", "+%(count)d households", len(self.seated))
        moved = ngettext("%(count)d moved", "%(count)d moved", len(self.moved))
        unseated = ngettext("%(count)d not seated", "%(count)d not seated", len(self.unseated))
        counted = ((seated, self.seated), (moved, self.moved), (unseated, self.unseated))
        return ", ".join(said % {"count": len(lines)} for said, lines in counted)


def propose(by: Staff) -> Proposal:
    """Plan all verified requests that seek places onto all open convoys, and say what would change. Nothing is kept.

    Confirmed places stay. Holds are moved only where that seats more, and nobody loses one: it lapses within two hours
    by itself, and whoever holds it has been told. The effort is counted (docs/allocation.md): the same rows give the
    same proposal. A constant number of statements.
    """
    found = stored(by)
    instance, where = _best(found)
    before = {str(pk): str(convoy) for pk, convoy in found.before.items()}
    people = {party.id: party.people for party in instance.parties}
    called = names(Convoy.objects.filter(pk__in=[room.convoy for room in found.rooms]))
    fresh: list[Line] = []
    moved: list[Line] = []
    planned: list[Planned] = []
    for party, convoy in where.items():
        row = found.rows[int(party)]
        if before.get(party) == convoy:
            continue
        was = called[int(before[party])] if party in before else ""
        (moved if was else fresh).append(Line(row.case, people[party], called[int(convoy)], was))
        planned.append(Planned(row.pk, int(convoy), seated.stands(row, found.sits.get(row.pk, ()))))
    lefts = allocation.explain(allocation.settled(instance, where), where)
    unseated = [*_unseated(found, lefts, people, called), *_left_out(found)]
    return Proposal(_by_urgency(fresh), _by_urgency(moved), _by_urgency(unseated), planned)


def _by_urgency(lines: Iterable[L]) -> list[L]:
    return sorted(lines, key=lambda line: (line.case.priority, line.case.ref))


def _best(found: Stored) -> tuple[allocation.Instance, Mapping[str, str]]:
    """The plan in which holds stay; where it leaves somebody for want of places, one that moves holds, if better."""
    instance = found.instance(())
    first = allocation.plan(instance)
    seated_first = allocation.kept(instance, first.seated)
    helpless = all(left.reason in NO_PLACE_HELPS for left in first.left) and len(seated_first) == len(first.seated)
    if not found.groups.held or helpless:
        return instance, seated_first
    movable = found.groups.held
    for _round in range(ROUNDS):
        other = found.instance(movable)
        before = {str(pk): str(found.before[pk]) for party in movable for pk in party.requests}
        where = allocation.kept(other, allocation.stay(other, allocation.plan(other).seated, before))
        lost = {int(pk) for pk in before if pk not in where}
        if not lost:
            gained = sum(party.weight for party in other.parties if party.id in where and party.id not in before)
            return (other, where) if gained > _weight(instance, seated_first) else (instance, seated_first)
        movable = _without(movable, lost)
    return instance, seated_first


def _weight(instance: allocation.Instance, where: Mapping[str, str]) -> int:
    return sum(party.weight for party in instance.parties if party.id in where)


def _without(movable: Sequence[Party], lost: set[int]) -> list[Party]:
    return [party for party in movable if not party.requests & lost]


def _unseated(
    found: Stored, lefts: Iterable[allocation.Left], people: Mapping[str, int], called: Mapping[int, str]
) -> Iterable[Unseated]:
    for left in lefts:
        yield Unseated(found.rows[int(left.party)].case, people[left.party], *not_seated(left, called))


def _left_out(found: Stored) -> Iterable[Unseated]:
    for pk, code in found.groups.out.items():
        yield Unseated(found.rows[pk].case, found.people.get(pk, 0), *left_out(code))
