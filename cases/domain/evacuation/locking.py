"""Locks in the order of the house: the legs of convoys, households, cases, requests, seats; ascending keys in each."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from cases.enums import LIVE_SEAT, SEAT_TAKES_PLACE, SeatStatus
from cases.errors import AlreadyTaken
from cases.models import Case, Convoy, Corridor, EvacuationRequest, Household, Leg, Seat
from cases.models.base import among
from cases.queries import seating
from cases.queries.aboard import without_a_place

# Somebody moved them between the look and the lock so often: a person may try again.
TRIES: Final = 8


@dataclass(slots=True)
class Locked:
    """Requests with everything of theirs locked; `seats` are the live ones, parked ones too.

    `without`: somebody of them is said to be aboard a convoy that has no place for them in its books.
    """

    requests: dict[int, EvacuationRequest]
    seats: list[Seat]
    without: bool = False

    @property
    def taking(self) -> list[Seat]:
        """The seats that take a place of a person: all but the parked ones."""
        return [seat for seat in self.seats if seat.status in SEAT_TAKES_PLACE]

    @property
    def aboard(self) -> bool:
        """Whatever the books say: who is aboard gets no other place, and gives none up."""
        return self.without or any(seat.status == SeatStatus.BOARDED for seat in self.seats)


def legs_step(convoys: Collection[int]) -> None:
    """Step: lock the legs of convoys. Whoever holds them alone gives and takes places on these convoys."""
    list(Leg.objects.filter(convoy__in=convoys).select_for_update(no_key=True).order_by("pk").values_list("pk"))


def convoy_step(pk: int) -> Convoy:
    """Step: lock the legs of a convoy, then the convoy, with its window and corridor."""
    legs_step([pk])
    found: Convoy = Convoy.objects.locked().select_related("window__corridor").get(pk=pk)
    return found


def corridor_legs_step(corridor: Corridor) -> None:
    """Step: lock the legs of all convoys of a locked corridor, to which nobody adds a convoy meanwhile."""
    legs = Leg.objects.filter(convoy__window__corridor=corridor).select_for_update(no_key=True, of=("self",))
    list(legs.order_by("pk").values_list("pk"))


def case_legs_step(*cases: int) -> None:
    """Step: lock the legs on which the people of cases have seats, for who locks the cases afterwards."""
    live = Seat.objects.filter(traveller__request__case__in=cases, status__in=LIVE_SEAT)
    convoys = set(live.values_list("convoy", flat=True))
    if convoys:
        legs_step(convoys)


def requests_step(wanted: Collection[int], *, convoys: Collection[int] = (), together: bool = True) -> Locked:
    """Step: lock requests, with those they are tied to unless told otherwise, and the legs of these convoys and theirs.

    What is to be locked is read before, so all of it is read again afterwards; where it changed meanwhile, the locks
    are given back and it begins anew: nothing is ever locked against the order. Raises AlreadyTaken after many tries.
    """
    for _try in range(TRIES):
        point = transaction.savepoint()
        found = _locked(seating.tied(wanted) if together else set(wanted), convoys)
        if found is not None and (not together or seating.tied(wanted) == set(found.requests)):
            transaction.savepoint_commit(point)
            return found
        transaction.savepoint_rollback(point)  # gives the row locks back
    raise AlreadyTaken


def _locked(wanted: set[int], convoys: Collection[int]) -> Locked | None:
    live = Seat.objects.filter(traveller__request__in=wanted, status__in=LIVE_SEAT)
    on = {*convoys, *live.values_list("convoy", flat=True)}
    rows = EvacuationRequest.objects.filter(pk__in=wanted)
    where = set(rows.values_list("pk", "case", "case__household"))
    if on:
        legs_step(on)
    list(Household.objects.locked().filter(pk__in={household for _pk, _case, household in where}))
    list(Case.objects.locked().filter(pk__in={case for _pk, case, _household in where}))
    requests = {
        row.pk: row
        for row in EvacuationRequest.objects.locked().select_related("case__household__data_key").filter(pk__in=wanted)
    }
    seats = list(live.select_related("traveller").select_for_update(no_key=True, of=("self",)).order_by("pk"))
    now = {(row.pk, row.case_id, row.case.household_id) for row in requests.values()}
    if now != where or not {seat.convoy_id for seat in seats} <= on:
        return None
    return Locked(requests, seats, without_a_place().filter(traveller__request__in=wanted).exists())


def of_seats_step(found: QuerySet[Seat]) -> dict[int, EvacuationRequest]:
    """Step: lock the requests of seats, whose legs are locked, with their households and cases before: set-based."""
    keys = set(found.values_list("traveller__request", flat=True))
    where = EvacuationRequest.objects.filter(pk__in=among(keys))
    homes = Household.objects.filter(pk__in=where.values("case__household"))
    list(homes.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
    cases = Case.objects.filter(pk__in=where.values("case"))
    list(cases.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk"))
    return {row.pk: row for row in where.select_for_update(no_key=True, of=("self",)).order_by("pk")}
