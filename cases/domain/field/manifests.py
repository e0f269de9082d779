"""The list of a convoy is frozen before it boards: what is printed and what is on the phones is one list."""

import hashlib
import json
from typing import Any

from cases.actors import Actor, Staff
from cases.domain import events, lifecycle
from cases.domain.evacuation.locking import convoy_step
from cases.domain.evacuation.refusals import StillOver
from cases.domain.field import refusals
from cases.domain.verbs import verb
from cases.enums import ConvoyStatus, SeatKind
from cases.errors import Forbidden
from cases.models import Convoy, Leg, Manifest
from cases.queries.field import FIRST, listed

MAY_FREEZE = (ConvoyStatus.CLEARED, ConvoyStatus.BOARDING)


@verb("convoys.freeze")
def freeze(convoy: Convoy, *, by: Actor) -> Manifest:
    """Freeze the list of a cleared convoy, which boards from now on; nobody gets a place on it by the machine.

    While it boards it may be frozen anew; the same list is not frozen twice. Locks the legs, then the convoy. Raises
    NotCleared, StillOver.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    convoy = convoy_step(convoy.pk)
    if convoy.status not in MAY_FREEZE:
        raise refusals.NotCleared
    if Leg.objects.filter(convoy=convoy, over_since__isnull=False).exists():
        raise StillOver
    lines = _lines(convoy)
    digest = hashlib.sha256(json.dumps(lines, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    last = convoy.manifests.order_by("number").last()
    if last is not None and last.digest == digest:
        return last
    number = last.number + 1 if last is not None else 1
    made: Manifest = Manifest.objects.create(
        convoy=convoy, number=number, frozen_by_id=by.user_id, lines=lines, digest=digest
    )
    if convoy.status == ConvoyStatus.CLEARED:
        lifecycle.move(convoy, ConvoyStatus.BOARDING)
    events.record(convoy, number=number, people=len(lines), digest=digest)
    return made


def _lines(convoy: Convoy) -> list[dict[str, Any]]:
    """Codes only: whoever finds the frozen list learns nobody's name."""
    seats = listed(convoy).select_related("traveller__request__case", "person")
    rows = sorted(
        seats, key=lambda seat: (seat.from_seq, FIRST[SeatKind(seat.kind)], seat.traveller.request_id, seat.pk)
    )
    return [
        {
            "seat": str(seat.uid),
            "ref": seat.traveller.request.case.ref,
            "kind": seat.kind,
            "from": seat.from_seq,
            "to": seat.to_seq,
            "minor": seat.person.is_minor,
            "animals": seat.animals,
            "luggage": seat.luggage,
        }
        for seat in rows
    ]
