"""Who waits for a seat and where there is room, read in a constant number of statements, whatever their number."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.enums import (
    OPEN_CASE,
    OPEN_CONVOY,
    PLACE_OF,
    SEAT_TAKES_PLACE,
    SEEKS_SEATS,
    CorridorStatus,
    EvacuationStatus,
    FitToTravel,
    Presence,
    PriorityClass,
    SeatKind,
)
from cases.models import (
    Convoy,
    Decision,
    EvacuationRequest,
    Leg,
    Person,
    Place,
    Score,
    Seat,
    Stop,
    Traveller,
    TravelTie,
)
from cases.models.evacuation import PLACES
from cases.planning.private_cars import Rider, must_not_ride
from cases.planning.safe_hours import DEFAULT_ZONE
from cases.planning.seating import Halt, Load, Part, Party, Room, Spot
from cases.queries.aboard import without_a_place
from cases.queries.private_cars import left_apart, on_leg
from cases.queries.triage import rules_in_force

# Of a window's places, in hundredths, so many may be held for people whom nobody has checked: floods of hoaxes.
UNVERIFIED_PERCENT: Final = 20
# What makes a case immediate and is no matter for a medic. Every other reason, one that is hidden or none at all, is.
NOT_MEDICAL: Final = frozenset(
    """no_water_24_hours ordnance_where_people_pass broke_off_with_explosions unaccompanied_child""".split()
)
NOT_FIT: Final = {FitToTravel.NOT_FIT: "not_fit", FitToTravel.WITH_MEDIC: "with_medic"}


# --- who travels -----------------------------------------------------------------------------------------------------


def going(requests: Collection[int]) -> QuerySet[Traveller]:
    """Who travels: of the travellers those who are with their household and have not said that they stay."""
    last = Decision.objects.filter(request=OuterRef("request"), person=OuterRef("person")).order_by("-pk")
    return (
        Traveller.objects.filter(request__in=requests, person__merged_into__isnull=True)
        .filter(person__presence=Presence.WITH_HOUSEHOLD)
        .annotate(goes=Coalesce(Subquery(last.values("goes")[:1]), Value(True)))
        .filter(goes=True)
    )


def kind_of(traveller: Traveller, person: Person) -> str:
    """The kind of place somebody needs: whoever may only lie, by a medic's word, lies."""
    return SeatKind.STRETCHER if person.fit_to_travel == FitToTravel.STRETCHER else traveller.kind


def tied(requests: Collection[int]) -> set[int]:
    """These requests and all that travel with them or not at all: ties of ties too, of those that seek seats."""
    found, fresh = set(requests), set(requests)
    while fresh:
        seeks = Q(first__status__in=SEEKS_SEATS, second__status__in=SEEKS_SEATS)
        ties = TravelTie.objects.filter(Q(first__in=fresh) | Q(second__in=fresh)).filter(seeks)
        both = {pk for pair in ties.values_list("first", "second") for pk in pair}
        fresh = both - found
        found |= both
    return found


def waiting(direction: str, before: tuple[str, datetime, int] | None = None) -> QuerySet[EvacuationRequest]:
    """The waiting list of a direction; `before`: who comes before a party of this rank."""
    rows = EvacuationRequest.objects.filter(
        status=EvacuationStatus.WAITING_LIST, direction=direction, case__status__in=OPEN_CASE
    )
    # Who is said to be aboard already is offered no other place.
    rows = rows.exclude(Exists(without_a_place().filter(traveller__request=OuterRef("pk"))))
    if before is None:
        return rows
    priority, since, _key = before
    return rows.filter(Q(case__priority__lt=priority) | Q(case__priority=priority, waiting_since__lte=since))


def parties(requests: Collection[int]) -> list[Party]:
    """The parties these requests belong to, the most urgent class first, then who has waited longest."""
    every = tied(requests)
    rows = list(
        EvacuationRequest.objects.filter(pk__in=every)
        .order_by("pk")
        .values(
            *("pk", "case", "direction", "earliest", "latest", "animals", "luggage", "verified_at", "waiting_since"),
            *("case__status", "case__priority", "case__household__cannot_reach_point", "case__household__settlement"),
        )
    )
    facts = _Facts(rows)
    return sorted((facts.party(group) for group in _groups(rows)), key=lambda party: party.rank)


def party_of(request: int) -> Party:
    """The party of one request."""
    return parties([request])[0]


def _groups(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows that are tied, together."""
    keys = [row["pk"] for row in rows]
    group = {pk: {pk} for pk in keys}
    ties = TravelTie.objects.filter(first__in=keys, second__in=keys, first__status__in=SEEKS_SEATS)
    for one, other in ties.filter(second__status__in=SEEKS_SEATS).values_list("first", "second"):
        if group[one] is not group[other]:
            group[one] |= group[other]
            for pk in group[other]:
                group[pk] = group[one]
    by_key = {row["pk"]: row for row in rows}
    return [[by_key[pk] for pk in sorted(keys)] for keys in {id(keys): keys for keys in group.values()}.values()]


class _Facts:
    """What hangs on requests, read for all of them at once."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        keys = [row["pk"] for row in rows]
        self.loads: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.barred: dict[int, set[str]] = defaultdict(set)
        self.seated: dict[int, set[int]] = defaultdict(set)
        self.riders: dict[int, list[Rider]] = defaultdict(list)
        self.fit_unknown: set[int] = set()
        self.spots = spots({row["case__household__settlement"] for row in rows})
        self._seats(keys)
        self._people(keys)
        doubtful = [row for row in rows if row["pk"] in self.fit_unknown and row["case__priority"] == PriorityClass.P1]
        self.medical = medical({row["case"] for row in doubtful})

    def _seats(self, keys: list[int]) -> None:
        taken = Seat.objects.filter(traveller__request__in=keys, status__in=SEAT_TAKES_PLACE)
        for request, convoy in taken.values_list("traveller__request", "convoy").distinct():
            self.seated[request].add(convoy)

    def _people(self, keys: list[int]) -> None:
        """Who they are, and who of them has no seat yet, by the kind of place they need."""
        taken = Seat.objects.filter(person=OuterRef("person"), status__in=SEAT_TAKES_PLACE)
        rows = going(keys).annotate(sits=Subquery(taken.values("traveller__request")[:1]))
        facts = ("request", "sits", "kind", "person__fit_to_travel", "person__age_band", "person__sex")
        for request, sits, kind, fit, *rider, people in rows.values_list(*facts).annotate(Count("pk")).order_by():
            self.riders[request] += [Rider(*rider)] * people
            if fit in NOT_FIT:
                self.barred[request].add(NOT_FIT[fit])
            elif fit == FitToTravel.UNKNOWN:
                self.fit_unknown.add(request)
            if sits is None:
                kind = SeatKind.STRETCHER if fit == FitToTravel.STRETCHER else kind
                self.loads[request][PLACE_OF[SeatKind(kind)]] += people
            elif sits != request:
                self.barred[request].add("elsewhere")

    def party(self, rows: list[dict[str, Any]]) -> Party:
        parts = tuple(self._part(row) for row in rows)
        barred = {code for row in rows for code in self._barred(row)}
        only = {convoy for row in rows for convoy in self.seated.get(row["pk"], ())}
        if len({part.direction for part in parts}) > 1:
            barred.add("two_ways")
        if len(only) > 1:
            barred.add("two_convoys")
        rank = min((row["case__priority"], row["waiting_since"], row["pk"]) for row in rows)
        return Party(parts, rank, frozenset(only), frozenset(barred))

    def _part(self, row: dict[str, Any]) -> Part:
        load = self.loads.get(row["pk"], {})
        first = {} if self.seated.get(row["pk"]) or not load else {k: row[k] for k in ("animals", "luggage")}
        return Part(
            request=row["pk"],
            home=self.spots.get(row["case__household__settlement"]),
            load=Load(**load, **first),
            direction=row["direction"],
            earliest=row["earliest"],
            latest=row["latest"],
            verified=row["verified_at"] is not None,
            apart=must_not_ride(self.riders[row["pk"]]),
        )

    def _barred(self, row: dict[str, Any]) -> Iterable[str]:
        yield from self.barred.get(row["pk"], ())
        if row["case__status"] not in OPEN_CASE:
            yield "closed"
        if not row["direction"]:
            yield "direction"
        if row["case__household__settlement"] is None:
            yield "settlement"
        if row["case__household__cannot_reach_point"]:
            yield "cannot_reach"
        if row["case"] in self.medical:
            yield "medical"
        if not self.loads.get(row["pk"]) and not self.seated.get(row["pk"]):
            yield "nobody"


def medical(cases: Collection[int]) -> set[int]:
    """Of cases of the class P1 those that are so for a medical reason, as far as anybody can tell.

    A medic decides whether they are fit to travel. Hidden reasons and a class set by hand are taken for medical ones.
    """
    if not cases:
        return set()
    urgent = {floor.code for floor in rules_in_force()[1].floors if floor.cls == PriorityClass.P1}
    latest = Score.objects.filter(case__in=cases).order_by("case", "-pk").distinct("case")
    found = set(cases)
    for case, by_hand, reasons in latest.values_list("case", "overridden_by", "reasons"):
        codes = {reason["code"] for reason in reasons if reason.get("protected") or reason["code"] in urgent}
        if by_hand is None and codes and codes <= NOT_MEDICAL:
            found.discard(case)
    return found


# --- where there is room ---------------------------------------------------------------------------------------------


def spots(settlements: Collection[int | None]) -> dict[int, Spot]:
    """Places as the planning reads them. A position at the centre of a raion is none."""
    rows = Place.objects.filter(pk__in={pk for pk in settlements if pk is not None})
    found = {}
    for pk, parent, north, east, rough in rows.values_list("pk", "parent", "latitude", "longitude", "approximate"):
        known = not rough and north is not None and east is not None
        found[pk] = Spot(pk, parent, (float(north), float(east)) if known else None)
    return found


def open_convoys(now: datetime | None = None) -> QuerySet[Convoy]:
    """Convoys people may be given seats on, the earliest first."""
    return Convoy.objects.filter(
        status__in=OPEN_CONVOY, window__corridor__status=CorridorStatus.OPEN, departs_at__gt=now or timezone.now()
    ).order_by("departs_at", "pk")


def rooms(convoys: QuerySet[Convoy]) -> list[Room]:
    """What is left on convoys, in their order. Where a leg has fewer places than people nothing more gets on."""
    rows = list(convoys.select_related("window"))
    stops: dict[int, list[Stop]] = defaultdict(list)
    corridors = {row.window.corridor_id for row in rows}
    for stop in Stop.objects.filter(corridor__in=corridors).select_related("place").order_by("corridor", "seq"):
        stops[stop.corridor_id].append(stop)
    where = spots({stop.place_id for every in stops.values() for stop in every})
    left: dict[int, dict[int, Load]] = defaultdict(dict)
    legs = Leg.objects.filter(convoy__in=[row.pk for row in rows]).annotate(shared=Exists(on_leg()))
    shared = []
    for leg in legs.order_by("convoy", "seq"):
        left[leg.convoy_id][leg.seq] = free(leg)
        shared += [leg] if leg.shared else []
    apart = left_apart(shared, going)
    return [_room(row, stops[row.window.corridor_id], where, left[row.pk], apart.get(row.pk, {})) for row in rows]


def free(leg: Leg) -> Load:
    """What a leg has left."""
    if leg.over_since is not None:
        return Load()
    return Load(*(getattr(leg, kind) - getattr(leg, f"{kind}_taken") for kind in Load._fields))


def _room(
    convoy: Convoy, stops: list[Stop], where: dict[int, Spot], left: dict[int, Load], apart: dict[int, Load]
) -> Room:
    zone = ZoneInfo(stops[0].place.time_zone if stops else DEFAULT_ZONE)
    assert convoy.departs_at is not None
    return Room(
        convoy=convoy.pk,
        window=convoy.window_id,
        direction=convoy.window.direction,
        day=convoy.departs_at.astimezone(zone).date(),
        departs_at=convoy.departs_at,
        halts=tuple(Halt(stop.seq, where[stop.place_id]) for stop in stops),
        left=left,
        apart=apart,
    )


def unverified_left(windows: Collection[int]) -> dict[int, int]:
    """How many people nobody has checked may still be given places, by window; read under the lock of its legs.

    A window has as many places for people as its convoys have, each counted at its widest leg.
    """
    widest: dict[tuple[int, int], int] = defaultdict(int)
    legs = Leg.objects.filter(convoy__window__in=windows, convoy__status__in=OPEN_CONVOY)
    for window, convoy, *places in legs.values_list("convoy__window", "convoy", "seats", "wheelchairs", "stretchers"):
        widest[window, convoy] = max(widest[window, convoy], sum(places))
    found = dict.fromkeys(windows, 0)
    for (window, _convoy), places_there in widest.items():
        found[window] += places_there
    taken = Seat.objects.filter(
        convoy__window__in=windows, status__in=SEAT_TAKES_PLACE, traveller__request__verified_at__isnull=True
    )
    counts = dict(taken.values_list("convoy__window").annotate(people=Count("pk")).order_by())
    return {pk: total * UNVERIFIED_PERCENT // 100 - counts.get(pk, 0) for pk, total in found.items()}


def needs(seats: Iterable[Seat]) -> dict[str, int]:
    """The places these people and what they bring take, by kind."""
    found = dict.fromkeys(PLACES, 0)
    for seat in seats:
        found[PLACE_OF[SeatKind(seat.kind)]] += 1
        found["animals"] += seat.animals
        found["luggage"] += seat.luggage
    return found
