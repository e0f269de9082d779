"""The coordinators' queue: which cases, in which order, and what one line says of each.

Keyset-paged by (priority, -points, opened_at, id), never counted exactly, in a constant number of statements.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.actors import Staff
from cases.enums import OPEN_NEED
from cases.models import Assignment, Case, Clock, Need, Person, Score, TriageRules, User
from cases.queries import clocks, headcount
from cases.queries.queue.choices import Choice, Choices, choices
from cases.queries.queue.views import GROUPS, UNASSIGNED, VIEWS, Rows, View, proposed, views_for
from cases.queries.queue.wanted import Wanted
from cases.queries.triage import reasons_in_words

__all__ = [
    "GROUPS",
    "PAGE",
    "VIEWS",
    "Choice",
    "Choices",
    "Line",
    "Queue",
    "View",
    "Wanted",
    "choices",
    "cursor",
    "for_queue",
    "latest_scores",
    "narrowed",
    "owners_of",
    "shown",
    "tallies",
    "views_for",
    "why_unassigned",
]
PAGE: Final = 50
TALLY_CAP: Final = 100
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR: Final = re.compile(r"(P[1-4])-(\d{1,5})-(\d{1,16})-(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Line:
    """One case in the queue."""

    case: Case
    opened: str
    size: str
    needs: list[str]
    reason: str
    clock: clocks.ClockFace | None
    owner: str
    why: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of it; `after` is the cursor of the next page, empty on the last."""

    wanted: Wanted
    lines: list[Line]
    after: str


def shown(rows: Rows, wanted: Wanted, *, by: Staff) -> Queue:
    """One page of `rows` (already only what the actor may see)."""
    rows = narrowed(VIEWS[wanted.view].narrow(rows, by), wanted)
    cases = list(for_queue(rows.filter(_after(wanted.after)))[: PAGE + 1])
    page = cases[:PAGE]
    after = cursor(page[-1]) if len(cases) > PAGE else ""
    return Queue(wanted, _lines(page), after)


def narrowed(rows: Rows, wanted: Wanted) -> Rows:
    """What the filters leave of a view. A path holds the keys of all places above, so no place is looked up first."""
    if wanted.priority:
        rows = rows.filter(priority=wanted.priority)
    if wanted.waiting:
        rows = rows.filter(status=wanted.waiting)
    if wanted.place:
        rows = rows.filter(household__settlement__path__contains=f"/{wanted.place}/")
    if wanted.need:
        needs = Need.objects.filter(
            case=OuterRef("pk"), type__code=wanted.need, type__protected=False, status__in=OPEN_NEED
        )
        rows = rows.filter(Exists(needs))
    return rows


def for_queue(rows: Rows) -> Rows:
    """The rows with everything a line says, in the order of urgency."""
    live = Assignment.objects.filter(ended_at__isnull=True).select_related("owner")
    return (
        rows.select_related("household__settlement")
        .annotate(proposed=proposed())
        .prefetch_related(
            Prefetch("clocks", Clock.objects.filter(state__in=clocks.LIVE)),
            Prefetch("assignments", live),
            Prefetch("needs", Need.objects.filter(status__in=OPEN_NEED).select_related("type").order_by("type__sort")),
            Prefetch("scores", latest_scores()),
            Prefetch("household__people", _people()),
        )
        .order_by("priority", "-points", "opened_at", "pk")
    )


def latest_scores() -> QuerySet[Score]:
    """The last score of each case, with its rules; the sealed facts stay in the database."""
    return (
        Score.objects.defer("facts")
        .order_by("case_id", "-pk")
        .distinct("case_id")
        .prefetch_related(Prefetch("rules", TriageRules.objects.defer("body")))
    )


def _people() -> QuerySet[Person]:
    seen = ("household_id", "age_band", "mobility", "presence", "pregnancy_week")
    return Person.objects.filter(merged_into__isnull=True).only(*seen)


def _lines(cases: list[Case]) -> list[Line]:
    now, language = timezone.now(), get_language() or "en"
    full = {pk for case in cases for pk in case.unassigned_why.get("full", [])}
    names = dict(User.objects.filter(pk__in=full).values_list("pk", "name"))
    return [_line(case, names, now, language) for case in cases]


def _line(case: Case, names: dict[int, str], now: datetime, language: str) -> Line:
    people = list(case.household.people.all())
    scores, owners = list(case.scores.all()), list(case.assignments.all())
    reasons = reasons_in_words(scores[0] if scores else None, language)
    ticking = clocks.faces(case.clocks.all(), now)
    return Line(
        case=case,
        opened=clocks.moment(case.opened_at),
        size=", ".join([headcount.in_words(case.household, people), *headcount.traits(people)]),
        needs=[need.type.label for need in case.needs.all()],
        reason=reasons[0] if reasons else "",
        clock=ticking[0] if ticking else None,
        owner=owners[0].owner.name if owners else "",
        why="" if owners else why_unassigned(case, names),
    )


def why_unassigned(case: Case, names: Mapping[int, str]) -> str:
    """Why nobody owns it, in words; `names` of the people the machine found full."""
    why: dict[str, Any] = case.unassigned_why
    if case.status not in UNASSIGNED:
        return ""
    if not why:
        return _("New")
    if not why.get("on_duty"):
        return _("No coordinator is on duty")
    if not why.get("covering"):
        return _("Nobody on duty covers this place")
    full = ", ".join(names.get(pk, "?") for pk in why.get("full", []))
    return _("Have no room: %(names)s") % {"names": full}


def tallies(rows: Rows, *, by: Staff, beside: Mapping[str, QuerySet[Any]] = MappingProxyType({})) -> dict[str, int]:
    """How many stand in each view, and `beside` the queue, in one statement; nothing is counted past the cap."""
    wanted = {name: view.narrow(rows, by) for name, view in views_for(by).items()} | dict(beside)
    capped = [
        found.order_by().annotate(view=Value(name)).values_list("view", flat=True)[:TALLY_CAP]
        for name, found in wanted.items()
    ]
    return Counter(capped[0].union(*capped[1:], all=True))


def owners_of(rows: Rows, uids: list[str]) -> dict[str, tuple[int, str]]:
    """Who owns each of these cases now (key and name), as far as `rows` may be seen; one statement."""
    live = Assignment.objects.filter(case__in=rows.filter(uid__in=uids), ended_at__isnull=True)
    return {str(uid): (key, name) for uid, key, name in live.values_list("case__uid", "owner", "owner__name")}


def cursor(case: Case) -> str:
    """Where a page ended."""
    opened = (case.opened_at - EPOCH) // timedelta(microseconds=1)
    return f"{case.priority}-{case.points}-{opened}-{case.pk}"


def _after(place: str) -> Q:
    found = CURSOR.fullmatch(place)
    if found is None:
        return Q()
    priority, points, opened, pk = found.group(1), *map(int, found.groups()[1:])
    at = EPOCH + timedelta(microseconds=opened)
    same_points = Q(opened_at__gt=at) | Q(opened_at=at, pk__gt=pk)
    same_class = Q(points__lt=points) | Q(points=points) & same_points
    return Q(priority__gt=priority) | Q(priority=priority) & same_class
