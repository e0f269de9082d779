"""Nobody is forgotten: a continuous and a nightly look at every open case, which mends what it finds and says so."""

import logging
from collections.abc import Callable
from typing import Final

from django.db.models import QuerySet

from cases import policy
from cases.actors import Actor, System
from cases.domain import assignment, events, jobs, triage
from cases.domain.verbs import verb
from cases.models import Case, Clock, Job, Worker
from cases.queries import forgotten

log = logging.getLogger("hotline.watch")
# At most so many of a kind in one look: the next comes in seconds, and locks stay few.
AT_ONCE: Final = 100
WATCHER: Final = System("watch")


def look() -> dict[str, int]:
    """Count what is forgotten, mend each case in a transaction of its own; returns what was found, by kind."""
    found = forgotten.counts()
    for kind, count in found.items():
        if count:
            log.error("forgotten cases found and mended: %s %d", kind, count)
    for kind in forgotten.VIEWS:
        if found[kind]:
            for case in forgotten.cases(kind).order_by("pk")[:AT_ONCE]:
                mend(case, kind=kind, by=WATCHER)
    if found["clock_silent"]:
        wake_clocks(by=WATCHER)
    return found


def nightly() -> dict[str, int]:
    """The same look once a night, put on record whatever it found: the auditor sees that it was made."""
    found = look()
    note(found, by=WATCHER)
    return found


@verb("watch.note")
def note(found: dict[str, int], *, by: Actor) -> None:
    """Put a nightly look on record."""
    policy.require()
    events.record(Worker(), "watch.nightly", **found)


@verb("watch.mend")
def mend(case: Case, *, kind: str, by: Actor) -> None:
    """Bring one forgotten case back to an owner or the queue, and to a clock. Locks the case and looks again."""
    case = Case.objects.locked().select_related("household__data_key", "household__settlement").get(pk=case.pk)
    if not forgotten.cases(kind).filter(pk=case.pk).exists():
        return
    MENDS[kind](case, by)
    events.record(case, "watch.mended", case=case, kind=kind)


def _clock(case: Case, by: Actor) -> None:
    triage.clocks_step(case)


def _owner(case: Case, by: Actor) -> None:
    assignment.pass_on_step(case, "watch")


def _queue(case: Case, by: Actor) -> None:
    assignment.enqueue_step(case)


def _triage(case: Case, by: Actor) -> None:
    triage.step(case, by=by)
    assignment.enqueue_step(case)


MENDS: Final[dict[str, Callable[[Case, Actor], None]]] = {
    "no_clock": _clock,
    "no_owner": _owner,
    "no_queue": _queue,
    "not_triaged": _triage,
    "owner_gone": _owner,
}


@verb("watch.wake_clocks")
def wake_clocks(*, by: Actor) -> int:
    """Give every clock that no job tells of its job again; returns how many."""
    policy.require()
    silent: QuerySet[Clock] = forgotten.silent_clocks().order_by("pk")[:AT_ONCE]
    again = [Job(kind="clock", key=f"clock:{clock.uid}", subject=clock.pk, due_at=clock.due_at) for clock in silent]
    jobs.enqueue_many(again)
    return len(again)
