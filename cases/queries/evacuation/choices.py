"""Where a party could move, and why not elsewhere: the rules of a move, read before anybody presses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.actors import Staff
from cases.enums import SEAT_TAKES_PLACE, VehicleKind
from cases.models import Convoy, EvacuationRequest, Seat, Vehicle
from cases.planning.seating import Fit, Load, Party, Unfit, fit
from cases.queries import seated, seating
from cases.queries.evacuation.fills import KINDS
from cases.queries.evacuation.moves import called, named

WHY: Final[dict[Unfit, str | Promise]] = {
    Unfit.WAY: gettext_lazy("goes another way"),
    Unfit.DAYS: gettext_lazy("leaves on a day they cannot"),
    Unfit.STOP: gettext_lazy("no stop near them"),
    Unfit.PRIVATE: gettext_lazy("room in private cars alone, in which they must not ride"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A convoy a party could be moved to. `at`: the stops where they get on; `why`: what keeps them off, or nothing."""

    convoy: int
    label: str
    at: list[str]
    why: str


@dataclass(frozen=True, slots=True)
class Choices:
    """`room`: convoys that take all of them, the earliest first; `rest`: the others. `never`: why none ever will."""

    request: EvacuationRequest
    refs: list[str]
    people: int
    room: list[Choice]
    rest: list[Choice]
    never: str


def choices(request: EvacuationRequest, *, by: Staff) -> Choices:
    """Every other convoy of their direction that takes people on, as `move` would judge it now.

    In a constant number of statements. Whoever moves is asked again under the locks.
    """
    party = seating.party_of(request.pk)
    there = Seat.objects.filter(traveller__request__in=party.requests, status__in=SEAT_TAKES_PLACE)
    moved = seated.as_new(party, seated.loads(there))
    rows = seating.open_convoys().filter(window__direction=request.direction).exclude(pk__in=party.only)
    rooms = seating.rooms(rows)
    unchecked = seating.unverified_left({room.window for room in rooms}) if moved.unverified else {}
    medics = _with_medics([room.convoy for room in rooms]) if "with_medic" in moved.barred else None
    fits = [fit(moved, room) for room in rooms]
    convoys = {row.pk: row for row in named(rows)}
    found = [
        _choice(convoys[one.room.convoy], one, _why(one, moved, unchecked, medics))
        for one in fits
        if one.room.convoy in convoys
    ]
    cases = EvacuationRequest.objects.visible_to(by).filter(pk__in=party.requests).select_related("case")
    return Choices(
        request=request,
        refs=sorted(row.case.spoken for row in cases),
        people=moved.load.people,
        room=[one for one in found if not one.why],
        rest=[one for one in found if one.why],
        never=_("A medic said that one of them is not fit to travel.") if "not_fit" in moved.barred else "",
    )


def _choice(convoy: Convoy, found: Fit, why: str) -> Choice:
    stops = {stop.seq: stop.place.name for stop in convoy.window.corridor.stops.all()}
    return Choice(convoy.pk, called(convoy), list(dict.fromkeys(stops[seq] for seq in found.boards.values())), why)


def _with_medics(convoys: Iterable[int]) -> set[int]:
    rows = Vehicle.objects.filter(convoy__in=convoys, kind=VehicleKind.AMBULANCE, out_since__isnull=True)
    return set(rows.values_list("convoy", flat=True))


def _why(one: Fit, party: Party, unchecked: dict[int, int], medics: set[int] | None) -> str:
    if one.why == Unfit.ROOM:
        return _too_few(one.lacks)
    if one.why is not None:
        return str(WHY[one.why])
    if medics is not None and one.room.convoy not in medics:
        return _("no ambulance, and one of them travels with a medic only")
    if party.unverified and party.unverified > unchecked[one.room.window]:
        return _("unchecked requests hold their share of this window")
    return ""


def _too_few(lacks: Load) -> str:
    said = [f"{count} × {KINDS[kind]}" for kind, count in lacks._asdict().items() if count]
    return _("too few: %(places)s") % {"places": ", ".join(said)}
