"""The coordinators' queue: which cases, in which order, and what one line says of each.

Keyset-paged by (priority, -points, opened_at, id), never counted exactly, in a constant number of statements.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import get_language

from cases.actors import Staff
from cases.enums import OPEN_CASE, OPEN_NEED, CaseStatus, ClockState, PlaceKind, PriorityClass
from cases.models import Assignment, CallCase, Case, Clock, Need, Person, Place, Score, TriageRules
from cases.queries import chosen, clocks, headcount
from cases.queries.triage import reasons_in_words

PAGE: Final = 50
TALLY_CAP: Final = 100
UNASSIGNED: Final = (CaseStatus.NEW, CaseStatus.TRIAGED, CaseStatus.REOPENED)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR: Final = re.compile(r"(P[1-4])-(\d{1,5})-(\d{1,16})-(\d{1,18})")

Rows = QuerySet[Case]


def _owned_by(actor: Staff) -> Exists:
    return Exists(Assignment.objects.filter(case=OuterRef("pk"), owner=actor.user_id, ended_at__isnull=True))


def _late() -> Exists:
    past = Q(state=ClockState.FIRED) | Q(state=ClockState.RUNNING, due_at__lte=timezone.now())
    return Exists(Clock.objects.filter(past, case=OuterRef("pk")))


def _proposed() -> Exists:
    return Exists(CallCase.objects.filter(case=OuterRef("pk"), proposes=True, call__proposal_settled_at__isnull=True))


VIEWS: Final[dict[str, Callable[[Rows, Staff], Rows]]] = {
    "unassigned": lambda rows, actor: rows.filter(status__in=UNASSIGNED),
    "mine": lambda rows, actor: rows.filter(_owned_by(actor), status__in=OPEN_CASE),
    "late": lambda rows, actor: rows.filter(_late(), status__in=OPEN_CASE),
    "proposals": lambda rows, actor: rows.filter(_proposed(), status__in=OPEN_CASE),
    "open": lambda rows, actor: rows.filter(status__in=OPEN_CASE),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked for; anything unknown in an address is left out."""

    view: str = "unassigned"
    priority: str = ""
    place: int | None = None
    after: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> "Wanted":
        view, priority, place = params.get("view", ""), params.get("class", ""), params.get("place", "")
        return cls(
            view=view if view in VIEWS else "unassigned",
            priority=priority if priority in PriorityClass.values else "",
            place=int(place) if place.isascii() and place.isdigit() and len(place) < 18 else None,
            after=params.get("after", ""),
        )


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
    place: Place | None


def shown(rows: Rows, wanted: Wanted, *, by: Staff) -> Queue:
    """One page of `rows` (already only what the actor may see)."""
    place = Place.objects.filter(pk=wanted.place).first() if wanted.place else None
    rows = VIEWS[wanted.view](rows, by)
    if wanted.priority:
        rows = rows.filter(priority=wanted.priority)
    if place is not None:
        rows = rows.filter(household__settlement__path__startswith=place.path)
    cases = list(for_queue(rows.filter(_after(wanted.after)))[: PAGE + 1])
    page = cases[:PAGE]
    after = cursor(page[-1]) if len(cases) > PAGE else ""
    return Queue(wanted, _lines(page), after, place)


def for_queue(rows: Rows) -> Rows:
    """The rows with everything a line says, in the order of urgency."""
    live = Assignment.objects.filter(ended_at__isnull=True).select_related("owner")
    return (
        rows.select_related("household__settlement")
        .annotate(proposed=_proposed())
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
    names = chosen.people_in(case.unassigned_why for case in cases)
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
    return chosen.why_nobody(case.unassigned_why, names) if case.status in UNASSIGNED else ""


def raions() -> list[Place]:
    """The raions one may narrow the queue to, by their oblasts."""
    return list(Place.objects.filter(kind=PlaceKind.RAION).order_by("path"))


def tallies(rows: Rows, *, by: Staff, beside: Mapping[str, QuerySet[Any]] = MappingProxyType({})) -> dict[str, int]:
    """How many stand in each view, and `beside` the queue, in one statement; nothing is counted past the cap."""
    wanted = {name: view(rows, by) for name, view in VIEWS.items()} | dict(beside)
    capped = [
        found.order_by().annotate(view=Value(name)).values_list("view", flat=True)[:TALLY_CAP]
        for name, found in wanted.items()
    ]
    return Counter(capped[0].union(*capped[1:], all=True))


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
