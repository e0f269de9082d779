"""The planner's board: windows by direction and day, how full each convoy is, and who waits where."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, Prefetch, Q, Sum
from django.utils import timezone

from cases.actors import Staff
from cases.enums import LIVE_SEAT, PLACE_OF, ConvoyStatus, Direction
from cases.models import Convoy, Corridor, EvacuationRequest, Leg, Place, Seat, Stop, Window
from cases.queries.evacuation.drivers import waiting_to_be_vetted
from cases.queries.evacuation.fills import Fill, fills
from cases.queries.evacuation.ways import Way, ways

# Windows that ended stay on the board so long: who came, who did not, is settled the day after.
STAYS: Final = timedelta(hours=36)
SHOWN: Final = 400
HOME_ZONE: Final = ZoneInfo("Europe/Kyiv")
WAITS: Final = ("registered", "verified", "waiting_list")
ARROWS: Final = {Direction.UKRAINE: "→", Direction.RUSSIA: "←"}


@dataclass(frozen=True, slots=True)
class ConvoyLine:
    """`departs` in the zone of the corridor's first stop; `parked` people wait for what becomes of a suspended one."""

    convoy: Convoy
    departs: str
    fills: list[Fill]
    households: int
    people: int
    parked: int

    @property
    def over(self) -> bool:
        return any(fill.over for fill in self.fills)


@dataclass(frozen=True, slots=True)
class WindowLine:
    window: Window
    hours: str
    convoys: list[ConvoyLine]


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    windows: list[WindowLine]


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction: its days, and how many wait for it."""

    direction: Direction
    arrow: str
    days: list[Day]
    waiting: list["Waiting"]

    @property
    def to_fetch(self) -> int:
        return sum(line.fetched for line in self.waiting)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits in one settlement for one direction: households by class, and people altogether.

    `fetched`: people of households that cannot come to a stop by themselves.
    """

    settlement: Place | None
    classes: list[int]
    households: int
    people: int
    fetched: int
    longest: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """`undecided`: households without a direction; `drivers`: how many wait to be vetted."""

    lanes: list[Lane]
    corridors: list[Corridor]
    ways: list[Way]
    undecided: int
    drivers: int


def board(by: Staff) -> Board:
    """Everything that has not ended, in a constant number of statements."""
    lines = windows_of(by)
    waiting, undecided = _waiting(by)
    lanes = [
        Lane(way, ARROWS[way], _days(line for line in lines if line.window.direction == way), waiting[way])
        for way in Direction
    ]
    stops = Prefetch("stops", Stop.objects.select_related("place").order_by("seq"))
    corridors = Corridor.objects.visible_to(by).exclude(status="closed").prefetch_related(stops).order_by("name")
    return Board(lanes, list(corridors), ways(corridors), undecided, waiting_to_be_vetted(by).count())


def windows_of(by: Staff, *, corridor: Corridor | None = None) -> list[WindowLine]:
    """Windows that have not long ended, of one corridor or of all, with their convoys (six statements)."""
    windows = _windows(by, corridor)
    seats = _seats([convoy.pk for window in windows for convoy in window.convoys.all()])
    return [_window(window, seats) for window in windows]


def _windows(by: Staff, corridor: Corridor | None) -> list[Window]:
    convoys = Convoy.objects.exclude(status=ConvoyStatus.CANCELLED).order_by("departs_at", "number")
    legs = Prefetch("legs", Leg.objects.order_by("seq"))
    stops = Prefetch("corridor__stops", Stop.objects.select_related("place").order_by("seq"))
    rows = Window.objects.visible_to(by).filter(slot__endswith__gt=timezone.now() - STAYS)
    if corridor is not None:
        rows = rows.filter(corridor=corridor)
    rows = rows.select_related("corridor").prefetch_related(stops, Prefetch("convoys", convoys.prefetch_related(legs)))
    return list(rows.order_by("slot", "pk")[:SHOWN])


def _seats(convoys: list[int]) -> dict[int, dict[str, int]]:
    """By convoy: people, households, parked people, and what is held by kind (one statement)."""
    rows = (
        Seat.objects.filter(convoy__in=convoys, status__in=LIVE_SEAT)
        .values("convoy")
        .annotate(
            people=Count("pk", filter=~Q(status="parked")),
            parked=Count("pk", filter=Q(status="parked")),
            households=Count("traveller__request", distinct=True),
            **{name: Count("pk", filter=Q(status="held", kind=kind)) for kind, name in PLACE_OF.items()},
            **{name: Sum(name, filter=Q(status="held"), default=0) for name in ("animals", "luggage")},
        )
        .order_by()
    )
    return {row.pop("convoy"): row for row in rows}


def zone_of(window: Window) -> ZoneInfo:
    """Where people stand who are told the time."""
    stops = list(window.corridor.stops.all())
    return ZoneInfo(stops[0].place.time_zone if stops else HOME_ZONE.key)


def _window(window: Window, seats: Mapping[int, dict[str, int]]) -> WindowLine:
    zone = zone_of(window)
    start, end = window.slot.lower.astimezone(zone), window.slot.upper.astimezone(zone)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d.%m %H:%M}"
    convoys = [_convoy(convoy, seats.get(convoy.pk, {}), zone) for convoy in window.convoys.all()]
    return WindowLine(window, f"{start:%H:%M}–{until}", convoys)


def _convoy(convoy: Convoy, counts: Mapping[str, int], zone: ZoneInfo) -> ConvoyLine:
    return ConvoyLine(
        convoy=convoy,
        departs=f"{convoy.departs_at.astimezone(zone):%H:%M}" if convoy.departs_at else "",
        fills=fills(convoy.legs.all(), counts),
        households=counts.get("households", 0),
        people=counts.get("people", 0),
        parked=counts.get("parked", 0),
    )


def _days(lines: Iterable[WindowLine]) -> list[Day]:
    days: dict[date, list[WindowLine]] = defaultdict(list)
    for line in lines:
        days[line.window.slot.lower.astimezone(zone_of(line.window)).date()].append(line)
    return [Day(day, rows) for day, rows in sorted(days.items())]


def _waiting(by: Staff) -> tuple[dict[Direction, list[Waiting]], int]:
    """By direction, the settlements where most wait first; and how many have not chosen a direction."""
    rows = (
        EvacuationRequest.objects.visible_to(by)
        .filter(status__in=WAITS)
        .values_list(
            *("pk", "direction", "case__household__settlement", "case__priority", "waiting_since"),
            "case__household__cannot_reach_point",
        )
        .annotate(people=Count("travellers", filter=Q(travellers__person__merged_into__isnull=True)))
    )
    at: dict[tuple[str, int | None], list[Asked]] = defaultdict(list)
    for _pk, direction, settlement, *asked in rows:
        at[direction, settlement].append(Asked(*asked))
    places: dict[Any, Place] = Place.objects.in_bulk([settlement for _, settlement in at if settlement])
    found: dict[Direction, list[Waiting]] = {way: [] for way in Direction}
    for (direction, settlement), households in at.items():
        if direction:
            found[Direction(direction)].append(_waits(places.get(settlement), households))
    for lines in found.values():
        lines.sort(key=lambda line: ([-count for count in line.classes], line.longest))
    return found, sum(len(households) for (direction, _), households in at.items() if not direction)


class Asked(NamedTuple):
    """One household that waits."""

    priority: str
    since: datetime
    to_fetch: bool
    people: int


def _waits(settlement: Place | None, asked: list[Asked]) -> Waiting:
    return Waiting(
        settlement=settlement,
        classes=[sum(one.priority == f"P{number}" for one in asked) for number in range(1, 5)],
        households=len(asked),
        people=sum(one.people for one in asked),
        fetched=sum(one.people for one in asked if one.to_fetch),
        longest=min(one.since for one in asked),
    )
