"""Households are told by a call, or by words that betray nothing: put in set-based, done one household at a time."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.db.models import QuerySet
from django.utils import timezone

from cases.domain import callbacks, events, jobs, notifications
from cases.domain.notifications import refused_by
from cases.enums import CallbackReason, JobLane
from cases.models import Case, Job, Reach

# Who was to leave so soon is called; the others get the words, or a call where no text may go.
SOON: Final = timedelta(hours=6)
CALL: Final = "call_household"
WRITE: Final = "write_household"
WRITE_AGAIN: Final = "write_household_again"


def places_step(cases: Iterable[int]) -> None:
    """Step: the households of these cases have places held that they do not know of: they are called."""
    _put_in(CALL, cases, JobLane.NORMAL)


def suspended_step(soon: Iterable[int], later: Iterable[int]) -> None:
    """Step: the convoys of these cases stand still. Who was to leave within six hours is called first."""
    _put_in(CALL, soon, JobLane.URGENT)
    _put_in(WRITE, later, JobLane.NORMAL)


def set_right_step(soon: Iterable[int], later: Iterable[int]) -> None:
    """Step: what the households of these cases were told was a mistake; each hears so on the way it was told.

    Those who were called are called again first. Those who were written to are asked to call, with no more than that.
    """
    _put_in(CALL, soon, JobLane.URGENT)
    _put_in(WRITE_AGAIN, later, JobLane.URGENT)


def _put_in(kind: str, cases: Iterable[int], lane: JobLane) -> None:
    act = uuid4().hex
    jobs.enqueue_many(
        Job(kind=kind, key=f"{kind}:{case}:{act}", subject=case, lane=lane) for case in sorted(set(cases))
    )


@jobs.inside(CALL, verb="evacuation.tell")
def call(job: Job) -> None:
    """Put the callers of a household on the list of those to be called back. Locks the case."""
    case = locked_case(job.subject or 0)
    if case is not None:
        call_step(case)


def call_step(case: Case) -> None:
    """Step: the callers of a locked case who are known to be of its household are to be called back now."""
    for reach in _reaches(case):
        _call(case, reach)


@jobs.inside(WRITE, verb="evacuation.tell")
def write(job: Job) -> None:
    """ "Not today, call us" to each caller of a household who may be written to; the others are called.

    Locks the case.
    """
    _write(job, "not_today")


@jobs.inside(WRITE_AGAIN, verb="evacuation.tell")
def write_again(job: Job) -> None:
    """ "Call us" and the number of the case, to whom "not today" was written by mistake. Locks the case."""
    _write(job, "call_us", with_ref=True)


def _write(job: Job, code: str, *, with_ref: bool = False) -> None:
    case = locked_case(job.subject or 0)
    if case is None:
        return
    params = {"ref": case.spoken} if with_ref else {}
    for reach in _reaches(case):
        if refused_by(reach):
            _call(case, reach)
        else:
            notifications.to_caller(code, reach, key=f"{job.key}:{reach.pk}", case=case, **params)


def locked_case(pk: int) -> Case | None:
    """Step: lock a case, or the one it was merged into since."""
    rows = Case.objects.locked().select_related("household__settlement")
    case = rows.filter(pk=pk).first()
    return rows.filter(pk=case.master_id).first() if case is not None and case.master_id is not None else case


def _reaches(case: Case) -> QuerySet[Reach]:
    """Only callers who are known to be of the household: nobody else is told that it is registered at all."""
    ties = case.household.ties.verified()
    rows = Reach.objects.filter(caller__in=ties.values("caller")).select_related("contact", "caller")
    return rows.order_by("contact", "pk").distinct("contact")


def _call(case: Case, reach: Reach) -> None:
    made = callbacks.open_step(reach.contact, CallbackReason.PROMISED, case=case, due_at=timezone.now())
    if made is None:  # they asked not to be contacted: it is on record that nobody told them
        events.record(case, "evacuation.not_told", case=case)
