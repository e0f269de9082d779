"""Households are told by a call, or by words that betray nothing: put in set-based, done one household at a time."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import uuid4

from django.db.models import QuerySet
from django.utils import timezone

from cases.domain import callbacks, events, jobs, notifications
from cases.domain.notifications import refused_by
from cases.enums import CallbackReason, JobLane, JobState
from cases.models import Case, Job, Reach

# Who was to leave so soon is called; the others get the words, or a call where no text may go.
SOON: Final = timedelta(hours=6)
CALL: Final = "call_household"
WRITE: Final = "write_household"
WRITE_AGAIN: Final = "write_household_again"


def places_step(cases: Iterable[int]) -> None:
    """Step: the households of these cases have places held that they do not know of: they are called."""
    _put_in(CALL, cases, JobLane.NORMAL)


def suspended_step(soon: Iterable[int], later: Iterable[int], *, act: str = "") -> None:
    """Step: the convoys of these cases stand still. Who was to leave within six hours is called first.

    `act`, a uid, names what they are told of, once; it can be taken back by that name (`set_right_step`).
    """
    _put_in(CALL, soon, JobLane.URGENT, act=act)
    _put_in(WRITE, later, JobLane.NORMAL, act=act)


def set_right_step(act: str) -> set[int]:
    """Step: what households were to be told of `act` was a mistake; returns the cases of those who hear so.

    Who was not told yet hears nothing at all. The others, whoever is aboard by now, hear it after what they were told
    and on the same way: who was called is called again, who was written to is asked to call, with no more than that.
    """
    said = Job.objects.told_of(act)
    waiting = said.filter(state=JobState.WAITING).select_for_update(skip_locked=True).order_by("pk")
    unsaid = dict(waiting.values_list("pk", "key"))  # ours from here on: one that runs now counts as said
    told = dict(said.exclude(pk__in=unsaid).values_list("subject", "kind"))
    jobs.cancel(unsaid.values())
    for kind, again in ((CALL, CALL), (WRITE, WRITE_AGAIN)):
        cases = [case for case, way in told.items() if way == kind]
        _put_in(again, cases, JobLane.URGENT, act=act, back=True)
    return set(told)


def _put_in(kind: str, cases: Iterable[int], lane: JobLane, *, act: str = "", back: bool = False) -> None:
    """One job a case. Those of one `act` and case run in their order, whatever their lanes."""
    name = f"{act or uuid4().hex}{':back' if back else ''}"
    jobs.enqueue_many(
        Job(
            kind=kind,
            key=f"{kind}:{case}:{name}",
            subject=case,
            lane=lane,
            order_key=f"told:{case}:{act}" if act else "",
        )
        for case in sorted(set(cases))
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
            order = f"{job.order_key}:{reach.pk}" if job.order_key else ""
            notifications.to_caller(code, reach, key=f"{job.key}:{reach.pk}", order=order, case=case, **params)


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
