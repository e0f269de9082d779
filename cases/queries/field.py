"""What the crew of a convoy reads: their convoys, and the list that goes onto a phone or a sheet."""

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.actors import Staff
from cases.disclosure import reveal_living
from cases.enums import (
    LIVE_SEAT,
    SEAT_TAKES_PLACE,
    UNDER_WAY,
    ConvoyStatus,
    CrewDuty,
    SeatKind,
    SeatStatus,
    Why,
)
from cases.models import Case, Convoy, Crew, FieldDevice, Incident, Leg, Manifest, Person, Seat, StopChange
from cases.models.evacuation import PLACES
from cases.planning.boarding import Standing
from cases.queries.aboard import unplaced
from cases.queries.evacuation.board import zone_of
from cases.queries.opened import plain
from cases.queries.private_cars import Cars, cars_of
from cases.queries.seating import needs

# On the list: who may still come, and who came; whoever gave their place up is not.
LISTED: Final = (*LIVE_SEAT, "arrived", "diverted", "accounted", "no_show", "refused")
STAYS: Final = timedelta(hours=12)
# Stretchers are boarded first, then wheelchairs.
FIRST: Final = {SeatKind.STRETCHER: 0, SeatKind.WHEELCHAIR: 1, SeatKind.SEAT: 2}
# Words that wait for somebody, and why, in words for who said them.
SAYS: Final[dict[str, str | Promise]] = {
    "": "",
    "malformed": _("This line could not be read. Write it down and tell the dispatcher."),
    "wrong_convoy": _("This person is on the list of another convoy. Nothing was counted here."),
    "unknown_person": _("Nobody with this code is on the list. Look for the household, or enter who turned up."),
    "unknown_entry": _("What was to be taken back was never said on this convoy."),
    "convoy_closed": _("This convoy is closed. What you said is kept; tell the dispatcher."),
    "convoy_suspended": _("The convoy is suspended. What you said is kept; the dispatcher decides."),
    "clock_wrong": _("The clock of this phone was wrong when it was said. It is kept; the dispatcher decides."),
    "device_revoked": _("This phone was taken off the convoy. What it said is kept; the dispatcher decides."),
    "not_free": _("They could not speak freely. Let the protection officer talk to them alone."),
    "no_room": _("There is no place for them in our books. The dispatcher was told; do not leave anybody on the road."),
    "place_elsewhere": _("They have a place on another convoy in our books. The dispatcher was told; take them along."),
    "child_alone": _("A child would travel without an adult of their own. The protection officer was told."),
    "contradiction": _("Somebody else said something different of them. The dispatcher decides."),
    "count_differs": _("The count differs from the list. The dispatcher was told."),
    "convoy_over": _("The convoy has fewer places than people in our books. The dispatcher was told."),
    "not_in_order": _("The convoy cannot have done that from where it stands. The dispatcher decides."),
}
NAMES: Final = ("surname", "given_name", "patronymic")


def listed(convoy: Convoy) -> QuerySet[Seat]:
    """The places on the list of a convoy; of somebody with two, the last one.

    Who gave a place up is on it all the same where somebody says otherwise: they may be aboard.
    """
    return Seat.objects.filter(Q(status__in=LISTED) | Q(contested=True), convoy=convoy)


# --- codes on paper ------------------------------------------------------------------------------------------------


def prefix_of(convoy: Convoy) -> str:
    """What the codes of one convoy begin with: a code of another convoy is told from a forged one without network."""
    return convoy.uid.hex[:6].upper()


def token_of(convoy: Convoy, case: Case) -> str:
    """The code of a household on a convoy, for a QR: nobody who does not hold our key can make one.

    50 bits of an HMAC-SHA-256 in base 32 (RFC 4648, section 6); it says nothing about anybody.
    """
    text = f"manifest:{convoy.uid}:{case.uid}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).digest()
    return f"H1-{prefix_of(convoy)}-{base64.b32encode(digest[:10]).decode()[:10]}"


# --- whose convoys -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConvoyOfMine:
    """`departs` in the zone of the corridor's first stop; `taken`: people on its list."""

    convoy: Convoy
    title: str
    departs: str
    duties: list[str]
    taken: int


def convoys_of(by: Staff) -> list[ConvoyOfMine]:
    """The convoys on whose crew somebody is, under way or cleared, soonest first; planners see all of them."""
    mine = Prefetch("crew", Crew.objects.filter(user=by.user_id, ended_at__isnull=True), to_attr="mine")
    rows = Convoy.objects.visible_to(by).filter(status__in=[*UNDER_WAY, ConvoyStatus.CLEARED])
    taken = Count("places", filter=Q(places__status__in=LISTED), distinct=True)
    found: Any = rows.select_related("window__corridor").prefetch_related(
        mine, Prefetch("window__corridor__stops__place")
    )
    return [
        ConvoyOfMine(
            convoy,
            title_of(convoy),
            f"{convoy.departs_at.astimezone(zone_of(convoy.window)):%d.%m %H:%M}" if convoy.departs_at else "",
            [str(CrewDuty(crew.duty).label) for crew in convoy.mine],
            convoy.taken,
        )
        for convoy in found.annotate(taken=taken).order_by("departs_at", "pk")
    ]


def title_of(convoy: Convoy) -> str:
    return f"{convoy.window.corridor.name} · {convoy.number}"


# --- the list on a phone -------------------------------------------------------------------------------------------


def bundle(device: FieldDevice, *, by: Staff) -> dict[str, Any]:
    """The list as a phone carries it, with names; the opening is on record. Protected households go by code alone."""
    convoy = Convoy.objects.select_related("window__corridor").get(pk=device.convoy_id)
    changes = _changes(convoy)
    crew = list(Crew.objects.filter(convoy=convoy, user=by.user_id, ended_at__isnull=True))
    return listing(convoy, changes, by=by) | {
        "expires_at": device.expires_at.isoformat(),
        "device": str(device.uid),
        "marshal": _marshal(changes.values(), by),
        "duties": [row.duty for row in crew],
        "free": free(convoy, unplaced(convoy.pk)),
        "open_incident": open_incident(convoy),
    }


def listing(convoy: Convoy, changes: dict[int, StopChange] | None = None, *, by: Staff) -> dict[str, Any]:
    """What a phone and a file both carry of a convoy; `changes`: the moved stops, where they are read already."""
    moved = _changes(convoy) if changes is None else changes
    last = convoy.manifests.order_by("number").last()
    stops = convoy.window.corridor.stops.select_related("place").order_by("seq")
    return {
        "now": timezone.now().isoformat(),
        "convoy": _convoy(convoy),
        "stops": [_stop(stop, moved) for stop in stops],
        "prefix": prefix_of(convoy),
        "manifest": last.number if last is not None else 0,
        "households": _households(convoy, _seats(convoy), by, turns_of(last)),
    }


def _changes(convoy: Convoy) -> dict[int, StopChange]:
    return {row.seq: row for row in convoy.stop_changes.filter(replaced_at__isnull=True).select_related("place")}


def _seats(convoy: Convoy) -> list[Seat]:
    rows = listed(convoy).select_related("traveller__request__case__household", "person__data_key", "person__household")
    newest = {seat.person_id: seat for seat in rows.prefetch_related("person__specific_needs").order_by("pk")}
    return sorted(newest.values(), key=lambda seat: (seat.from_seq, FIRST[SeatKind(seat.kind)], seat.pk))


def _convoy(convoy: Convoy) -> dict[str, Any]:
    return {
        "uid": str(convoy.uid),
        "title": title_of(convoy),
        "number": convoy.number,
        "direction": convoy.window.direction,
        "status": convoy.status,
        "departs_at": convoy.departs_at.isoformat() if convoy.departs_at else None,
        "zone": str(zone_of(convoy.window)),
    }


def _stop(stop: Any, changes: dict[int, StopChange]) -> dict[str, Any]:
    moved = changes.get(stop.seq)
    return {
        "seq": stop.seq,
        "name": stop.place.name,
        "landmark": stop.landmark,
        "shelter": stop.has_shelter,
        "moved": {"name": moved.place.name, "landmark": moved.landmark} if moved is not None else None,
    }


def _marshal(changes: Iterable[StopChange], by: Staff) -> dict[str, Any] | None:
    for row in changes:
        if row.marshal_id == by.user_id and row.marshal_until > timezone.now():
            return {"seq": row.seq, "until": row.marshal_until.isoformat()}
    return None


def free(convoy: Convoy, without: Mapping[int, Standing]) -> list[dict[str, int]]:
    """Places by leg that nobody has in the books, and on which nobody sits `without` one in them (docs/adr/0026)."""
    here = [pk for pk, said in without.items() if said.status == SeatStatus.BOARDED]
    sit = list(Seat.objects.filter(pk__in=here).exclude(status__in=SEAT_TAKES_PLACE)) if here else []
    legs = convoy.legs.order_by("seq")
    return [_free(leg, needs(seat for seat in sit if seat.from_seq <= leg.seq < seat.to_seq)) for leg in legs]


def _free(leg: Leg, used: Mapping[str, int]) -> dict[str, int]:
    left = {kind: getattr(leg, kind) - getattr(leg, f"{kind}_taken") - used[kind] for kind in PLACES}
    return {"seq": leg.seq} | {kind: max(0, many) for kind, many in left.items()}


def open_incident(convoy: Convoy) -> dict[str, Any] | None:
    """The last incident whose roll-call is not complete."""
    row = Incident.objects.filter(convoy=convoy, rolled_at__isnull=True).order_by("-at").first()
    return {"uid": str(row.uid), "kind": row.kind, "at": row.at.isoformat()} if row is not None else None


def turns_of(manifest: Manifest | None) -> dict[str, int]:
    """By the uid of a seat, the number in which its household boards at its stop, on a frozen list."""
    lines = manifest.lines if manifest is not None else []
    return {line["seat"]: line["turn"] for line in lines if "turn" in line}


def _households(convoy: Convoy, seats: list[Seat], by: Staff, turns: Mapping[str, int]) -> list[dict[str, Any]]:
    open_ones = [seat.person for seat in seats if not seat.person.household.protected]
    reveal_living(open_ones, *NAMES, by=by, why=Why.MANIFEST)
    of_case: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        of_case[seat.traveller.request.case_id].append(seat)
    said = unplaced(convoy.pk)
    cars = cars_of(convoy)
    return [_household(convoy, rows, said, cars, turns) for rows in of_case.values()]


def _household(
    convoy: Convoy, seats: list[Seat], said: Mapping[int, Standing], cars: Cars, turns: Mapping[str, int]
) -> dict[str, Any]:
    case = seats[0].traveller.request.case
    seat_of = {seat.person_id: str(seat.uid) for seat in seats}
    return {
        "ref": case.spoken,
        "turn": next((turns[uid] for uid in seat_of.values() if uid in turns), 0),
        "token": token_of(convoy, case),
        "stop": min(seat.from_seq for seat in seats),
        "to": max(seat.to_seq for seat in seats),
        "animals": sum(seat.animals for seat in seats),
        "luggage": sum(seat.luggage for seat in seats),
        "apart": cars.apart(seats),
        "people": [_person(seat, no, seat_of, said.get(seat.pk)) for no, seat in enumerate(seats, start=1)],
    }


def _person(seat: Seat, no: int, seat_of: dict[int, str], said: Standing | None) -> dict[str, Any]:
    person = seat.person
    return {
        "seat": str(seat.uid),
        "no": no,
        "name": name_of(person),
        "band": person.age_band,
        "minor": person.is_minor,
        "kind": seat.kind,
        "mobility": person.mobility,
        "needs": sorted(row.code_id for row in person.specific_needs.all() if row.code_id != "PROTECTED"),
        "guardian": seat_of.get(person.guardian_id) if person.guardian_id else None,
        "unaccompanied": seat.traveller.unaccompanied,
        "confirmed": seat.status not in (SeatStatus.HELD, SeatStatus.PARKED),
    } | state_of(seat, said)


def state_of(seat: Seat, said: Standing | None = None) -> dict[str, Any]:
    """Where a person stands, as the phones know it; `said`: as was said of whoever has no place in the books."""
    return {
        "seat": str(seat.uid),
        "status": (said and said.status) or seat.status,
        "accounted_as": said.accounted_as if said else seat.accounted_as,
        "missing": seat.missing,
        "contested": seat.contested,
        "unplaced": said is not None,
    }


def name_of(person: Person) -> str:
    """The name where it was opened, else nothing."""
    if person.household.protected or person.data_key.destroyed_at is not None:
        return ""
    return " ".join(filter(None, (plain(person, part) for part in NAMES)))
