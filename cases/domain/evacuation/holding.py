"""Places are held during the call, confirmed when all have decided, given back, and lapse by themselves."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from cases.actors import Actor
from cases.domain import clocks, events, jobs, lifecycle
from cases.domain.evacuation import consent, refusals, seats
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.verbs import verb
from cases.enums import LIVE_EVACUATION, SEEKS_SEATS, ClockKind, EvacuationStatus, SeatStatus, VehicleKind
from cases.models import Convoy, EvacuationRequest, Job, Vehicle
from cases.planning.seating import Party, Placed, fill, place
from cases.queries import seating
from cases.queries.aboard import without_a_place
from cases.queries.triage import rules_in_force

# Asked of the caller there and then; what bars the machine otherwise is for a planner, and they wait on the list.
ASKED: Final = {
    "direction": refusals.DirectionMissing,
    "settlement": refusals.SettlementMissing,
    "elsewhere": refusals.SeatedElsewhere,
    "nobody": refusals.NobodyTravels,
    "two_ways": refusals.TiedApart,
    "two_convoys": refusals.TiedApart,
}


@verb("evacuation.hold")
def hold(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """Hold places for two hours for all who travel with a request, or put it on the waiting list.

    The machine picks the earliest convoy that suits all of them and those they are tied to, and has room for the whole
    party on every leg after those who wait before it. No consent is needed to hold. Whom a medic must see first, or
    who cannot reach a stop, waits for a planner. Holding twice changes nothing. Locks one window's legs at a time, then
    the households, cases, requests and seats. Raises what is in ASKED, NotSeeking, AlreadyTaken.
    """
    party = seating.party_of(request.pk)
    if not party.barred and party.load.people:
        for window in windows_for(party):
            found = _held_in(request, window, avoid=None)
            if found is not None:
                return found
    return _wait(request)


def windows_for(party: Party, avoid: int | None = None) -> list[int]:
    """Windows in which there seems to be room, by their earliest such convoy; nothing is locked yet."""
    rows = [room for room in seating.rooms(seating.open_convoys()) if room.convoy != avoid]
    return list(dict.fromkeys(room.window for room in rows if place(party, room) is not None))


def _held_in(request: EvacuationRequest, window: int, *, avoid: int | None) -> EvacuationRequest | None:
    """Try one window under the locks of all its legs; they are given back when there is no room after all."""
    point = transaction.savepoint()
    convoys = set(Convoy.objects.filter(window=window).values_list("pk", flat=True))
    found = requests_step([request.pk], convoys=convoys)
    party = require_party(request.pk, found)
    placed = None if party.barred or not party.load.people else placed_in(party, window, avoid)
    if placed is not None:
        seat_step(found, placed)
    elif party.load.people:
        transaction.savepoint_rollback(point)
        return None
    transaction.savepoint_commit(point)
    return found.requests[request.pk]


def placed_in(party: Party, window: int, avoid: int | None) -> Placed | None:
    """The party's place in a locked window after all who wait before it, or None."""
    rooms = [room for room in seating.rooms(seating.open_convoys().filter(window=window)) if room.convoy != avoid]
    if not rooms:
        return None
    ahead = seating.waiting(rooms[0].direction, before=party.rank).exclude(pk__in=party.requests)
    waiting = set(ahead.values_list("pk", flat=True))
    others = (one for one in seating.parties(waiting) if not one.requests & party.requests) if waiting else ()
    before = [one for one in others if one.rank < party.rank]
    placed = fill([*before, party], rooms, seating.unverified_left([window]))
    return next((one for one in placed if one.party is party), None)


def seat_step(found: Locked, placed: Placed) -> None:
    """Step: give a locked party the places that were found for it; the status of its requests follows."""
    for request, seq in sorted(placed.boards.items()):
        seats.take_step(found.requests[request], convoy=placed.room.convoy, legs=(seq, placed.room.last))
    seats.derive_step(found.requests.values())


def require_party(request: int, found: Locked) -> Party:
    """The party of a locked request as it stands now. Raises NotSeeking, Aboard, and what is in ASKED."""
    if found.aboard:
        raise refusals.Aboard
    if any(row.status not in SEEKS_SEATS or not row.case.is_open for row in found.requests.values()):
        raise refusals.NotSeeking
    party = seating.party_of(request)
    for code in ASKED:
        if code in party.barred:
            raise ASKED[code]
    return party


def _wait(request: EvacuationRequest) -> EvacuationRequest:
    """No room now, or none that the machine may give: the whole party waits. Who sits already stays where they sit."""
    found = requests_step([request.pk])
    party = require_party(request.pk, found)
    for row in found.requests.values():
        if lifecycle.allowed(row, EvacuationStatus.WAITING_LIST) and not _sits(found, row):
            lifecycle.move(row, EvacuationStatus.WAITING_LIST)
            events.record(row, "evacuation.waits", case=row.case_id, barred=sorted(party.barred))
            seats.waits_step(row)
    mine = found.requests[request.pk]
    if party.load.people and _sits(found, mine):
        raise refusals.NoRoom
    return mine


def _sits(found: Locked, request: EvacuationRequest) -> bool:
    return any(seat.traveller.request_id == request.pk for seat in found.taking)


# --- confirming ------------------------------------------------------------------------------------------------------


@verb("evacuation.confirm")
def confirm(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """Confirm the places a party holds: everybody decided for themselves, and the facts were checked.

    Those who are tied together are confirmed together. Confirming twice changes nothing. Locks as `hold` does. Raises
    NothingHeld, NotChecked, NotAllSeated, NotFit, NeedsMedic, SplitWithoutConsent, Undecided, LoneChild, OfficerNeeded.
    """
    found = requests_step([request.pk])
    mine = found.requests[request.pk]
    held = [seat for seat in found.taking if seat.status == SeatStatus.HELD]
    if not held and mine.status in (EvacuationStatus.CONFIRMED, EvacuationStatus.BOARDED):
        return mine
    if not held:
        raise refusals.NothingHeld
    party = require_party(request.pk, found)
    if party.load.people:
        raise refusals.NotAllSeated
    require_fit(party, {seat.convoy_id for seat in held})
    consent.require_free(found, by)
    lifecycle.move_many(held, SeatStatus.CONFIRMED, expires_at=None)
    jobs.cancel(f"hold:{row.uid}" for row in found.requests.values())
    seats.derive_step(found.requests.values())
    return mine


def require_fit(party: Party, convoys: Collection[int]) -> None:
    """A medic's word stands: who is not fit goes nowhere, who needs a medic rides where an ambulance does."""
    if "not_fit" in party.barred:
        raise refusals.NotFit
    ambulances = Vehicle.objects.filter(convoy__in=convoys, kind=VehicleKind.AMBULANCE, out_since__isnull=True)
    if "with_medic" in party.barred and not ambulances.exists():
        raise refusals.NeedsMedic


# --- giving back -----------------------------------------------------------------------------------------------------


@verb("evacuation.release")
def release(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """Give the places of a party back: who travels together or not at all gives them up together.

    The requests stand where they stood before the hold. Releasing twice changes nothing. Locks as `hold` does.
    Raises Aboard.
    """
    found = requests_step([request.pk])
    if found.aboard:
        raise refusals.Aboard
    free_party_step(found)
    return found.requests[request.pk]


def free_party_step(found: Locked) -> None:
    """Step: all live seats of locked requests are given up, and their status follows."""
    seats.free_step(found.seats)
    jobs.cancel(f"hold:{row.uid}" for row in found.requests.values())
    seats.derive_step(found.requests.values())


def let_go_step(requests: Collection[int], to: SeatStatus = SeatStatus.RELEASED) -> None:
    """Step: people of locked requests stay, go another way, or did not come: their places are given up at once.

    Call `case_legs_step` before the case is locked; the status of the request is the caller's to move. A tie to them
    binds nobody any more, once they no longer seek a place. Raises Aboard.
    """
    found = Locked(
        EvacuationRequest.objects.in_bulk(requests),
        list(seats.live(requests).select_for_update(no_key=True, of=("self",)).order_by("pk")),
        without_a_place().filter(traveller__request__in=requests).exists(),
    )
    if found.aboard:
        raise refusals.Aboard
    seats.free_step(found.taking, to)
    seats.free_step([seat for seat in found.seats if seat.status == SeatStatus.PARKED])
    jobs.cancel(f"hold:{row.uid}" for row in found.requests.values())


def settled_step(cases: Collection[int]) -> None:
    """Step: people were given back to other cases, their seats with them: who is in no live request gives theirs up.

    The others' requests follow their seats, their holds lapse in time, and whoever waits is looked at: fewer may
    fit. The cases are locked, and the legs before.
    """
    rows = EvacuationRequest.objects.filter(case__in=cases).select_for_update(no_key=True, of=("self",)).order_by("pk")
    requests = {row.pk: row for row in rows}
    let_go_step([pk for pk, row in requests.items() if row.status not in LIVE_EVACUATION])
    seats.derive_step(requests.values())
    for row in requests.values():
        seats.watch_step([(row, list(seats.live([row.pk]).filter(status=SeatStatus.HELD)))])
        if row.status == EvacuationStatus.WAITING_LIST:
            seats.waits_step(row)


@jobs.inside("hold", verb="evacuation.lapse")
def lapse(job: Job) -> timedelta | None:
    """A hold has stood its two hours without being confirmed: the party's held places go to who waits.

    A household that somebody still calls about is not lost: its owner is reminded by a check-in clock. Locks as `hold`.
    """
    found = requests_step([job.subject or 0])
    held = [seat for seat in found.taking if seat.status == SeatStatus.HELD]
    due = min((seat.expires_at for seat in held if seat.expires_at is not None), default=None)
    if due is None:
        return None
    now = timezone.now()
    if due > now:
        return due - now
    seats.free_step(held)
    seats.derive_step(found.requests.values())
    for row in found.requests.values():
        events.record(row, "evacuation.lapsed", case=row.case_id)
        _remind(row)
    return None


def _remind(request: EvacuationRequest) -> None:
    case = request.case
    live = case.clocks.filter(kind=ClockKind.CHECK_IN, state__in=clocks.LIVE)
    if case.is_open and not live.exists():
        minutes = rules_in_force()[1].clocks[case.priority].recontact
        clocks.start(case, {ClockKind.CHECK_IN: timedelta(minutes=minutes)})
