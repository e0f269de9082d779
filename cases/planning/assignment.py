"""Who should have a case: a pure choice among people on duty, with everything that was weighed.

Loads are counted in half cases, so that one weighs the same in a sum wherever it is summed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

# What a case weighs in half cases, by class; one that rests (waits, or is resolved and will be called back) weighs one.
WEIGHTS: Final[Mapping[str, int]] = MappingProxyType({"P1": 4, "P2": 3, "P3": 2, "P4": 2})
RESTING: Final = 1
HALVES: Final = 2
# Who leaves sooner than this would hand the case on before it has begun.
LEAVES_SOON: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the case asks of its owner. An empty path is a place nobody told; `skills` are wished for, not needed."""

    path: str = ""
    language: str = ""
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on duty. `load` and `given` in half cases, `capacity` in cases.

    `speaks` empty: not on record, so nothing is held against them. `given` since they came on duty. `returned`: gave
    this very case back, declined it, or let it lie, a short while ago.
    """

    user: int
    area: str = ""
    area_id: int | None = None
    speaks: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    load: int = 0
    capacity: int = 8
    given: int = 0
    off_at: datetime | None = None
    knows: bool = False
    returned: bool = False

    def covers(self, path: str) -> bool:
        return not self.area or not path or path.startswith(self.area)

    def has_room(self) -> bool:
        return self.load < self.capacity * HALVES

    def lacks_language(self, language: str) -> bool:
        return bool(self.speaks and language and language not in self.speaks)

    def leaves_soon(self, now: datetime) -> bool:
        return self.off_at is not None and self.off_at - now < LEAVES_SOON


@dataclass(frozen=True, slots=True)
class Choice:
    """`user` None when nobody fits. `because`: codes, numbers and ids that become words for people."""

    user: int | None
    because: dict[str, Any] = field(default_factory=dict)


def choose(candidates: Iterable[Candidate], wanted: Wanted, now: datetime) -> Choice:
    """The owner for a case.

    Must: cover the place, have room, and not have just returned it. Preferred, in this order: stays long enough,
    speaks the caller's language, has the skills, knows the household; among equals the least loaded for their
    capacity, then who was given least since they came, then the first hired.
    """
    people = sorted(candidates, key=lambda one: one.user)
    covering = [one for one in people if one.covers(wanted.path)]
    room = [one for one in covering if one.has_room()]
    free = [one for one in room if not one.returned]
    because: dict[str, Any] = {"on_duty": len(people), "covering": len(covering)}
    because |= {"full": [one.user for one in covering if one not in room]}
    because |= {"returned": [one.user for one in room if one.returned]}
    if not free:
        return Choice(None, because)
    best = min(free, key=lambda one: _rank(one, wanted, now))
    leaving = [one for one in free if one is not best and one.leaves_soon(now)]
    because |= {"off": {str(one.user): one.off_at.isoformat() for one in leaving if one.off_at}}
    return Choice(best.user, because | _said_of(best, wanted))


def _rank(one: Candidate, wanted: Wanted, now: datetime) -> tuple[Any, ...]:
    return (
        one.leaves_soon(now),
        one.lacks_language(wanted.language),
        len(wanted.skills - one.skills),
        not one.knows,
        one.load / max(one.capacity, 1),
        one.given,
        one.user,
    )


def _said_of(best: Candidate, wanted: Wanted) -> dict[str, Any]:
    speaks = bool(best.speaks) and wanted.language in best.speaks
    return {
        "load": best.load,
        "capacity": best.capacity,
        "area": best.area_id,
        "speaks": wanted.language if speaks else "",
        "language_missing": wanted.language if best.lacks_language(wanted.language) else "",
        "skills": sorted(wanted.skills & best.skills),
        "skills_missing": sorted(wanted.skills - best.skills),
        "knows": best.knows,
    }


def stays(in_work: bool, urgent: bool, back_at: datetime | None, next_due: datetime | None) -> bool:
    """Whether somebody who goes off duty keeps a case: begun, not urgent, and they are back before it is due."""
    return in_work and not urgent and back_at is not None and (next_due is None or back_at <= next_due)
