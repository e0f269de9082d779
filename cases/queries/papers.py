"""The frozen list of a convoy as its papers need it: names only where a paper carries them, each opening on record."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from cases.actors import Staff
from cases.disclosure import reveal_living
from cases.enums import OPEN_NEED, FitToTravel, Mobility, SeatKind, Why
from cases.models import Convoy, Manifest, Need, Seat
from cases.planning.papers import Papers, Party, Rider, Stopping
from cases.queries.evacuation.board import zone_of
from cases.queries.field import NAMES, name_of, title_of, token_of
from cases.queries.private_cars import Cars, cars_of

OXYGEN = "OXYGEN"
HELPED = (Mobility.ASSISTED, Mobility.WHEELCHAIR, Mobility.BEDRIDDEN)
PERSON = ("person__data_key", "person__household")
Line = dict[str, Any]


def last_list(convoy: Convoy) -> Manifest | None:
    """The list that counts."""
    return convoy.manifests.order_by("number").last()


def papers(convoy: Convoy, manifest: Manifest, *, names: bool, by: Staff) -> Papers:
    """What is printed, in a constant number of statements; words of places in the active language.

    Who is on it, on what kind of place and between which stops is what was frozen, whatever changed since: the digest
    on the sheet stands for exactly that. Needs and moved stops are read as they are now.
    """
    zone = zone_of(convoy.window)
    rows = _joined(manifest)
    if names:
        open_ones = [seat.person for _line, seat in rows if not seat.person.household.protected]
        reveal_living(open_ones, *NAMES, by=by, why=Why.MANIFEST)
    return Papers(
        title=title_of(convoy),
        number=manifest.number,
        digest=manifest.digest,
        frozen=f"{manifest.created_at.astimezone(zone):%d.%m.%Y %H:%M}",
        departs=f"{convoy.departs_at.astimezone(zone):%d.%m.%Y %H:%M}" if convoy.departs_at else "",
        stops=_stops(convoy),
        parties=_parties(convoy, rows, names=names),
        line=settings.HOTLINE_LINE_NUMBER,
    )


def _joined(manifest: Manifest) -> list[tuple[Line, Seat]]:
    """The frozen lines in their order, each with its seat; of somebody who stands twice, the last one."""
    oxygen = Need.objects.filter(case=OuterRef("traveller__request__case"), type__code=OXYGEN, status__in=OPEN_NEED)
    seats = Seat.objects.filter(uid__in=[line["seat"] for line in manifest.lines]).annotate(oxygen=Exists(oxygen))
    of = {str(seat.uid): seat for seat in seats.select_related("traveller__request__case", *PERSON)}
    found = [(line, of[line["seat"]]) for line in manifest.lines if line["seat"] in of]
    newest = {seat.person_id: seat.pk for _line, seat in sorted(found, key=lambda one: one[1].pk)}
    return [(line, seat) for line, seat in found if newest[seat.person_id] == seat.pk]


def _stops(convoy: Convoy) -> tuple[Stopping, ...]:
    """The stops as they are now: a sheet that sends people to a stop that moved would leave them behind."""
    moved = {row.seq: row for row in convoy.stop_changes.filter(replaced_at__isnull=True).select_related("place")}
    return tuple(
        Stopping(stop.seq, (moved.get(stop.seq) or stop).place.name, (moved.get(stop.seq) or stop).landmark)
        for stop in convoy.window.corridor.stops.all()
    )


def _parties(convoy: Convoy, rows: list[tuple[Line, Seat]], *, names: bool) -> tuple[Party, ...]:
    grouped: dict[str, list[tuple[Line, Seat]]] = defaultdict(list)
    for line, seat in rows:
        grouped[line["ref"]].append((line, seat))
    cars = cars_of(convoy)
    return tuple(_party(convoy, ref, lines, cars, names=names) for ref, lines in grouped.items())


def _party(convoy: Convoy, ref: str, lines: list[tuple[Line, Seat]], cars: Cars, *, names: bool) -> Party:
    return Party(
        ref=ref,
        token=token_of(convoy, lines[0][1].traveller.request.case),
        start=min(line["from"] for line, _seat in lines),
        end=max(line["to"] for line, _seat in lines),
        riders=tuple(_rider(no, line, seat, names) for no, (line, seat) in enumerate(lines, start=1)),
        oxygen=any(seat.oxygen for _line, seat in lines),  # type: ignore[attr-defined]
        animals=sum(line["animals"] for line, _seat in lines),
        luggage=sum(line["luggage"] for line, _seat in lines),
        turn=lines[0][0].get("turn", 0),
        apart=cars.apart(seat for _line, seat in lines),
    )


def _rider(no: int, line: Line, seat: Seat, names: bool) -> Rider:
    person = seat.person
    return Rider(
        no=no,
        place=line["kind"],
        child=line["minor"],
        helped=line["kind"] == SeatKind.SEAT and person.mobility in HELPED,
        medic=person.fit_to_travel == FitToTravel.WITH_MEDIC,
        name=name_of(person) if names else "",
        age=str(person.get_age_band_display()) if names else "",
    )
