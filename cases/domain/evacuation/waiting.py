"""Who waits gets the places that come free: the most urgent class first, then the longest waiting, whole parties."""

from typing import Final

from django.db import transaction

from cases import policy
from cases.domain import jobs
from cases.domain.evacuation import seats, telling
from cases.domain.evacuation.holding import seat_step
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.evacuation.refusals import SeatedElsewhere
from cases.enums import SEEKS_SEATS, EvacuationStatus
from cases.models import Convoy, EvacuationRequest, Job
from cases.planning.seating import Placed, fill, place
from cases.queries import seating

AT_ONCE: Final = 40


@jobs.inside("waits", verb="evacuation.look")
def look(job: Job) -> None:
    """A request came on the waiting list: every window that seems to have room for its party is looked at, in order.

    By the time it stood there somebody may have given places up who had not seen it. Locks nothing.
    """
    policy.require()
    waits = EvacuationRequest.objects.filter(pk=job.subject or 0, status=EvacuationStatus.WAITING_LIST)
    if not waits.exists():
        return
    party = seating.party_of(job.subject or 0)
    if not party.barred:
        rooms = seating.rooms(seating.open_convoys())
        seats.offer_step(room.window for room in rooms if place(party, room) is not None)


@jobs.inside("places", verb="evacuation.offer")
def offer(job: Job) -> None:
    """Give what is free in a window to who waits, in order, and have each household called.

    Locks the legs of the window, then the households, cases, requests and seats of those who would get places; what
    stands is read again under the locks. A few at a time, so that the legs are free again within a second or two; no
    place is left empty while a whole party waits that fits.
    """
    policy.require()
    window = job.subject or 0
    wanted = {pk for placed in _found(window)[:AT_ONCE] for pk in placed.party.requests}
    if not wanted:
        return
    convoys = set(Convoy.objects.filter(window=window).values_list("pk", flat=True))
    found = requests_step(wanted, convoys=convoys)
    placed = _found(window)
    theirs = [one for one in placed if one.party.requests <= set(found.requests)]
    for one in theirs:
        _seat(found, one)
    if len(theirs) < len(placed):  # more than at once, or somebody came before them meanwhile
        seats.offer_step([window])


def _found(window: int) -> list[Placed]:
    rooms = [room for room in seating.rooms(seating.open_convoys().filter(window=window)) if room.any_left]
    if not rooms:
        return []
    waiting = set(seating.waiting(rooms[0].direction).values_list("pk", flat=True))
    if not waiting:
        return []
    parties = [party for party in seating.parties(waiting) if party.load.people]
    return fill(parties, rooms, seating.unverified_left([window]))


def _seat(found: Locked, placed: Placed) -> None:
    """One party of several; where somebody of it got a place elsewhere this moment, the others still get theirs."""
    theirs = {pk: row for pk, row in found.requests.items() if pk in placed.party.requests}
    if any(row.status not in SEEKS_SEATS or not row.case.is_open for row in theirs.values()):
        return
    try:
        with transaction.atomic():
            seat_step(Locked(theirs, found.seats), placed)
            telling.places_step(row.case_id for row in theirs.values())
    except SeatedElsewhere:
        for pk in theirs:
            found.requests[pk].refresh_from_db(fields=["status", "version"])
