"""Corridors and convoys as dispatchers plan them, and families who want to leave, made the shortest legal way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from cases.actors import Staff
from cases.domain import evacuation, keys
from cases.domain.evacuation import StopFacts, VehicleFacts
from cases.enums import DecisionBy, Role, VehicleKind
from cases.models import (
    Consent,
    ConsentText,
    Convoy,
    Corridor,
    Decision,
    EvacuationRequest,
    Household,
    Leg,
    Offer,
    Person,
    Seat,
    Traveller,
    TravelTie,
    Vehicle,
    Window,
)
from cases.models.evacuation import PLACES
from cast import hire
from factories import a_case, a_place, a_request
from rounds import run

STOPS = ("Sudzha", "Sumy")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Planners:
    """Two dispatchers: what opens a way needs both."""

    dmytro: Staff
    daria: Staff


def planners() -> Planners:
    return Planners(hire("dmytro", Role.DISPATCHER), hire("daria", Role.DISPATCHER))


def a_corridor(by: Staff, *, stops: tuple[str, ...] = STOPS, opened: bool = True, changes_at: int = 0) -> Corridor:
    facts = [StopFacts(a_place(name), changes_vehicle=0 < seq == changes_at) for seq, name in enumerate(stops)]
    corridor = evacuation.plan_corridor(name=f"Way {next(_numbers)}", stops=facts, authority="the mission", by=by)
    return evacuation.open_corridor(corridor, by=by) if opened else corridor


def a_slot(by: Staff, corridor: Corridor, *, hours: float = 30, direction: str = "ukraine") -> Window:
    begins = timezone.now() + timedelta(hours=hours)
    return evacuation.add_window(
        corridor,
        direction=direction,
        begins=begins,
        ends=begins + timedelta(hours=4),
        agreed_with="the mission",
        by=by,
    )


def a_column(by: Staff, window: Window, *, number: int = 1, minutes: int = 30, **places: int) -> Convoy:
    """A convoy of one bus with these places (ten seats unless told), all the way."""
    departs_at: datetime = window.slot.lower + timedelta(minutes=minutes)
    convoy = evacuation.plan_convoy(window, number=number, departs_at=departs_at, by=by)
    a_vehicle(by, convoy, **places)
    return convoy


def a_vehicle(
    by: Staff, convoy: Convoy, *, kind: str = "bus", way: tuple[int, int] | None = None, **places: int
) -> Vehicle:
    last = convoy.window.corridor.stops.count() - 1
    first, to = way or (0, last)
    facts = VehicleFacts(VehicleKind(kind), first, to, **(places or {"seats": 10}))
    return evacuation.add_vehicle(convoy, facts=facts, key=f"vehicle {next(_numbers)}", by=by)


def vetted(by: Staff, *, days: float = 5, **facts: Any) -> Offer:
    """A vehicle of four seats that somebody offered, unless told what; its driver is vetted for so many days."""
    now = timezone.now()
    named = {"kind": "vehicle", "seats": 4} | facts
    (key,) = keys.fresh()
    return Offer.objects.create(
        vetted_at=now,
        vetted_until=now + timedelta(days=days),
        vetted_by_id=by.user_id,
        document_seen=True,
        data_key=key,
        plate="X 111 XX",
        referees="one\nother",
        **named,
    )


def a_way(by: Staff, *, hours: float = 30, stops: tuple[str, ...] = STOPS, **places: int) -> Convoy:
    """A corridor, a window and a convoy in it."""
    return a_column(by, a_slot(by, a_corridor(by, stops=stops), hours=hours), **places)


def a_family(
    *bands: str,
    checked: bool = True,
    place: str = "Sudzha",
    direction: str = "ukraine",
    priority: str = "P4",
    **more: Any,
) -> EvacuationRequest:
    """A household of two adults, unless told who, that wants to leave; its facts were checked."""
    bands = bands or ("18-59", "18-59")
    fit = more.pop("fit", "seated")
    (key,) = keys.fresh()
    household = Household.objects.create(data_key=key, kind="family", settlement=a_place(place))
    case = a_case(household, priority=priority)
    request = a_request(case, direction=direction)
    for name, value in more.items():
        setattr(request, name, value)
    request.verified_at = timezone.now() if checked else None
    request.save()
    if checked:
        EvacuationRequest.objects.filter(pk=request.pk).update(status="verified")
    people = Person.objects.bulk_create(
        Person(data_key=key, household=household, age_band=band, fit_to_travel=fit)
        for band, key in zip(bands, keys.fresh(len(bands)), strict=True)
    )
    Traveller.objects.bulk_create(Traveller(request=request, person=person) for person in people)
    return fresh(request)


def fresh(request: EvacuationRequest) -> EvacuationRequest:
    return EvacuationRequest.objects.get(pk=request.pk)


def people_of(request: EvacuationRequest) -> list[Person]:
    return [row.person for row in request.travellers.select_related("person").order_by("pk")]


def agreed(request: EvacuationRequest, by: Staff, **more: Any) -> None:
    """Everybody says yes: adults for themselves, a guardian for a child."""
    for person in people_of(request):
        said_yes(request, person, by, **more)


def said_yes(request: EvacuationRequest, person: Person, by: Staff, **more: Any) -> Decision:
    more.setdefault("decided_by", DecisionBy.GUARDIAN if person.is_minor else DecisionBy.SELF)
    said = {"goes": True, "could_speak_freely": "yes", "voluntary": True, "own_direction": True, "informed": True}
    return evacuation.decide(request, person=person, by=by, **(said | more))


def tie(one: EvacuationRequest, other: EvacuationRequest) -> None:
    first, second = sorted((one, other), key=lambda request: request.pk)
    TravelTie.objects.create(first=first, second=second)


def seats(request: EvacuationRequest) -> list[str]:
    """The statuses of all seats its people ever had, in order."""
    return list(Seat.objects.filter(traveller__request=request).order_by("pk").values_list("status", flat=True))


def on(request: EvacuationRequest) -> set[int]:
    """The convoys on which its people have live seats."""
    live = Seat.objects.filter(traveller__request=request, status__in=["held", "confirmed", "boarded", "parked"])
    return set(live.values_list("convoy", flat=True))


def taken(convoy: Convoy, kind: str = "seats") -> list[int]:
    return list(Leg.objects.filter(convoy=convoy).order_by("seq").values_list(f"{kind}_taken", flat=True))


def capacity(convoy: Convoy) -> list[dict[str, int]]:
    return list(Leg.objects.filter(convoy=convoy).order_by("seq").values(*PLACES))


def rounds() -> None:
    """What comes free is offered until nothing is left to be done."""
    while run("waits") + run("places"):
        pass


def a_carer_consent(household: Household) -> Consent:
    return Consent.objects.create(
        household=household,
        purpose="processing",
        text=ConsentText.objects.get(purpose="processing"),
        language="uk",
        given_by="guardian",
        recorded_by="staff:1",
    )
