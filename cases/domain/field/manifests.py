"""The list of a convoy is frozen before it boards: what is printed and what is on the phones is one list."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cases.actors import Actor, Staff
from cases.domain import events, lifecycle
from cases.domain.evacuation.locking import convoy_step
from cases.domain.evacuation.refusals import StillOver
from cases.domain.field import refusals
from cases.domain.verbs import verb
from cases.enums import ConvoyStatus, SeatKind
from cases.errors import Forbidden
from cases.models import Convoy, Leg, Manifest, Seat
from cases.queries.field import FIRST, listed, turns_of

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
    frozen = list(convoy.manifests.order_by("number"))
    last = frozen[-1] if frozen else None
    lines = _lines(convoy, frozen)
    digest = hashlib.sha256(json.dumps(lines, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
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


def _lines(convoy: Convoy, before: Iterable[Manifest]) -> list[dict[str, Any]]:
    """Codes only: whoever finds the frozen list learns nobody's name.

    Each household has a number at its stop, in which they board: crowds at a bus have killed ("Evacuation as
    practised"). It keeps the number it was given `before`: slips with it are in people's hands.
    """
    seats = listed(convoy).select_related("traveller__request__case", "person")
    rows = sorted(
        seats, key=lambda seat: (seat.from_seq, FIRST[SeatKind(seat.kind)], seat.traveller.request_id, seat.pk)
    )
    lists = list(before)
    kept = {seat: turn for manifest in lists for seat, turn in turns_of(manifest).items()}
    given = Counter[int]()
    for line in (line for manifest in lists for line in manifest.lines):
        given[line["from"]] = max(given[line["from"]], line.get("turn", 0))
    turns = {_home(seat): kept[str(seat.uid)] for seat in reversed(rows) if str(seat.uid) in kept}
    for seat in rows:
        if _home(seat) not in turns:
            given[seat.from_seq] += 1
            turns[_home(seat)] = given[seat.from_seq]
    return [
        {
            "turn": turns[_home(seat)],
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


def _home(seat: Seat) -> tuple[int, int]:
    """A household at a stop, whatever its reference is by now."""
    return seat.from_seq, seat.traveller.request.case_id
