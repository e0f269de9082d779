"""What a clock does when its time comes: it fires once, stays late until it is met, and tells somebody."""

from django.utils import timezone

from cases.domain import assignment, events, jobs, notifications
from cases.enums import ClockState, Role
from cases.models import Case, Clock, Job, Post, User


@jobs.inside("clock", verb="escalation.fire")
def fire(job: Job) -> None:
    """Mark a due clock as late, once, and tell its owner, or else who is on duty. Locks the case, then the clock."""
    case = Case.objects.locked().select_related("household").get(clocks=job.subject)
    clock = Clock.objects.select_for_update(no_key=True).get(pk=job.subject)
    if clock.state != ClockState.RUNNING or clock.due_at > timezone.now():
        return
    clock.state, clock.fired_at = ClockState.FIRED, timezone.now()
    clock.save(update_fields=["state", "fired_at"])
    told = recipients(case)
    events.record(clock, "clock.fired", case=case, kind=clock.kind, told=[user.pk for user in told])
    for user in told:
        notifications.to_staff(
            "clock_late",
            user,
            key=f"late:{clock.uid}:{user.pk}",
            case=case,
            urgent=case.priority == "P1",
            ref=case.spoken,
            priority=case.priority,
            path=assignment.case_link(case),
        )


def recipients(case: Case) -> list[User]:
    """The owner; without one the coordinators on duty; without them the supervisors on duty."""
    live = case.assignments.filter(ended_at__isnull=True).select_related("owner").first()
    if live is not None:
        return [live.owner]
    first = Role.PROTECTION if case.household.protected else Role.COORDINATOR
    for role in (first, Role.SUPERVISOR):
        posts = Post.objects.on_duty().filter(role=role).select_related("user").order_by("pk")
        users = {post.user_id: post.user for post in posts}
        if users:
            return list(users.values())
    return []
