"""A plan for many households is applied in one step: what changed meanwhile is left as it is, and told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from cases import policy
from cases.actors import Actor
from cases.domain.evacuation import refusals, seats, telling
from cases.domain.evacuation.holding import ASKED, require_party, seat_step
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.evacuation.moving import require_fits, require_room
from cases.domain.verbs import verb
from cases.enums import SEEKS_SEATS, SeatStatus
from cases.errors import Refusal
from cases.models import Convoy, EvacuationRequest
from cases.planning.seating import Party, Room
from cases.queries import seated, seating
from cases.queries.evacuation import Planned


@dataclass(slots=True)
class Applied:
    """What became of each planned request, by key. `already`: it sat there. `left`: as it was, with the refusal."""

    seated: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    left: dict[int, Refusal] = field(default_factory=dict)


@verb("evacuation.apply_plan")
def apply_plan(planned: Collection[Planned], *, by: Actor) -> Applied:
    """Seat whom a plan seats, and move whom it moves, each whole party by itself: one that cannot undoes no other.

    A party must stand as the plan found it, and the rules of a move hold. Nobody confirmed is moved. New places are
    held for two hours, and every household is called back. Applying twice changes nothing. Locks the legs of all the
    windows the plan fills, then the households, cases, requests and seats. Raises AlreadyTaken when they never stood
    still; what single parties are refused for is told, not raised.
    """
    policy.require()
    wanted = {one.request: one for one in planned}
    done = Applied()
    if not wanted:
        return done
    convoys = Convoy.objects.select_related("window").in_bulk({one.convoy for one in planned})
    found = requests_step(wanted, convoys=_with_their_windows(convoys.values()))
    work = _Work(wanted, convoys, found, done)
    todo = sorted(seating.parties(wanted), key=_movers_first)
    while todo:
        # Who had no room looks again when somebody moved away: the places they left may have been planned for them.
        moved = len(done.moved)
        todo = [party for party in todo if work.no_room_for(party)]
        if len(done.moved) == moved:
            break
    telling.places_step(found.requests[pk].case_id for pk in (*done.seated, *done.moved))
    return done


def _with_their_windows(convoys: Iterable[Convoy]) -> set[int]:
    """All convoys of the windows of these: a window's legs are locked together, as a hold locks them."""
    windows = {convoy.window_id for convoy in convoys}
    return set(Convoy.objects.filter(window__in=windows).values_list("pk", flat=True))


def _movers_first(party: Party) -> tuple[bool, tuple[str, datetime, int]]:
    """They leave places that others are planned for; else the most urgent first, then who has waited longest."""
    return not party.only, party.rank


@dataclass(slots=True)
class _Work:
    """A plan under its locks. `rooms`: what is left on its convoys, counted along and read again after a move."""

    wanted: dict[int, Planned]
    convoys: dict[int, Convoy]
    found: Locked
    done: Applied
    rooms: dict[int, Room] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._look()

    def _look(self) -> None:
        self.rooms = {room.convoy: room for room in seating.rooms(seating.open_convoys().filter(pk__in=self.convoys))}

    def no_room_for(self, party: Party) -> bool:
        """Apply the plan for one party; tells whether it found no room, and may look again."""
        theirs = {pk: row for pk, row in self.found.requests.items() if pk in party.requests}
        mine = Locked(theirs, [seat for seat in self.found.seats if seat.traveller.request_id in theirs])
        keys = sorted(party.requests & set(self.wanted))
        try:
            to = _require_as_planned(party, [self.wanted[pk] for pk in keys], self.convoys, mine)
            if party.only == {to.pk} and not party.load.people:
                self.done.already += keys
                return False
            moves = not party.load.people
            with transaction.atomic():
                self._move(mine, keys[0], to) if moves else self._seat(mine, party, to)
        except Refusal as refusal:
            _read_again(mine)
            self.done.left |= dict.fromkeys(keys, refusal)
            return isinstance(refusal, refusals.NoRoom)
        for pk in keys:
            self.done.left.pop(pk, None)
        (self.done.moved if moves else self.done.seated).extend(keys)
        return False

    def _seat(self, found: Locked, party: Party, to: Convoy) -> None:
        """Give a party places, or those of it who have none."""
        room = self.rooms.get(to.pk)
        if room is None:
            raise refusals.ConvoyClosed
        placed = require_fits(party, room)
        seat_step(found, placed)
        room.take(party, placed.boards)

    def _move(self, found: Locked, request: int, to: Convoy) -> None:
        """A party gives up what it holds and is held elsewhere. Who is confirmed stays."""
        if any(seat.status == SeatStatus.CONFIRMED for seat in found.taking):
            raise refusals.ChangedMeanwhile
        seats.free_step(found.taking)
        seat_step(found, require_room(require_party(request, found), to))
        self._look()


def _require_as_planned(party: Party, planned: list[Planned], convoys: dict[int, Convoy], found: Locked) -> Convoy:
    """The convoy of a party that is whole and stands as it was planned. Raises what it is refused for."""
    to = convoys.get(planned[0].convoy)
    if to is None or {one.convoy for one in planned} != {to.pk}:
        raise refusals.ChangedMeanwhile
    if party.only == {to.pk} and not party.load.people:
        return to
    if found.aboard:
        raise refusals.Aboard
    if any(row.status not in SEEKS_SEATS or not row.case.is_open for row in found.requests.values()):
        raise refusals.NotSeeking
    needy = {part.request for part in party.parts if part.load.people} or party.requests
    torn = party.load.people and party.only - {to.pk}  # some of them sit elsewhere by now: they are not moved for it
    if torn or {one.request for one in planned} != needy:
        raise refusals.ChangedMeanwhile
    if any(one.stands != _stands(found, one.request) for one in planned) or party.unverified:
        raise refusals.ChangedMeanwhile
    _require_unbarred(party)
    return to


def _stands(found: Locked, request: int) -> str:
    sits = (seat.convoy_id for seat in found.taking if seat.traveller.request_id == request)
    return seated.stands(found.requests[request], sits)


def _require_unbarred(party: Party) -> None:
    """The machine may seat them: what the desk or a medic recorded meanwhile stands."""
    if "not_fit" in party.barred:
        raise refusals.NotFit
    for code in sorted(party.barred):
        raise ASKED.get(code, refusals.NeedsPlanner)


def _read_again(found: Locked) -> None:
    """What was undone in the database is undone in the rows that stand for it."""
    rows: list[EvacuationRequest] = list(found.requests.values())
    for row in (*rows, *found.seats):
        row.refresh_from_db(fields=["status", "version"])
