"""The views of the queue: which cases stand in each, who may open it, and under which heading it hangs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.actors import Staff
from cases.enums import NEVER_ARRIVED, NOT_ACTED_ON, OPEN_CASE, PROMISED, CaseStatus, ClockState, Role
from cases.models import Assignment, CallCase, Case, Clock, Message, Note, Observation, SpecificNeed, Written

Rows = QuerySet[Case]
UNASSIGNED: Final = (CaseStatus.NEW, CaseStatus.TRIAGED, CaseStatus.REOPENED)
LIVE: Final = (ClockState.RUNNING, ClockState.FIRED)
DUE_SOON: Final = timedelta(hours=2)
SILENT_AFTER: Final = timedelta(hours=24)
ALONE: Final = ("child_alone", "child_with_strangers")  # triage takes both for a child without its people
SEPARATED: Final = ("SC", "SC-CH")


@dataclass(frozen=True, slots=True)
class View:
    """`hot` counts call for somebody at once. A view with `roles` does not exist for anybody else."""

    label: str | Promise
    group: str
    narrow: Callable[[Rows, Staff], Rows]
    hot: bool = False
    roles: frozenset[str] = frozenset()


def proposed() -> Exists:
    """A doubtful caller wants something changed."""
    return Exists(CallCase.objects.filter(case=OuterRef("pk"), proposes=True, call__proposal_settled_at__isnull=True))


def _owned_by(actor: Staff) -> Exists:
    return Exists(Assignment.objects.filter(case=OuterRef("pk"), owner=actor.user_id, ended_at__isnull=True))


def _not_acted_on(rows: Rows, actor: Staff) -> Rows:
    return rows.filter(priority="P1", status__in=NOT_ACTED_ON)


def _promised(rows: Rows, actor: Staff) -> Rows:
    """What was promised is due within two hours, or was not kept."""
    soon = timezone.now() + DUE_SOON
    due = Clock.objects.filter(case=OuterRef("pk"), kind__in=PROMISED, state__in=LIVE, due_at__lte=soon)
    return rows.filter(Exists(due), status__in=OPEN_CASE)


def _late(rows: Rows, actor: Staff) -> Rows:
    past = Q(state=ClockState.FIRED) | Q(state=ClockState.RUNNING, due_at__lte=timezone.now())
    return rows.filter(Exists(Clock.objects.filter(past, case=OuterRef("pk"))), status__in=OPEN_CASE)


def _silent(rows: Rows, actor: Staff) -> Rows:
    """For a day nobody called or wrote, was called or written to, and nobody noted anything."""
    since = timezone.now() - SILENT_AFTER
    of_case = OuterRef("pk")
    return rows.filter(
        ~Exists(CallCase.objects.filter(case=of_case, call__heard_at__gte=since)),
        ~Exists(Note.objects.filter(case=of_case, created_at__gte=since)),
        ~Exists(Written.objects.filter(case=of_case, at__gte=since)),
        ~Exists(Message.objects.filter(case=of_case, reach__isnull=False, sent_at__gte=since)),
        status__in=OPEN_CASE,
        opened_at__lt=since,
    )


def _not_told(rows: Rows, actor: Staff) -> Rows:
    """A message about the case did not get through, and since then nobody spoke or wrote with them."""
    of_case, then = OuterRef("case"), OuterRef("created_at")
    lost = Message.objects.filter(
        ~Exists(CallCase.objects.filter(case=of_case, call__heard_at__gte=then)),
        ~Exists(Written.objects.filter(case=of_case, at__gte=then, state__in=("received", "sent"))),
        ~Exists(Message.objects.filter(case=of_case, reach__isnull=False, sent_at__gte=then)),
        case=OuterRef("pk"),
        reach__isnull=False,
        status__in=NEVER_ARRIVED,
    )
    return rows.filter(Exists(lost), status__in=OPEN_CASE)


def _to_protect(rows: Rows, actor: Staff) -> Rows:
    """Protected households and children without their people, whom nobody owns."""
    newer = Observation.objects.filter(
        case=OuterRef("case"), code=OuterRef("code"), cleared_at__isnull=True, pk__gt=OuterRef("pk")
    ).filter(Q(person=OuterRef("person")) | Q(person__isnull=True))
    alone = Observation.objects.filter(
        ~Exists(newer), case=OuterRef("pk"), code__code__in=ALONE, cleared_at__isnull=True, value__gt=0
    )
    separated = SpecificNeed.objects.filter(
        person__household=OuterRef("household"), person__merged_into__isnull=True, code__code__in=SEPARATED
    )
    return rows.filter(Q(household__protected=True) | Exists(alone) | Exists(separated), status__in=UNASSIGNED)


# The most urgent first, within each heading and across them.
GROUPS: Final = {"now": _("Now"), "mine": _("Mine"), "still": _("At a standstill"), "all": _("Everything")}
VIEWS: Final[dict[str, View]] = {
    "p1": View(_("P1 not acted on"), "now", _not_acted_on, hot=True),
    "protection": View(_("To protect, no owner"), "now", _to_protect, hot=True, roles=frozenset({Role.PROTECTION})),
    "unassigned": View(_("Unassigned"), "now", lambda rows, actor: rows.filter(status__in=UNASSIGNED), hot=True),
    "promises": View(_("Promises due"), "now", _promised, hot=True),
    "late": View(_("Late"), "now", _late, hot=True),
    "untold": View(_("Not told about a change"), "now", _not_told, hot=True),
    "mine": View(_("My cases"), "mine", lambda rows, actor: rows.filter(_owned_by(actor), status__in=OPEN_CASE)),
    "access": View(_("Waiting for access"), "still", lambda rows, actor: rows.filter(status=CaseStatus.WAITING_ACCESS)),
    "silent": View(_("No contact for 24 h"), "still", _silent),
    "proposals": View(
        _("Proposals to settle"), "still", lambda rows, actor: rows.filter(proposed(), status__in=OPEN_CASE)
    ),
    "open": View(_("All open"), "all", lambda rows, actor: rows.filter(status__in=OPEN_CASE)),
}


def views_for(by: Staff) -> dict[str, View]:
    """The views that exist for this actor."""
    return {name: view for name, view in VIEWS.items() if not view.roles or view.roles & by.roles}
