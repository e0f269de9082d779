"""Open cases that nobody would come back to: none may ever stand here."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now

from cases.enums import OPEN_CASE, OWNED_CASE, CaseStatus
from cases.models import Assignment, Case, Clock, Job

LIVE_CLOCK: Final = ("running", "fired")
# A job that is due is run within seconds: a clock still waiting so long after its time has lost its job.
OVERDUE_SECONDS: Final = 60
Rows = QuerySet[Case]


def _job(kind: str, of: str = "uid") -> Exists:
    key = Concat(Value(f"{kind}:"), Cast(OuterRef(of), CharField()))
    return Exists(Job.objects.open().filter(key=key))


def _owner() -> Exists:
    return Exists(Assignment.objects.filter(case=OuterRef("pk"), ended_at__isnull=True))


def without_clock(rows: Rows) -> Rows:
    """Open, and no clock will fire."""
    return rows.filter(~Exists(Clock.objects.filter(case=OuterRef("pk"), state__in=LIVE_CLOCK)))


def without_owner(rows: Rows) -> Rows:
    """In work by its status, and nobody has it."""
    return rows.filter(~_owner(), status__in=OWNED_CASE)


def without_queue(rows: Rows) -> Rows:
    """Waits for an owner, and no job looks for one."""
    return rows.filter(~_job("assign"), status=CaseStatus.TRIAGED)


def never_triaged(rows: Rows) -> Rows:
    """Left before triage: intake and reopening triage in the same transaction, so none stands there."""
    return rows.filter(status__in=[CaseStatus.NEW, CaseStatus.REOPENED])


def with_dead_owner(rows: Rows) -> Rows:
    """Owned by somebody whose account is closed."""
    gone = Assignment.objects.filter(case=OuterRef("pk"), ended_at__isnull=True, owner__is_active=False)
    return rows.filter(Exists(gone), status__in=OWNED_CASE)


VIEWS: Final[dict[str, Callable[[Rows], Rows]]] = {
    "no_clock": without_clock,
    "no_owner": without_owner,
    "no_queue": without_queue,
    "not_triaged": never_triaged,
    "owner_gone": with_dead_owner,
}


def cases(kind: str) -> Rows:
    """The forgotten ones of one kind."""
    return VIEWS[kind](Case.objects.filter(status__in=OPEN_CASE))


def silent_clocks() -> QuerySet[Clock]:
    """Clocks whose time has passed, or that are late and not met, and that no job would tell of again."""
    passed = Now() - timedelta(seconds=OVERDUE_SECONDS)
    due = Q(state="running", due_at__lt=passed) | Q(state="fired")
    key = Concat(Value("clock:"), Cast(OuterRef("uid"), CharField()))
    return Clock.objects.filter(due, case__status__in=OPEN_CASE).filter(~Exists(Job.objects.open().filter(key=key)))


def counts() -> dict[str, int]:
    """How many of each kind: all zero, or something is broken (one statement)."""
    found = dict.fromkeys([*VIEWS, "clock_silent"], 0)
    with connection.cursor() as cursor:
        cursor.execute(*_asked())
        for (kind,) in cursor.fetchall():
            found[kind] += 1
    return found


@cache
def _asked() -> tuple[str, tuple[Any, ...]]:
    """What is asked is always the same, and putting it into words takes longer than answering it: done once."""
    every: dict[str, QuerySet[Any]] = {kind: cases(kind) for kind in VIEWS} | {"clock_silent": silent_clocks()}
    asked = [rows.order_by().annotate(of_kind=Value(kind)).values_list("of_kind") for kind, rows in every.items()]
    return asked[0].union(*asked[1:], all=True).query.sql_with_params()
