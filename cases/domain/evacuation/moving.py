"""Another convoy for who has one: they give up their places and take the others in one step, or keep what they had."""

from dataclasses import replace
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import lifecycle
from cases.domain.evacuation import refusals, seats
from cases.domain.evacuation.holding import placed_in, require_fit, require_party, seat_step, windows_for
from cases.domain.evacuation.locking import requests_step
from cases.domain.verbs import verb
from cases.enums import SeatStatus
from cases.models import Convoy, EvacuationRequest
from cases.planning.seating import Party, Placed, Room, Unfit, fit
from cases.queries import seating

SUITS_NONE: Final = _("No other convoy suits all of them and has room. They keep their places.")


@verb("evacuation.rebook")
def rebook(request: EvacuationRequest, *, to: Convoy | None = None, by: Actor) -> EvacuationRequest:
    """The people ask for another convoy: this one, or the earliest other one that the machine finds for all of them.

    What they had is given up and the other held for two hours, in one step; they confirm again. Where there is no room
    they keep what they had. Those who wait come before them. Asking twice for the same convoy changes nothing. Locks as
    `hold` does. Raises NothingHeld, NoRoom, DoesNotSuit, ConvoyClosed, UnverifiedFull, Aboard, NotFit, NeedsMedic.
    """
    if to is not None:
        return _moved(request, to, keeps=False)
    party = seating.party_of(request.pk)
    if len(party.only) != 1:
        raise refusals.NothingHeld
    (now,) = party.only
    for window in windows_for(replace(party, only=frozenset()), avoid=now):
        point = transaction.savepoint()
        found = requests_step([request.pk], convoys=_convoys(window))
        party = require_party(request.pk, found)
        if party.only == {now}:
            seats.free_step(found.taking)
            placed = placed_in(require_party(request.pk, found), window, avoid=now)
            if placed is not None:
                seat_step(found, placed)
                return found.requests[request.pk]
        transaction.savepoint_rollback(point)
    raise refusals.NoRoom(SUITS_NONE)


def _convoys(window: int) -> set[int]:
    return set(Convoy.objects.filter(window=window).values_list("pk", flat=True))


@verb("evacuation.move")
def move(request: EvacuationRequest, *, to: Convoy, by: Actor) -> EvacuationRequest:
    """A planner moves a party to another convoy, or seats whom the machine may not. What was confirmed stays so.

    The rules are those of a hold: direction, days, a stop near them, room on every leg, who is tied, who is unchecked.
    Moving twice changes nothing. Locks as `hold` does. Raises as `rebook`, and what is in ASKED.
    """
    return _moved(request, to, keeps=True)


def _moved(request: EvacuationRequest, to: Convoy, *, keeps: bool) -> EvacuationRequest:
    found = requests_step([request.pk], convoys=_convoys(to.window_id))
    party = require_party(request.pk, found)
    if not keeps and not party.only:
        raise refusals.NothingHeld
    if party.only == {to.pk} and not party.load.people:
        return found.requests[request.pk]
    require_fit(party, [to.pk])
    had = found.taking
    sure = {seat.person_id for seat in had if keeps and seat.status == SeatStatus.CONFIRMED}
    seats.free_step(had)
    placed = require_room(require_party(request.pk, found), to)
    made = [
        seat
        for pk, seq in sorted(placed.boards.items())
        for seat in seats.take_step(found.requests[pk], convoy=to.pk, legs=(seq, placed.room.last))
    ]
    kept = [seat for seat in made if seat.person_id in sure]
    lifecycle.move_many(kept, SeatStatus.CONFIRMED, expires_at=None)
    seats.derive_step(found.requests.values())
    return found.requests[request.pk]


def require_room(party: Party, to: Convoy) -> Placed:
    """The place of a locked party on a convoy whose legs are locked. Raises as `rebook`."""
    placed = require_fits(party, _room(to))
    if party.unverified and party.unverified > seating.unverified_left([to.window_id])[to.window_id]:
        raise refusals.UnverifiedFull
    return placed


def require_fits(party: Party, room: Room) -> Placed:
    """The party's place in what is left on a convoy. Raises DoesNotSuit, NoRoom, OnlyPrivate."""
    found = fit(party, room)
    if found.why is None:
        return Placed(party, room, found.boards)
    raise {Unfit.ROOM: refusals.NoRoom, Unfit.PRIVATE: refusals.OnlyPrivate}.get(found.why, refusals.DoesNotSuit)(
        field="to"
    )


def _room(convoy: Convoy) -> Room:
    """The convoy, its legs locked, if it takes people on. Raises ConvoyClosed."""
    rooms = seating.rooms(seating.open_convoys().filter(pk=convoy.pk))
    if not rooms:
        raise refusals.ConvoyClosed(field="to")
    return rooms[0]
