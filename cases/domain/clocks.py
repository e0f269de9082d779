"""Clocks: promises with a due time. An open case always has at least one; nothing but being met stops one."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from cases.domain import jobs
from cases.enums import ClockKind, ClockState, JobLane
from cases.models import Case, Clock, Job

LIVE = (ClockState.RUNNING, ClockState.FIRED)


def start(case: Case, after: Mapping[ClockKind, timedelta], *, first: bool = False) -> None:
    """Start clocks, replacing live ones of their kinds; the job of each fires once at its due time.

    `first`: the case is new and has no clock to replace.
    """
    if not after:
        return  # to stop none of these kinds would be to stop all
    now = timezone.now()
    if not first:
        stop(case, *after)
    made = Clock.objects.bulk_create(
        Clock(case=case, kind=kind, started_at=now, due_at=now + delay) for kind, delay in after.items()
    )
    lane = JobLane.URGENT if case.priority == "P1" else JobLane.NORMAL
    jobs.enqueue_many(
        Job(kind="clock", key=f"clock:{clock.uid}", subject=clock.pk, due_at=clock.due_at, lane=lane) for clock in made
    )


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
    ended = list(live.values_list("pk", "uid"))
    if not ended:
        return
    Clock.objects.filter(pk__in=[pk for pk, _ in ended]).update(state=state, ended_at=timezone.now())
    jobs.cancel(f"clock:{uid}" for _, uid in ended)
