"""The machine's own part: an owner for every case in the queue, and another when the first does not begin."""

from datetime import timedelta
from typing import Any, Final

from cases.domain import alarms, events, jobs, lifecycle
from cases.domain.assignment import choosing, giving
from cases.enums import AlarmKind, CaseStatus
from cases.models import Alarm, Assignment, Case, Job

# Somebody who comes on duty wakes what waits; this is for what changes without a word (a post edited, a rule lapsed).
TRY_AGAIN: Final = {"P1": timedelta(seconds=10)}
TRY_AGAIN_LATER: Final = timedelta(seconds=60)
# Whose want of an owner sounds in the room at once; the others' acknowledge clock tells of them when it is late.
SOUNDS: Final = ("P1", "P2")
SYSTEM: Final = "system:assignment"


@jobs.inside("assign", verb="assignment.auto")
def auto(job: Job) -> timedelta | None:
    """Give a triaged case to whoever fits best. Locks the case, then the post of everybody on duty in its role.

    When nobody fits, the reason is kept on the case, the room hears of an urgent one, and the job comes again.
    """
    case = Case.objects.locked().select_related("household__settlement").filter(pk=job.subject).first()
    if case is None or case.status != CaseStatus.TRIAGED:
        return None
    if not _given(case):
        return TRY_AGAIN.get(case.priority, TRY_AGAIN_LATER)
    return None


def _given(case: Case) -> bool:
    owner, considered = choosing.choose(case)
    if owner is None:
        nobody_step(case, considered)
        return False
    giving.await_start_step(case, giving.give(case, owner, because=considered, by=SYSTEM))
    return True


def nobody_step(case: Case, considered: dict[str, Any]) -> None:
    """Step: say on the case why nobody has it, and sound once in the room for an urgent one."""
    if case.unassigned_why != considered:
        case.unassigned_why = considered
        case.save(update_fields=["unassigned_why"])
        events.record(case, "assignment.nobody", case=case, **considered)
    sounding = Alarm.objects.live().filter(case=case, kind=AlarmKind.NOBODY)
    if case.priority in SOUNDS and not sounding.exists():
        alarms.raise_step(AlarmKind.NOBODY, case=case)


def pass_on_step(case: Case, because: str) -> None:
    """Step: the owner of a locked case cannot have it any more: another takes over where it stands, or it queues."""
    giving.end_live(case, because)
    owner, considered = choosing.choose(case)
    if owner is not None:
        giving.await_start_step(case, giving.give(case, owner, because=considered | {"after": because}, by=SYSTEM))
        return
    lifecycle.move(case, CaseStatus.TRIAGED)
    nobody_step(case, considered)
    giving.enqueue_step(case)


@jobs.inside("accept", verb="assignment.expire")
def expire(job: Job) -> None:
    """Somebody was given a case and has not begun in time: it goes on to another. Locks the case."""
    case = Case.objects.locked().select_related("household__settlement").filter(assignments=job.subject or 0).first()
    live = Assignment.objects.filter(pk=job.subject or 0, ended_at__isnull=True)
    if case is not None and case.status == CaseStatus.ASSIGNED and live.exists():
        pass_on_step(case, "expired")
