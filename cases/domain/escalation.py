"""What a clock does when its time comes: it fires once, stays late until it is met, and is told further and further up.

The owner first, then the coordinators on duty, then the supervisors, a step each time to acknowledge of its class;
at the top it is told again at the pace of the class until somebody has met it.
"""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases.domain import alarms, assignment, events, jobs, notifications
from cases.enums import AlarmKind, ClockState, Role
from cases.models import Alarm, Case, Clock, Job, Post, User
from cases.queries.triage import rules_in_force

OWNER, COORDINATORS, SUPERVISORS = 1, 2, 3


@jobs.inside("clock", verb="escalation.fire")
def fire(job: Job) -> timedelta | None:
    """Mark a due clock as late, once, and tell the next level of it. Locks the case, then the clock."""
    case = Case.objects.locked().select_related("household").get(clocks=job.subject)
    clock = Clock.objects.select_for_update(no_key=True).get(pk=job.subject)
    if clock.state == ClockState.RUNNING and clock.due_at > timezone.now():
        return clock.due_at - timezone.now()
    if clock.state not in (ClockState.RUNNING, ClockState.FIRED):
        return None
    first = clock.state == ClockState.RUNNING
    if first:
        clock.state, clock.fired_at = ClockState.FIRED, timezone.now()
    told, clock.level = _next_level(case, clock.level)
    clock.version += 1
    clock.save(update_fields=["state", "fired_at", "level", "version"])
    verb = "clock.fired" if first else "clock.escalated"
    events.record(clock, verb, case=case, kind=clock.kind, level=clock.level, told=[user.pk for user in told])
    _tell(case, clock, told)
    return _again_after(case, clock.level)


def _again_after(case: Case, level: int) -> timedelta:
    minutes = rules_in_force()[1].clocks[case.priority]
    return timedelta(minutes=minutes.recontact if level == SUPERVISORS else minutes.acknowledge)


def _next_level(case: Case, level: int) -> tuple[list[User], int]:
    """The next ones up who are there, and how far up that is; at the top, whoever supervises, on duty or not."""
    for at in range(min(level + 1, SUPERVISORS), SUPERVISORS + 1):
        told = LEVELS[at](case)
        if told:
            return told, at
    return _supervisors_at_home(), SUPERVISORS


def _owner(case: Case) -> list[User]:
    """The owner, if they are here: who went home reads no message in time."""
    live = case.assignments.filter(ended_at__isnull=True).select_related("owner").first()
    if live is None or not (live.owner.on_duty or live.because.get("claimed")):
        return []
    return [live.owner]


def _coordinators(case: Case) -> list[User]:
    return _on_duty(Role.PROTECTION if case.household.protected else Role.COORDINATOR)


def _supervisors(case: Case) -> list[User]:
    return _on_duty(Role.SUPERVISOR)


LEVELS: Final = {OWNER: _owner, COORDINATORS: _coordinators, SUPERVISORS: _supervisors}


def _on_duty(role: Role) -> list[User]:
    posts = Post.objects.on_duty().filter(role=role).select_related("user").order_by("pk")
    return list({post.user_id: post.user for post in posts}.values())


def _supervisors_at_home() -> list[User]:
    posts = Post.objects.held().filter(role=Role.SUPERVISOR).select_related("user").order_by("pk")
    return list({post.user_id: post.user for post in posts}.values())


def _tell(case: Case, clock: Clock, told: list[User]) -> None:
    """By message, and on the screens with a sound: of a P1 at once, of the others when their owner did not act.

    Of a P1 their telephone rings too, where a telephone server is set.
    """
    for user in told:
        notifications.to_staff(
            "clock_late",
            user,
            key=f"late:{clock.uid}:{clock.version}:{user.pk}",
            case=case,
            urgent=case.priority == "P1",
            ref=case.spoken,
            priority=case.priority,
            path=assignment.case_link(case),
        )
        if case.priority == "P1":
            key = f"ring:{clock.uid}:{clock.version}:{user.pk}"
            notifications.ring("clock_late_ring", user, key=key, case=case, ref=case.spoken, priority=case.priority)
    loud = case.priority == "P1" or clock.level > OWNER
    if loud and not Alarm.objects.live().filter(case=case, kind=AlarmKind.LATE).exists():
        alarms.raise_step(AlarmKind.LATE, case=case)
