"""A family that drives in the column in its own car has places on it, and no place for anybody else."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import events
from cases.domain.evacuation import refusals, seats
from cases.domain.evacuation.holding import require_party
from cases.domain.evacuation.legs import recount_step
from cases.domain.evacuation.locking import requests_step
from cases.domain.verbs import verb
from cases.enums import OPEN_CONVOY, PLACE_OF, CorridorStatus, SeatKind, VehicleKind
from cases.errors import Invalid
from cases.models import Convoy, EvacuationRequest, Stop, Vehicle
from cases.queries import seating

ALONE: Final = _("They said nothing of a car of their own. Ask them, then enter it.")
ELSEWHERE: Final = _("They have places already. Give those back first.")


@verb("convoys.add_own_car")
def add_own_car(convoy: Convoy, *, request: EvacuationRequest, from_seq: int, by: Actor) -> Vehicle:
    """A family joins the column in its own car, from a stop to the end: all of them have places on it, held as others.

    The car carries nobody else until its driver was vetted ("Private drivers"); when they give their places up it has
    none. The same car twice is one. Locks as `hold` does. Raises Invalid, OffTheCorridor, ConvoyClosed, DoesNotSuit.
    """
    found = requests_step([request.pk], convoys=[convoy.pk], together=False)
    request = found.requests[request.pk]
    convoy = Convoy.objects.locked().select_related("window__corridor").get(pk=convoy.pk)
    standing = Vehicle.objects.filter(convoy=convoy, own_of=request, out_since__isnull=True).first()
    if standing is not None:
        return standing
    _require_possible(convoy, request, from_seq)
    require_party(request.pk, found)
    if found.taking:
        raise Invalid(ELSEWHERE, field="request")
    last = Stop.objects.filter(corridor=convoy.window.corridor_id).order_by("seq").last()
    to_seq = last.seq if last is not None else 0
    places = dict.fromkeys(PLACE_OF.values(), 0)
    for kind in _kinds(request):
        places[PLACE_OF[kind]] += 1
    made = Vehicle.objects.create(
        convoy=convoy,
        kind=VehicleKind.PRIVATE,
        own_of=request,
        from_seq=from_seq,
        to_seq=to_seq,
        animals=request.animals,
        luggage=request.luggage,
        **places,
    )
    recount_step(convoy)
    seats.take_step(request, convoy=convoy.pk, legs=(from_seq, to_seq))
    seats.derive_step([request])
    events.record(made, convoy=str(convoy.uid), case=request.case_id)
    return made


def _kinds(request: EvacuationRequest) -> list[SeatKind]:
    rows = seating.going([request.pk]).select_related("person")
    return [SeatKind(seating.kind_of(row, row.person)) for row in rows]


def _require_possible(convoy: Convoy, request: EvacuationRequest, from_seq: int) -> None:
    if not request.own_vehicle:
        raise Invalid(ALONE, field="request")
    if convoy.status not in OPEN_CONVOY or convoy.window.corridor.status != CorridorStatus.OPEN:
        raise refusals.ConvoyClosed
    if request.direction != convoy.window.direction:
        raise refusals.DoesNotSuit
    stops = set(Stop.objects.filter(corridor=convoy.window.corridor_id).values_list("seq", flat=True))
    if from_seq not in stops or from_seq == max(stops):
        raise refusals.OffTheCorridor(field="from_seq")
