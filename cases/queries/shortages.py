"""What is short where, what could not be met and why, and where the open cases are: counts, and no names."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.actors import Staff
from cases.enums import OPEN_CASE, OPEN_NEED, Direction, NeedStatus, PriorityClass
from cases.models import Case, EvacuationRequest, Need, NeedType, Person, Place, SiteNeed, UnmetReason
from cases.planning.outlines import chart

SHOWN: Final = 200
SITE_FROM: Final = 5  # households with one shortage in one settlement are one site need (docs/triage.md)
LOOK_BACK: Final = timedelta(days=30)
MARKS: Final = {"P1": "■", "P2": "▲", "P3": "●", "P4": "○"}


@dataclass(frozen=True, slots=True)
class Shortage:
    """One need in one settlement; `people` at least, `days` until the first of them has nothing left (0: now).

    `site`: the site need it was made one of, `apart`: how many households' needs stand outside it.
    """

    settlement: Place
    type: NeedType
    households: int
    people: int
    soonest: datetime
    days: int
    site: SiteNeed | None
    apart: int

    @property
    def may_be_gathered(self) -> bool:
        return self.apart > 0 if self.site else self.apart >= SITE_FROM


@dataclass(frozen=True, slots=True)
class Spot:
    """The open cases of one settlement, or of all that stand at one point of the map."""

    place: Place
    cases: int
    priority: str
    label: str
    mark: str
    x: float = 0
    y: float = 0
    radius: float = 0


def _told(by: Staff) -> QuerySet[Need]:
    """Needs that may be told of in a report: nothing of a protected household, and no protected need."""
    rows = Need.objects.visible_to(by)
    return rows.filter(case__household__protected=False, type__protected=False)


def shortages(by: Staff) -> list[Shortage]:
    """The open needs that run out, by settlement and need, the soonest first: SHOWN, and one more if there are more."""
    counted = Person.objects.filter(household=OuterRef("case__household"), merged_into__isnull=True).order_by()
    people = Subquery(counted.values("household").annotate(n=Count("pk")).values("n"))
    rows = (
        _told(by)
        .filter(
            status__in=OPEN_NEED,
            lasts_until__isnull=False,
            case__status__in=OPEN_CASE,
            case__household__settlement__isnull=False,
        )
        .annotate(at_least=Coalesce("case__household__headcount_low", people, Value(0)))
        .values("type", settlement=F("case__household__settlement"))
        .annotate(
            households=Count("case__household", distinct=True),
            people=Sum("at_least"),
            soonest=Min("lasts_until"),
            apart=Count("pk", filter=Q(site_need__isnull=True)),
        )
        .order_by("soonest", "settlement", "type")[: SHOWN + 1]
    )
    found: list[Any] = list(rows)
    now = timezone.now()
    places = Place.objects.in_bulk([row["settlement"] for row in found])
    types = NeedType.objects.in_bulk([row["type"] for row in found], field_name="code")
    standing = {(site.settlement_id, site.type_id): site for site in SiteNeed.objects.visible_to(by).open()}
    return [_shortage(row, places, types, standing, now) for row in found]


def _shortage(
    row: dict[str, Any],
    places: dict[int, Place],
    types: dict[str, NeedType],
    standing: dict[tuple[int, str], SiteNeed],
    now: datetime,
) -> Shortage:
    return Shortage(
        settlement=places[row["settlement"]],
        type=types[row["type"]],
        households=row["households"],
        people=row["people"],
        soonest=row["soonest"],
        days=max((row["soonest"] - now).days, 0),
        site=standing.get((row["settlement"], row["type"])),
        apart=row["apart"],
    )


def unmet(by: Staff) -> list[tuple[str, list[int], int]]:
    """Needs of the last 30 days that ended unmet: by reason, for each direction and for none, and together."""
    latest = EvacuationRequest.objects.filter(case=OuterRef("case")).order_by("-pk")
    rows = (
        _told(by)
        .filter(status=NeedStatus.UNMET, observed_at__gte=timezone.now() - LOOK_BACK)
        .annotate(way=Coalesce(Subquery(latest.values("direction")[:1]), Value("")))
        .values_list("reason", "way")
        .annotate(count=Count("pk"))
        .order_by()
    )
    counts: dict[str, dict[str, int]] = {}
    for reason, way, count in rows:
        counts.setdefault(reason, {})[way] = count
    ways = (*Direction.values, "")
    return [
        (reason.label, [counts[reason.code].get(way, 0) for way in ways], sum(counts[reason.code].values()))
        for reason in UnmetReason.objects.all()
        if reason.code in counts
    ]


def spots(by: Staff) -> list[Spot]:
    """The open cases by settlement, the most urgent and the most first: as many as the queue shows there."""
    rows = (
        Case.objects.visible_to(by)
        .filter(status__in=OPEN_CASE, household__settlement__isnull=False)
        .values("household__settlement")
        .annotate(count=Count("pk"), first=Min("priority"))
        .order_by("first", "-count")
    )
    found = list(rows)
    places = Place.objects.select_related("parent").in_bulk([row["household__settlement"] for row in found])
    return [_spot(places[row["household__settlement"]], row["count"], row["first"]) for row in found]


def _spot(place: Place, count: int, priority: str, x: float = 0, y: float = 0) -> Spot:
    label = str(PriorityClass(priority).label)
    return Spot(place, count, priority, label, MARKS[priority], x, y, round(min(7 + 2 * math.sqrt(count), 34), 1))


def on_the_map(found: list[Spot]) -> list[Spot]:
    """Spots with their circles, the large ones first so that the small lie on top.

    Settlements placed at the middle of their raion stand at one point: they become one circle, named as the raion.
    """
    at: dict[tuple[float, float], list[Spot]] = {}
    for spot in found:
        if spot.place.longitude is not None and spot.place.latitude is not None:
            point = chart().point(float(spot.place.longitude), float(spot.place.latitude))
            at.setdefault(point, []).append(spot)
    circles = [
        _spot(_one_of(together), sum(s.cases for s in together), min(s.priority for s in together), x, y)
        for (x, y), together in at.items()
    ]
    return sorted(circles, key=lambda circle: -circle.radius)


def off_the_map(found: list[Spot]) -> int:
    """How many cases stand in settlements whose position is not known."""
    return sum(spot.cases for spot in found if spot.place.longitude is None or spot.place.latitude is None)


def _one_of(together: list[Spot]) -> Place:
    first = together[0].place
    return first if len(together) == 1 or first.parent is None else first.parent
