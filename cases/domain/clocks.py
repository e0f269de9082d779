"""Clocks: promises with a due time. An open case always has at least one; nothing but being met stops one."""

from datetime import datetime, timedelta

from django.utils import timezone

from cases.domain import jobs
from cases.enums import ClockKind, ClockState, JobLane
from cases.models import Case, Clock

LIVE = (ClockState.RUNNING, ClockState.FIRED)


def start(case: Case, kind: ClockKind, *, after: timedelta, at: datetime | None = None) -> Clock:
    """Start a clock, replacing a live one of its kind; its job fires once at the due time."""
    now = at or timezone.now()
    stop(case, kind)
    clock = Clock.objects.create(case=case, kind=kind, started_at=now, due_at=now + after)
    lane = JobLane.URGENT if case.priority == "P1" else JobLane.NORMAL
    jobs.enqueue("clock", f"clock:{clock.uid}", subject=clock.pk, due_at=clock.due_at, lane=lane)
    return clock


def met(case: Case, *kinds: ClockKind) -> None:
    """What the clock asked for was done."""
    _end(case, kinds, ClockState.MET)


def stop(case: Case, *kinds: ClockKind) -> None:
    """The clock is replaced, or the case has ended."""
    _end(case, kinds, ClockState.STOPPED)


def _end(case: Case, kinds: tuple[ClockKind, ...], state: ClockState) -> None:
    live = Clock.objects.filter(case=case, state__in=LIVE)
    if kinds:
        live = live.filter(kind__in=kinds)
    ended = list(live.values_list("uid", flat=True))
    live.update(state=state, ended_at=timezone.now())
    for uid in ended:
        jobs.cancel(f"clock:{uid}")
