"""Who is aboard a convoy by what was said of them, whether or not the books have a place for them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from cases.enums import OF_A_PERSON, EntryOutcome, FieldAct, SeatStatus
from cases.models import FieldEntry, Seat
from cases.planning.boarding import DESK, Entry, Standing, stands

# Words that count only when somebody has looked into them: a lost phone's, a strange clock's, of a convoy that stands.
UNSURE: Final = Q(outcome=EntryOutcome.WAITING, code__in=["clock_wrong", "device_revoked", "convoy_suspended"])
# Why somebody who is said to be aboard has no place in the books.
NO_PLACE: Final = ("no_room", "child_alone", "place_elsewhere")
WENT: Final = (SeatStatus.BOARDED, SeatStatus.ARRIVED, SeatStatus.DIVERTED, SeatStatus.ACCOUNTED)


def counting(seats: Collection[Seat]) -> QuerySet[FieldEntry]:
    """The words about these places that count, those that wait for a decision too, and what takes them back."""
    mine = FieldEntry.objects.filter(seat__in=seats, act__in=OF_A_PERSON)
    here = {seat.convoy_id for seat in seats}
    backs = FieldEntry.objects.filter(act=FieldAct.TAKEN_BACK, convoy__in=here, takes_back__in=mine.values("uid"))
    rows = FieldEntry.objects.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=backs.values("pk")))
    return rows.exclude(outcome=EntryOutcome.REFUSED).exclude(UNSURE)


def standings(seats: Collection[Seat]) -> dict[int, Standing]:
    """Where each place stands by all that was said of it (two statements)."""
    words = list(counting(seats))
    seat_of = {entry.uid: entry.seat_id for entry in words if entry.seat_id is not None}
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in words:
        seat = entry.seat_id or (seat_of.get(entry.takes_back) if entry.takes_back else None)
        found[seat or 0].append(
            Entry(
                str(entry.uid),
                entry.act,
                entry.at,
                entry.order,
                str(entry.device_id) if entry.device_id else DESK,
                str(entry.takes_back) if entry.takes_back else "",
            )
        )
    return {seat.pk: stands(found[seat.pk]) for seat in seats}


def without_a_place() -> QuerySet[Seat]:
    """The lines of whoever is said to be aboard and has no place in the books: of any convoy, in one condition."""
    waits = FieldEntry.objects.filter(seat=OuterRef("pk"), outcome=EntryOutcome.WAITING, code__in=NO_PLACE)
    return Seat.objects.filter(Exists(waits), contested=True).exclude(status=SeatStatus.BOARDED)


def unplaced(convoy: int) -> dict[int, Standing]:
    """Who went with a convoy as it was said, and has no place in its books, by their seat; where they stand as said.

    Two statements, one where there is nobody. Their seat is kept as given up: it takes no place of a leg.
    """
    torn = list(Seat.objects.filter(convoy=convoy, contested=True).exclude(status=SeatStatus.BOARDED).order_by("pk"))
    said = standings(torn) if torn else {}
    without = [seat for seat in torn if said[seat.pk].status in WENT and said[seat.pk].status != seat.status]
    return {seat.pk: said[seat.pk] for seat in without}


def aboard(convoy: int) -> QuerySet[Seat]:
    """Whoever is aboard now: in the books, and those said to be without a place in them."""
    without = [pk for pk, said in unplaced(convoy).items() if said.status == SeatStatus.BOARDED]
    return Seat.objects.filter(Q(convoy=convoy, status=SeatStatus.BOARDED) | Q(pk__in=without))
