"""Private cars that take others along, and what the other vehicles have left for whoever must not ride in one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases.enums import PLACE_OF, SEAT_TAKES_PLACE, ConvoyStatus, SeatKind, SeatStatus, VehicleKind
from cases.models import Convoy, Leg, Seat, Traveller, Vehicle
from cases.models.needs import A_DAY
from cases.planning.private_cars import Rider, must_not_ride
from cases.planning.seating import Load

OVER: Final = (ConvoyStatus.RECONCILED, ConvoyStatus.CANCELLED)
STAYED: Final = (SeatStatus.NO_SHOW, SeatStatus.REFUSED, SeatStatus.RELEASED)
Going = Callable[[Any], "QuerySet[Traveller]"]


def taking_others() -> QuerySet[Vehicle]:
    """Private cars in service with places for others than those whose own car it is."""
    carries = Q(seats__gt=0) | Q(wheelchairs__gt=0) | Q(stretchers__gt=0)
    return Vehicle.objects.filter(carries, kind=VehicleKind.PRIVATE, own_of__isnull=True, out_since__isnull=True)


def driving_with(convoy: Convoy) -> QuerySet[Vehicle]:
    """Offered cars that drive already, in this convoy or on the same day in another that is not over."""
    rows = Vehicle.objects.filter(offer__isnull=False, out_since__isnull=True).exclude(convoy__status__in=OVER)
    if convoy.departs_at is None:
        return rows
    same_day = Q(convoy__departs_at__gt=convoy.departs_at - A_DAY, convoy__departs_at__lt=convoy.departs_at + A_DAY)
    return rows.filter(same_day | Q(convoy__departs_at__isnull=True) | Q(convoy=convoy))


def on_leg() -> QuerySet[Vehicle]:
    """Those of them that ride on the leg of the outer query."""
    return taking_others().filter(convoy=OuterRef("convoy"), from_seq__lte=OuterRef("seq"), to_seq__gt=OuterRef("seq"))


def left_apart(legs: Collection[Leg], going: Going) -> dict[int, dict[int, Load]]:
    """By convoy and leg, of legs with private cars: what the other vehicles have left for who must not ride in one.

    Their places without those of people who must not and sit there already; not counting who drives their own car, nor
    its places. Below zero where a bus dropped out: nobody is shed for it. Three statements, none without such legs.
    """
    convoys = {leg.convoy_id for leg in legs}
    found: dict[int, dict[int, Load]] = defaultdict(dict)
    if not convoys:
        return found
    buses = Vehicle.objects.filter(convoy__in=convoys, out_since__isnull=True).exclude(kind=VehicleKind.PRIVATE)
    have: dict[int, list[tuple[range, Load]]] = defaultdict(list)
    for convoy, first, last, *places in buses.values_list("convoy", "from_seq", "to_seq", *PLACE_OF.values()):
        have[convoy].append((range(first, last), Load(*places)))
    for convoy, first, last, kind, people in _kept_apart(convoys, going):
        have[convoy].append((range(first, last), Load(**{PLACE_OF[SeatKind(kind)]: -people})))
    for leg in legs:
        total = Load()
        for on, load in have[leg.convoy_id]:
            total = total.plus(load) if leg.seq in on else total
        found[leg.convoy_id][leg.seq] = total
    return found


def _kept_apart(convoys: Collection[int], going: Going) -> Iterable[tuple[Any, ...]]:
    """Who sits on these convoys and must not ride in a private car: convoy, from, to, kind, how many."""
    own = Vehicle.objects.filter(
        convoy=OuterRef("convoy"), own_of=OuterRef("traveller__request"), out_since__isnull=True
    )
    sits = Seat.objects.filter(convoy__in=convoys, status__in=SEAT_TAKES_PLACE).exclude(Exists(own))
    riders: dict[int, list[Rider]] = defaultdict(list)
    rows = going(sits.values("traveller__request")).values_list("request", "person__age_band", "person__sex")
    for request, *rider in rows:
        riders[request].append(Rider(*rider))
    kept = [request for request, people in riders.items() if must_not_ride(people)]
    counted = sits.filter(traveller__request__in=kept).values_list("convoy", "from_seq", "to_seq", "kind")
    return counted.annotate(people=Count("pk")).order_by()


@dataclass(frozen=True, slots=True)
class Cars:
    """The private cars of one convoy, as its list says them. `others`: one of them takes others along."""

    others: bool
    own: frozenset[int]

    def apart(self, seats: Iterable[Seat]) -> bool:
        """Must it be said beside these people, of one household, that they do not ride in a private car?

        Asked of those who go: who did not come or does not want to is no adult beside the children. Nobody is told so
        whose own car it is.
        """
        go = [seat for seat in seats if seat.status not in STAYED]
        if not self.others or any(seat.traveller.request_id in self.own for seat in go):
            return False
        return must_not_ride(Rider(seat.person.age_band, seat.person.sex) for seat in go)


def cars_of(convoy: Convoy) -> Cars:
    """One statement."""
    rows = Vehicle.objects.filter(convoy=convoy, kind=VehicleKind.PRIVATE, out_since__isnull=True)
    cars = list(rows.annotate(takes_others=Exists(taking_others().filter(pk=OuterRef("pk")))))
    own = frozenset(car.own_of_id for car in cars if car.own_of_id is not None)
    return Cars(any(car.takes_others for car in cars), own)
