"""What is stored as the planner of all convoys reads it: who is planned, who keeps what they have, who is left out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from django.db.models import Q
from django.utils import timezone

from cases import policy
from cases.actors import Staff
from cases.enums import OPEN_CASE, PLACE_OF, SEAT_TAKES_PLACE, SEEKS_SEATS, SeatStatus
from cases.models import EvacuationRequest, Leg, Seat
from cases.planning import allocation
from cases.planning.seating import Load, Party, Room, boards_at
from cases.planning.triage.facts import OLDER_BANDS
from cases.queries import seated, seating

# What bars the machine, the first that holds is said; those that are tied to somebody it holds for are left out too.
BARS = (
    *("closed", "unchecked", "hidden", "direction", "two_ways", "two_convoys", "elsewhere", "not_fit", "medical"),
    *("with_medic", "cannot_reach", "settlement", "convoy_closed", "nobody"),
)


@dataclass(frozen=True, slots=True)
class Groups:
    """Parties by what becomes of them. `out`: request → why the machine plans nobody of it.

    `waiting` have no places; `bound` sit in part on a convoy, where the others of them follow or wait; `held` have
    nothing but holds and may be moved, each as if it had no places. Whose places are confirmed keeps them: they are
    taken off the places, and stand in none of these.
    """

    waiting: list[Party] = field(default_factory=list)
    bound: list[Party] = field(default_factory=list)
    held: list[Party] = field(default_factory=list)
    out: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """Who seeks places and where there are some. `rooms`: open convoys with what is left on each leg.

    `before`: the convoy of each request that is held; `given_back`: what it takes there, by convoy, leg and request.
    `sits`: the convoys of every request; `lone`: requests of an older person alone; `people`: how many have no place.
    """

    now: datetime
    rows: dict[int, EvacuationRequest]
    rooms: list[Room]
    groups: Groups
    before: dict[int, int]
    given_back: Mapping[int, Mapping[int, Mapping[int, Load]]]
    sits: Mapping[int, set[int]]
    lone: set[int]
    people: dict[int, int]

    def instance(self, movable: Collection[Party]) -> allocation.Instance:
        """Everybody who waits, and these of the held ones; the others keep their places.

        A convoy stands for what is left on its tightest leg, kind by kind: whoever is seated there fits on every leg,
        wherever they get on. It may have room for more on some of its legs; the offers to those who wait find that.
        """
        parties = [*self.groups.waiting, *self.groups.bound, *movable]
        freed = {pk for party in movable for pk in party.requests}
        planned = [found for party in parties for found in self._parties(party)]
        apart = {part.request for party in movable for part in party.parts if part.apart}
        homes = {part.home.place: part.home for party in parties for part in party.parts if part.home}
        stops: dict[object, tuple[str, ...]] = {}
        for room in self.rooms:
            if room.halts not in stops:
                near = (pk for pk, home in homes.items() if boards_at(home, room.halts) is not None)
                stops[room.halts] = tuple(str(pk) for pk in near)
        convoys = (
            allocation.Convoy(
                str(room.convoy),
                room.direction,
                _noon(room.day),
                stops[room.halts],
                self._tightest(room, room.left, freed) or tuple(Load()),
                self._tightest(room, room.apart, apart),
            )
            for room in self.rooms
        )
        return allocation.Instance(self.now, tuple(convoys), tuple(planned))

    def _tightest(self, room: Room, left_on: Mapping[int, Load], freed: Collection[int]) -> tuple[int, ...] | None:
        legs = []
        for seq, left in left_on.items():
            back = [load for pk, load in self.given_back.get(room.convoy, {}).get(seq, {}).items() if pk in freed]
            legs.append([sum(kind) for kind in zip(left, *back, strict=True)])
        return tuple(max(0, min(kind)) for kind in zip(*legs, strict=True)) if legs else None

    def _parties(self, party: Party) -> Iterable[allocation.Party]:
        parts = [part for part in party.parts if part.load.people]
        (bound,) = party.only or (None,)
        for part in parts:
            row = self.rows[part.request]
            yield allocation.Party(
                id=str(part.request),
                cls=row.case.priority,
                needs=tuple(part.load),
                direction=part.direction,
                stop=str(part.home.place) if part.home else "",
                earliest=_noon(part.earliest) if part.earliest else None,
                latest=_noon(part.latest) if part.latest else None,
                together=str(min(party.requests)) if len(parts) > 1 else None,
                confirmed=None if bound is None else str(bound),
                lone_older=part.request in self.lone and len(party.parts) == 1,
                waiting_since=row.waiting_since,
                apart=part.apart,
            )


def _noon(day: date) -> datetime:
    """Days are compared as days: a convoy's is counted where its people stand already."""
    return datetime.combine(day, time(12), UTC)


def stored(by: Staff) -> Stored:
    """All that one plan is made of, where this planner may move people, in a constant number of statements."""
    paths = policy.posts_for("evacuation.apply_plan", by)
    seek = Q(status__in=SEEKS_SEATS, verified_at__isnull=False, case__status__in=OPEN_CASE)
    mine = EvacuationRequest.objects.visible_to(by).visible_in(paths).filter(status__in=SEEKS_SEATS)
    rows = {row.pk: row for row in mine.select_related("case").order_by("pk")}
    wanted = set(mine.filter(seek).values_list("pk", flat=True))
    rooms = seating.rooms(seating.open_convoys())
    taken = Seat.objects.filter(status__in=SEAT_TAKES_PLACE, traveller__request__in=rows)
    sits: dict[int, set[int]] = defaultdict(set)
    firm: set[int] = set()
    for request, convoy, status in taken.values_list("traveller__request", "convoy", "status"):
        sits[request].add(convoy)
        if status != SeatStatus.HELD:
            firm.add(request)
    parties = seating.parties(wanted)
    groups = _grouped([one for one in parties if _agrees(one, rows, sits)], rows, rooms, firm, seated.loads(taken))
    held = {pk for party in groups.held for pk in party.requests}
    return Stored(
        now=timezone.now(),
        rows=rows,
        rooms=rooms,
        groups=groups,
        before={pk: next(iter(sits[pk])) for pk in held},
        given_back=_given_back(held),
        sits=sits,
        lone=_lone(wanted),
        people={part.request: part.load.people for party in parties for part in party.parts},
    )


def _agrees(party: Party, rows: Mapping[int, EvacuationRequest], sits: Mapping[int, set[int]]) -> bool:
    """What was read one after the other is of one moment: who got or gave up places between is for the next plan."""
    if party.barred or not party.requests <= set(rows):
        return True  # nothing is planned for them in any case
    whole = bool(party.only) and not party.load.people
    there = [sits.get(pk, set()) for pk in party.requests]
    return set().union(*there) == party.only and (all(there) or not whole)


def _grouped(
    parties: Iterable[Party],
    rows: Mapping[int, EvacuationRequest],
    rooms: Collection[Room],
    firm: Collection[int],
    taken: Mapping[int, Load],
) -> Groups:
    """Sort parties; `firm`: requests with places that are no mere holds, `taken`: what requests take now."""
    open_ = {room.convoy for room in rooms}
    over = set(Leg.objects.filter(convoy__in=open_, over_since__isnull=False).values_list("convoy", flat=True))
    found = Groups()
    for party in parties:
        needy = [part for part in party.parts if part.load.people]
        bars = _bars(party, rows, open_)
        if not needy and party.only:
            if not bars and party.only <= open_ - over and not party.requests & set(firm):
                found.held.append(seated.as_new(party, taken))
        elif bars:
            found.out.update((part.request, bars[0]) for part in needy or party.parts if part.request in rows)
        else:
            (found.bound if party.only else found.waiting).append(party)
    return found


def _bars(party: Party, rows: Mapping[int, EvacuationRequest], open_: Collection[int]) -> list[str]:
    found = set(party.barred)
    if not all(part.verified for part in party.parts):
        found.add("unchecked")
    if not party.requests <= set(rows):
        found.add("hidden")
    if party.only and not party.only <= set(open_):
        found.add("convoy_closed")
    return sorted(found, key=BARS.index)


def _given_back(requests: Collection[int]) -> dict[int, dict[int, dict[int, Load]]]:
    """What these take now, by convoy, leg and request."""
    found: dict[int, dict[int, dict[int, Load]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(Load)))
    seats = Seat.objects.filter(traveller__request__in=requests, status=SeatStatus.HELD)
    fields = ("traveller__request", "convoy", "from_seq", "to_seq", "kind", "animals", "luggage")
    for request, convoy, first, last, kind, animals, luggage in seats.values_list(*fields):
        load = Load(**{PLACE_OF[kind]: 1, "animals": animals, "luggage": luggage})
        for seq in range(first, last):
            found[convoy][seq][request] = found[convoy][seq][request].plus(load)
    return found


def _lone(requests: Collection[int]) -> set[int]:
    """Requests in which one older person travels, and nobody else."""
    bands: dict[int, list[str]] = defaultdict(list)
    for request, band in seating.going(requests).values_list("request", "person__age_band"):
        bands[request].append(band)
    return {request for request, found in bands.items() if len(found) == 1 and found[0] in OLDER_BANDS}
