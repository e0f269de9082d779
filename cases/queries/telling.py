"""What may be told to who is on the line ("Do no harm", 1): by tier, never counts, routes or vehicles."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.enums import ConvoyStatus, CorridorStatus, Direction, Identity
from cases.models import Draft, Leg

PLACES: Final = ("seats", "wheelchairs", "stretchers")
# More than so many are planned by a coordinator who rings back ("Groups").
MOST: Final = 12
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
    """What to tell on this call."""
    known = draft is not None and draft.identity == Identity.CONFIRMED  # registered, and known for sure
    lines = [_("How to register, and what to bring. Staying is an option too.")]
    if known:
        lines.append(_("The day and the direction of their own request, if they ask."))
    lines.append(
        _("Stop and time: only from a dispatcher, at most 12 hours before.")
        if known
        else _("Nothing of who is registered, aboard or arrived: not to a spouse either.")
    )
    seat = ""
    if direction in Direction.values:
        seat = "yes" if can_seat(direction, wanted) else "waiting"
    return Telling(seat=seat, lines=lines)
