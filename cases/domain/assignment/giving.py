"""The steps every way of giving shares: asking for an owner, giving, ending, waking what waits."""

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from cases.domain import alarms, events, jobs, lifecycle, notifications, stream
from cases.enums import OWNED_CASE, AlarmKind, CaseStatus, DeclineReason, JobLane, JobState
from cases.models import Alarm, Assignment, Case, Job, User
from cases.queries.triage import rules_in_force

LANES: Final = {"P1": JobLane.URGENT, "P4": JobLane.BULK}
# Somebody who has come on duty is offered this many of what waits at once; each case that finds room calls no more.
WOKEN: Final = 50


def enqueue_step(case: Case) -> None:
    """Ask for an owner, in the caller's transaction."""
    lane = LANES.get(case.priority, JobLane.NORMAL)
    jobs.enqueue("assign", f"assign:{case.uid}", subject=case.pk, lane=lane)


def give(case: Case, owner: User, *, because: dict[str, Any], by: str) -> Assignment:
    """Step: make `owner` the owner of a locked case that has none, and tell them.

    A case in the queue becomes `assigned`; of one whose work has begun the work goes on where it stands.
    """
    assignment = Assignment.objects.create(case=case, owner=owner, by=by, because=because)
    if case.unassigned_why:
        case.unassigned_why = {}
        case.save(update_fields=["unassigned_why"])
    if case.status not in OWNED_CASE:
        lifecycle.move(case, CaseStatus.ASSIGNED)
    events.record(assignment, "assignment.given", case=case, owner=owner.pk, because=because)
    stream.tell(stream.ROOM, "case_taken", uid=case.uid)
    alarms.settled_step(Alarm.objects.filter(case=case, kind=AlarmKind.NOBODY), by=owner.pk)
    notifications.to_staff(
        "case_assigned",
        owner,
        key=f"assigned:{assignment.uid}",
        case=case,
        urgent=case.priority == "P1",
        ref=case.spoken,
        priority=case.priority,
        path=case_link(case),
    )
    return assignment


def await_start_step(case: Case, assignment: Assignment) -> None:
    """Step: who does not begin within the time to acknowledge is taken to be away, and the case goes on to another."""
    if case.status != CaseStatus.ASSIGNED:
        return
    minutes = rules_in_force()[1].clocks[case.priority].acknowledge
    jobs.enqueue(
        "accept",
        f"accept:{assignment.uid}",
        subject=assignment.pk,
        lane=LANES.get(case.priority, JobLane.NORMAL),
        due_at=timezone.now() + timedelta(minutes=minutes),
    )


def case_link(case: Case) -> str:
    """The short address of a case, the same in every message whatever page shows it."""
    return f"{settings.HOTLINE_URL.rstrip('/')}/case/{case.ref}/"


def end_live(case: Case, because: str, *, reason: DeclineReason | None = None) -> None:
    """Step: the owner of a locked case leaves; the room they have now is offered to one case that waits."""
    live = Assignment.objects.filter(case=case, ended_at__isnull=True)
    if live.update(ended_at=timezone.now(), ended_because=because, decline_reason=reason or ""):
        wake_step(1)


def hurry_step(case: Case) -> None:
    """Step: the case became more urgent; if it waits for an owner, it is looked at now, before the others."""
    waiting = Job.objects.filter(key=f"assign:{case.uid}", state=JobState.WAITING)
    jobs.bring_forward(waiting.select_for_update(skip_locked=True))


def wake_step(limit: int = WOKEN) -> None:
    """Step: there is room again. The most urgent cases that wait for an owner are looked at now."""
    of_case = Case.objects.filter(pk=OuterRef("subject"))
    waiting = (
        Job.objects.filter(kind="assign", state=JobState.WAITING, due_at__gt=timezone.now())
        .annotate(
            priority=Subquery(of_case.values("priority")),
            points=Subquery(of_case.values("points")),
        )
        .order_by("priority", "-points", "pk")
        .select_for_update(skip_locked=True, of=("self",))[:limit]
    )
    jobs.bring_forward(waiting)
