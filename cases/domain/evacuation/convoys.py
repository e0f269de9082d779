"""Convoys and their vehicles: the places of each leg are those of the vehicles in service on it, never typed."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor
from cases.domain import alarms, events, idempotency, lifecycle
from cases.domain.evacuation import refusals, seats
from cases.domain.evacuation.legs import recount_step
from cases.domain.evacuation.locking import convoy_step
from cases.domain.verbs import verb
from cases.enums import BEFORE_DEPARTURE, OPEN_CONVOY, UNDER_WAY, AlarmKind, ConvoyStatus, CorridorStatus, VehicleKind
from cases.errors import IllegalMove, Invalid
from cases.models import Alarm, Convoy, Corridor, Leg, Offer, Stop, Vehicle, Window
from cases.models.evacuation import PLACES
from cases.queries import private_cars

# A vehicle breaks down on the way as well as before it.
ON_THE_WAY: Final = (*BEFORE_DEPARTURE, ConvoyStatus.SUSPENDED, ConvoyStatus.DEPARTED, ConvoyStatus.HALTED)
CHANGEABLE: Final = (*BEFORE_DEPARTURE, ConvoyStatus.SUSPENDED)
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class VehicleFacts:
    """A vehicle between two stops of a corridor (their seq), with its places by kind."""

    kind: VehicleKind
    from_seq: int
    to_seq: int
    seats: int = 0
    wheelchairs: int = 0
    stretchers: int = 0
    animals: int = 0
    luggage: int = 0
    offer: Offer | None = None


@verb("convoys.plan")
def plan_convoy(window: Window, *, number: int, departs_at: datetime, by: Actor) -> Convoy:
    """Plan a convoy in a window, without vehicles yet. The same one twice is one.

    Locks the corridor. Raises Invalid, NumberTaken, ConvoyClosed.
    """
    corridor = Corridor.objects.locked().get(pk=window.corridor_id)
    window = Window.objects.get(pk=window.pk)
    standing = Convoy.objects.filter(window=window, number=number).first()
    if standing is not None and standing.departs_at == departs_at:
        return standing
    if standing is not None:
        raise refusals.NumberTaken(field="number")
    if corridor.status in (CorridorStatus.CLOSED, CorridorStatus.SUSPENDED):
        raise refusals.ConvoyClosed(_("This corridor is closed or suspended. Nothing can be planned on it now."))
    if departs_at <= timezone.now():
        raise Invalid(_("This time has passed. Choose a departure in the future."), field="departs_at")
    if not window.slot.lower <= departs_at < window.slot.upper:
        raise Invalid(_("A convoy departs within its window. Change the time."), field="departs_at")
    if number < 1:
        raise Invalid(field="number")
    convoy = Convoy.objects.create(window=window, number=number, departs_at=departs_at)
    stops = list(Stop.objects.filter(corridor=corridor).order_by("seq").values_list("seq", flat=True))
    Leg.objects.bulk_create(Leg(convoy=convoy, seq=seq) for seq in stops[:-1])
    events.record(convoy, window=str(window.uid), number=number)
    return convoy


@verb("convoys.clear")
def clear(convoy: Convoy, *, by: Actor) -> Convoy:
    """The authority has cleared a convoy to go. Clearing twice is harmless. Locks its legs, then the convoy.

    Raises StillOver, NoVehicles.
    """
    convoy = _locked(convoy)
    if convoy.status == ConvoyStatus.CLEARED:
        return convoy
    if Leg.objects.filter(convoy=convoy, over_since__isnull=False).exists():
        raise refusals.StillOver
    if not convoy.vehicles.filter(out_since__isnull=True).exclude(kind=VehicleKind.ESCORT).exists():
        raise refusals.NoVehicles
    lifecycle.move(convoy, ConvoyStatus.CLEARED)
    return convoy


def _locked(convoy: Convoy) -> Convoy:
    policy.require()
    return convoy_step(convoy.pk)


# --- vehicles --------------------------------------------------------------------------------------------------------


@verb("convoys.add_vehicle")
def add_vehicle(convoy: Convoy, *, facts: VehicleFacts, key: str, by: Actor) -> Vehicle:
    """Add a vehicle, once per `key`; who waits is offered its places. Locks the legs, then the convoy.

    Raises Invalid, OffTheCorridor, ChangesVehicle, NotVetted, EscortCarriesNobody, ConvoyClosed.
    """
    convoy = _locked(convoy)
    vehicle, made = vehicle_step(convoy, facts, key=key, by=by)
    if made:
        _recounted(convoy, vehicle)
    return vehicle


def vehicle_step(convoy: Convoy, facts: VehicleFacts, *, key: str, joins: str = "", by: Actor) -> tuple[Vehicle, bool]:
    """Step: a locked convoy has a vehicle, once per `key`; whether it was made now. Its legs are to be counted anew.

    `joins`: why it comes to a convoy under way. There an escort may carry people: they sit in it already.
    """
    body = asdict(facts) | {"offer": facts.offer.pk if facts.offer else None, "convoy": convoy.pk}
    made = idempotency.claim(key, body | ({"joins": joins} if joins else {}), by=by)
    if made is not None:
        return Vehicle.objects.get(uid=made), False
    _require_possible(convoy, facts, joins=bool(joins))
    vehicle = Vehicle.objects.create(convoy=convoy, **_columns(facts))
    idempotency.finish(key, vehicle.uid, by=by)
    return vehicle, True


@verb("convoys.change_vehicle")
def change_vehicle(vehicle: Vehicle, *, facts: VehicleFacts, by: Actor) -> Vehicle:
    """Change what a vehicle is or carries. Fewer places than people have is refused: a vehicle drops out instead.

    The same facts twice change nothing. Locks the legs, the convoy, then the vehicle. Raises as `add_vehicle`, and
    BelowTaken.
    """
    convoy = _locked(vehicle.convoy)
    vehicle = Vehicle.objects.locked().get(pk=vehicle.pk)
    _require_possible(convoy, facts)
    changed = {name: value for name, value in _columns(facts).items() if getattr(vehicle, name) != value}
    if not changed:
        return vehicle
    for name, value in changed.items():
        setattr(vehicle, name, value)
    vehicle.save(update_fields=list(changed))
    before = _over(convoy)
    recount_step(convoy)
    if _over(convoy) - before or (before and _worse(convoy, vehicle, changed)):
        raise refusals.BelowTaken
    _recounted(convoy, vehicle, fields=sorted(changed))
    return vehicle


def _worse(convoy: Convoy, vehicle: Vehicle, changed: dict[str, object]) -> bool:
    """On a convoy that has too many people already only more places are entered."""
    legs = Leg.objects.filter(
        convoy=convoy, over_since__isnull=False, seq__gte=vehicle.from_seq, seq__lt=vehicle.to_seq
    )
    return bool(set(changed) - {"offer"}) and legs.exists()


@verb("convoys.drop_out")
def drop_out(vehicle: Vehicle, *, by: Actor) -> Vehicle:
    """A vehicle broke down or does not come: its places are gone. A leg with more people than places is over.

    Nothing more gets on there, the convoy cannot depart, and an alarm tells the planner. Twice is once. Locks the
    legs, the convoy, then the vehicle.
    """
    convoy = _locked(vehicle.convoy)
    vehicle = Vehicle.objects.locked().get(pk=vehicle.pk)
    if vehicle.out_since is not None:
        return vehicle
    if convoy.status not in ON_THE_WAY:
        raise IllegalMove
    out_step(convoy, vehicle)
    return vehicle


def out_step(convoy: Convoy, vehicle: Vehicle) -> None:
    """Step: a locked vehicle of a locked convoy goes no more; nobody is shed, and the planner is told of too many."""
    vehicle.out_since = timezone.now()
    vehicle.save(update_fields=["out_since"])
    recount_step(convoy)
    over = sorted(_over(convoy))
    events.record(vehicle, "convoys.drop_out", convoy=str(convoy.uid), over=over)
    live = Alarm.objects.live().filter(kind=AlarmKind.OVER, convoy=convoy)
    if over and not live.exists():
        alarms.raise_step(AlarmKind.OVER, convoy=convoy)


@verb("convoys.bring_back")
def bring_back(vehicle: Vehicle, *, by: Actor) -> Vehicle:
    """A vehicle that had dropped out is in service again. Twice is once. Locks the legs, the convoy, the vehicle.

    Raises NotVetted: who drives others must be vetted for that day still, or again.
    """
    convoy = _locked(vehicle.convoy)
    vehicle = Vehicle.objects.locked().get(pk=vehicle.pk)
    if vehicle.out_since is None:
        return vehicle
    if convoy.status not in ON_THE_WAY:
        raise IllegalMove
    if vehicle.kind == VehicleKind.PRIVATE and vehicle.own_of_id is None and _carries(vehicle):
        _vetted(convoy, vehicle.offer_id)
    vehicle.out_since = None
    vehicle.save(update_fields=["out_since"])
    recount_step(convoy)
    _recounted(convoy, vehicle)
    return vehicle


def _recounted(convoy: Convoy, vehicle: Vehicle, **data: Any) -> None:
    recount_step(convoy)
    events.record(vehicle, convoy=str(convoy.uid), kind=vehicle.kind, **data)
    seats.eased_step({convoy.pk})
    seats.room_step({convoy.pk})
    if convoy.status in OPEN_CONVOY:
        seats.offer_step([convoy.window_id])


def _over(convoy: Convoy) -> set[int]:
    """The legs with more people than places."""
    return set(Leg.objects.filter(convoy=convoy, over_since__isnull=False).values_list("seq", flat=True))


def _columns(facts: VehicleFacts) -> dict[str, object]:
    places = {kind: getattr(facts, kind) for kind in PLACES}
    return {"kind": facts.kind, "from_seq": facts.from_seq, "to_seq": facts.to_seq, "offer": facts.offer, **places}


def _require_possible(convoy: Convoy, facts: VehicleFacts, *, joins: bool = False) -> None:
    if joins and convoy.status not in UNDER_WAY:
        raise refusals.ConvoyClosed(_("This convoy is not under way, or it is closed. Nothing can join it now."))
    if not joins and convoy.status not in CHANGEABLE:
        raise refusals.ConvoyClosed(_("This convoy is under way or over. Its vehicles only drop out or come back."))
    if facts.kind not in VehicleKind.values:
        raise Invalid(field="kind")
    wrong = [kind for kind in PLACES if not 0 <= getattr(facts, kind) <= MOST]
    if wrong:
        raise Invalid(_("The number of places is between 0 and 200."), field=wrong[0])
    stops = {stop.seq: stop for stop in Stop.objects.filter(corridor=convoy.window.corridor_id)}
    if facts.from_seq not in stops or facts.to_seq not in stops or facts.to_seq <= facts.from_seq:
        raise refusals.OffTheCorridor(field="to_seq")
    if any(facts.from_seq < seq < facts.to_seq and stop.changes_vehicle for seq, stop in stops.items()):
        raise refusals.ChangesVehicle(field="to_seq")
    carries = _carries(facts)
    if facts.kind == VehicleKind.ESCORT and carries and not joins:
        raise refusals.EscortCarriesNobody(field="seats")
    if facts.kind == VehicleKind.PRIVATE and carries:
        _require_vetted(convoy, facts)


def _require_vetted(convoy: Convoy, facts: VehicleFacts) -> None:
    """A private driver carries nobody until vetted, for the day they drive ("Private drivers")."""
    row = _vetted(convoy, facts.offer.pk if facts.offer else None)
    if row.seats is not None and facts.seats + facts.wheelchairs + facts.stretchers > row.seats:
        raise Invalid(_("The car was offered with fewer seats."), field="seats")


def _vetted(convoy: Convoy, offer: int | None) -> Offer:
    """The offer, locked after the convoy: whoever withdraws the vetting finds its vehicle, or was before it."""
    vetted = Offer.objects.may_drive(convoy.departs_at or timezone.now())
    row: Offer | None = vetted.select_for_update(no_key=True, of=("self",)).filter(pk=offer).first()
    if row is None:
        raise refusals.NotVetted(field="offer")
    if private_cars.driving_with(convoy).filter(offer=row).exists():
        raise refusals.DrivesAlready(field="offer")
    return row


def _carries(of: VehicleFacts | Vehicle) -> bool:
    return any(getattr(of, kind) for kind in PLACES)
