"""What may be told to who is on the line ("Do no harm", 1): by tier, never counts, routes or vehicles."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.enums import SEAT_TAKES_PLACE, CallDirection, ConvoyStatus, CorridorStatus, Direction, Identity, SeatStatus
from cases.models import Draft, Leg, Seat, Tie

PLACES: Final = ("seats", "wheelchairs", "stretchers")
# More than so many are planned by a coordinator who rings back ("Groups").
MOST: Final = 12
# So long before the departure stop and time are told, and no earlier.
SOON: Final = timedelta(hours=12)
# A convoy that can still be joined.
OPEN: Final = (ConvoyStatus.PLANNED, ConvoyStatus.CLEARED)


@dataclass(frozen=True, slots=True)
class Telling:
    """`seat`: "yes", "waiting", or empty without a direction."""

    seat: str
    lines: list[str]


def can_seat(direction: str, wanted: dict[str, int]) -> bool:
    """Is there a convoy in this direction, still open, on every leg of which so many places of each kind are free?

    One statement; what comes out is a yes or a no.
    """
    if direction not in Direction.values or sum(wanted.values()) > MOST:
        return False
    full = Q()
    for kind in PLACES:
        full |= Q(**{f"{kind}__lt": F(f"{kind}_taken") + wanted.get(kind, 0)})
    legs = Leg.objects.filter(
        convoy__status__in=OPEN,
        convoy__window__direction=direction,
        convoy__window__corridor__status=CorridorStatus.OPEN,
        convoy__window__slot__endswith__gt=timezone.now(),
    )
    convoys: dict[int, bool] = {}
    is_full = Case(When(full, then=Value(True)), default=Value(False))
    for convoy, no_room in legs.annotate(no_room=is_full).values_list("convoy", "no_room"):
        convoys[convoy] = convoys.get(convoy, True) and not no_room
    return any(convoys.values())


def telling(draft: Draft | None, *, direction: str, wanted: dict[str, int]) -> Telling:
    """What to tell on this call: the day to who is known for sure, stop and time by the rules of `_when`."""
    known = draft is not None and draft.identity == Identity.CONFIRMED  # registered, and known for sure
    lines = [_("How to register, and what to bring. Staying is an option too.")]
    if known and draft is not None:
        lines += _when(draft)
    else:
        lines.append(_("Nothing of who is registered, aboard or arrived: not to a spouse either."))
    seat = ""
    if direction in Direction.values:
        seat = "yes" if can_seat(direction, wanted) else "waiting"
    return Telling(seat=seat, lines=lines)


def _when(draft: Draft) -> list[str]:
    """Day and direction of their own places; stop and time at most 12 hours before, on a call that we made to the
    registered number, with the code word, for confirmed places ("Do no harm", 1: T1 and T2).
    """
    places = Seat.objects.filter(
        traveller__request__case__household=draft.confirmed_household_id, status__in=SEAT_TAKES_PLACE
    )
    seat = places.select_related("convoy__window").order_by("convoy__departs_at", "from_seq", "pk").first()
    if seat is None or seat.convoy.departs_at is None:
        return [_("The day and the direction of their own request, if they ask.")]
    stop = _stop(seat)
    departs = seat.convoy.departs_at.astimezone(ZoneInfo(stop.time_zone))
    told = {"day": date_format(departs, "j E"), "direction": Direction(seat.convoy.window.direction).label}
    lines = [_("Their day, if they ask: %(day)s, %(direction)s.") % told]
    if seat.status == SeatStatus.CONFIRMED and departs - timezone.now() <= SOON and _on_their_number(draft):
        where = ", ".join(filter(None, (stop.name, stop.landmark)))
        lines.append(_("Their stop and time: %(stop)s, %(time)s.") % {"stop": where, "time": f"{departs:%H:%M}"})
        return lines
    return [*lines, _("Stop and time: at most 12 hours before, when we call their number and they say the code word.")]


@dataclass(frozen=True, slots=True)
class _Stop:
    name: str
    landmark: str
    time_zone: str


def _stop(seat: Seat) -> _Stop:
    """Where they get on, and where that moved to."""
    moved = seat.convoy.stop_changes.filter(seq=seat.from_seq, replaced_at__isnull=True).select_related("place")
    row = moved.first() or seat.convoy.window.corridor.stops.select_related("place").get(seq=seat.from_seq)
    return _Stop(str(row.place.name), row.landmark, row.place.time_zone)


def _on_their_number(draft: Draft) -> bool:
    """Caller ID is a hint: only a number that we rang is theirs, and only with the word."""
    if not draft.word_said or draft.call is None or draft.call.direction != CallDirection.OUT:
        return False
    theirs = Tie.objects.verified().filter(household=draft.confirmed_household_id)
    return theirs.filter(caller__reaches__contact=draft.contact_id).exists()
