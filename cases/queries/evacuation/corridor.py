"""One corridor as its planner reads it: its stops in order, its windows with their convoys."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cases.actors import Staff
from cases.models import Corridor, Stop
from cases.queries.evacuation.board import HOME_ZONE, WindowLine, windows_of

SHOWN = 60


@dataclass(frozen=True, slots=True)
class CorridorPage:
    """`zone` is where people stand who are told the times."""

    corridor: Corridor
    zone: ZoneInfo
    stops: list[Stop]
    windows: list[WindowLine]


def zone_of_corridor(corridor: Corridor) -> ZoneInfo:
    """The zone of the first stop (one statement)."""
    first = corridor.stops.select_related("place").order_by("seq").first()
    return ZoneInfo(first.place.time_zone) if first else HOME_ZONE


def corridor_page(corridor: Corridor, *, by: Staff) -> CorridorPage:
    """A corridor with the windows that have not long ended, in a constant number of statements."""
    stops = list(corridor.stops.select_related("place").order_by("seq"))
    zone = ZoneInfo(stops[0].place.time_zone) if stops else HOME_ZONE
    return CorridorPage(corridor, zone, stops, windows_of(by, corridor=corridor)[:SHOWN])
