"""A convoy under way gets places that nobody planned: a car joined, or an escort took people along."""

from cases.actors import Actor, Staff
from cases.domain import events
from cases.domain.evacuation import VehicleFacts
from cases.domain.evacuation import seats as places
from cases.domain.evacuation.convoys import vehicle_step
from cases.domain.evacuation.legs import recount_step
from cases.domain.evacuation.locking import convoy_step
from cases.domain.field.syncing import again_step
from cases.domain.verbs import verb
from cases.enums import JoinedWhy
from cases.errors import Forbidden, Invalid
from cases.models import Convoy, Vehicle


@verb("convoys.join")
def join(convoy: Convoy, *, facts: VehicleFacts, reason: JoinedWhy, key: str, by: Actor) -> Vehicle:
    """A vehicle joined a convoy that boards or is on its way, or was never entered: its places are in the books now.

    Who is aboard without a place has one at once, as far as they go, and what waited for that waits no more. Its places
    count between its two stops, those behind the convoy too: people sat there. Once per `key`. Locks as a sync does.
    Raises Invalid, OffTheCorridor, ChangesVehicle, NotVetted, ConvoyClosed.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    if reason not in JoinedWhy.values:
        raise Invalid(field="reason")
    convoy = convoy_step(convoy.pk)
    vehicle, made = vehicle_step(convoy, facts, key=key, joins=str(reason), by=by)
    if made:
        recount_step(convoy)
        places.eased_step({convoy.pk})
        events.record(convoy, vehicle=str(vehicle.uid), kind=vehicle.kind, reason=str(reason))
        again_step(convoy, by=by)
    return vehicle
