"""Corridors with their stops, and windows: planned by dispatchers, agreed with an authority, opened, closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, jobs, lifecycle
from cases.domain.evacuation import refusals, seats
from cases.domain.evacuation.locking import corridor_legs_step
from cases.domain.verbs import verb
from cases.enums import LIVE_SEAT, CorridorStatus, Direction, Publicity
from cases.errors import Forbidden, Invalid
from cases.models import Corridor, Place, Seat, Stop, Window
from cases.queries.aboard import without_a_place

OPENNESS = (Publicity.CONFIRMED_ONLY, Publicity.REGISTERED, Publicity.PUBLIC)


@dataclass(frozen=True, slots=True)
class StopFacts:
    """A stop as it is planned. `changes_vehicle`: everybody gets off one vehicle and on another here."""

    place: Place
    landmark: str = ""
    has_shelter: bool = False
    changes_vehicle: bool = False


@verb("corridors.plan")
def plan_corridor(*, name: str, stops: Sequence[StopFacts], authority: str = "", by: Actor) -> Corridor:
    """Plan a corridor with its stops in the order in which they are passed. The same plan twice is one corridor.

    Locks nothing: that a name stands once is the database's rule. Raises Invalid, NameTaken.
    """
    policy.require()
    name = name.strip()
    if not name:
        raise Invalid(_("Give the corridor a name."), field="name")
    if len(stops) < 2:
        raise Invalid(
            _("A corridor has at least two stops: where people get on, and where they get off."), field="stops"
        )
    corridor, made = Corridor.objects.get_or_create(name=name, defaults={"authority": authority.strip()})
    rows = [
        Stop(
            corridor=corridor,
            seq=seq,
            place=stop.place,
            landmark=stop.landmark.strip(),
            has_shelter=stop.has_shelter,
            changes_vehicle=stop.changes_vehicle,
        )
        for seq, stop in enumerate(stops)
    ]
    if not made:
        standing = list(corridor.stops.order_by("seq").values_list("place", "landmark"))
        if standing != [(row.place_id, row.landmark) for row in rows]:
            raise refusals.NameTaken(field="name")
        return corridor
    Stop.objects.bulk_create(rows)
    events.record(corridor, stops=len(rows))
    return corridor


@verb("corridors.open")
def open_corridor(corridor: Corridor, *, authority: str = "", by: Actor) -> Corridor:
    """Open a planned corridor, agreed with an authority; who waits is offered places. Opening twice is harmless.

    Locks the corridor. Raises NotOpenable, IllegalMove (a suspended one is resumed by two people instead).
    """
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if corridor.status == CorridorStatus.OPEN:
        return corridor
    agreed = authority.strip() or corridor.authority
    if not agreed:
        raise refusals.NotOpenable(field="authority")
    if corridor.status == CorridorStatus.SUSPENDED:
        raise refusals.SecondPerson(_("A suspended corridor is resumed: one person proposes it, another agrees."))
    lifecycle.move(corridor, CorridorStatus.OPEN, authority=agreed)
    seats.offer_step(corridor.windows.values_list("pk", flat=True))
    return corridor


@verb("corridors.close")
def close_corridor(corridor: Corridor, *, by: Actor) -> Corridor:
    """Close a corridor for good, when nobody has a place on it. Closing twice is harmless.

    Locks the corridor, then the legs of its convoys. Raises InUse.
    """
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if corridor.status == CorridorStatus.CLOSED:
        return corridor
    corridor_legs_step(corridor)
    live, without = Seat.objects.filter(status__in=LIVE_SEAT), without_a_place()
    if any(rows.filter(convoy__window__corridor=corridor).exists() for rows in (live, without)):
        raise refusals.InUse
    lifecycle.move(corridor, CorridorStatus.CLOSED, resume_proposed_by=None, resume_proposed_at=None)
    return corridor


@verb("corridors.add_window")
def add_window(
    corridor: Corridor,
    *,
    direction: Direction,
    begins: datetime,
    ends: datetime,
    agreed_with: str,
    documents_required: bool = False,
    by: Actor,
) -> Window:
    """Add a time slot, agreed with an authority. Only confirmed travellers are told of it. The same one twice is one.

    Locks the corridor. Raises Invalid, OneWay, Overlaps, IllegalMove for a closed corridor.
    """
    corridor = Corridor.objects.locked().get(pk=corridor.pk)
    if direction not in Direction.values:
        raise Invalid(_("Choose a direction."), field="direction")
    if ends <= begins:
        raise Invalid(_("The window ends after it begins."), field="ends")
    if begins <= timezone.now():
        raise Invalid(_("This time has passed. Choose a window in the future."), field="begins")
    if not agreed_with.strip():
        raise Invalid(_("Say with which authority this window is agreed."), field="agreed_with")
    if corridor.status == CorridorStatus.CLOSED:
        raise refusals.ConvoyClosed(refusals.CORRIDOR_CLOSED)
    slot = TimestamptzRange(begins, ends)
    same = corridor.windows.filter(direction=direction, slot=slot).first()
    if same is not None:
        return same
    if corridor.windows.exclude(direction=direction).exists():
        raise refusals.OneWay(field="direction")
    try:
        with transaction.atomic():
            window = Window.objects.create(
                corridor=corridor,
                direction=direction,
                slot=slot,
                agreed_with=agreed_with.strip(),
                documents_required=documents_required,
            )
    except IntegrityError as error:
        raise refusals.Overlaps(field="begins") from error
    events.record(window, corridor=str(corridor.uid), direction=str(direction))
    return window


# --- who may be told of a window: raising it needs two ---------------------------------------------------------------


@verb("corridors.propose_publicity")
def propose_publicity(window: Window, *, publicity: Publicity, by: Actor) -> Window:
    """Propose that more people may be told of a window; another person agrees. Telling fewer holds at once.

    What nobody agreed to within `SECOND_WITHIN` lapses. Locks the corridor, then the window. Raises Invalid,
    ConvoyClosed for a closed corridor, of which fewer may be told still.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    corridor, window = _window(window)
    if publicity not in Publicity.values:
        raise Invalid(field="publicity")
    level = OPENNESS.index(Publicity(publicity))
    if level <= OPENNESS.index(Publicity(window.publicity)):
        window.publicity, window.publicity_wanted = publicity, ""
        window.publicity_wanted_at = None
    elif corridor.status == CorridorStatus.CLOSED:
        raise refusals.ConvoyClosed(refusals.CORRIDOR_CLOSED)
    elif (window.publicity_wanted, window.publicity_raised_by_id) == (publicity, by.user_id) and window.publicity_waits:
        return window
    else:
        before = {window.publicity_raised_by_id, window.publicity_agreed_by_id} - {None, by.user_id}
        raised = window.publicity != Publicity.CONFIRMED_ONLY  # what stands was agreed by two, and stays so
        window.publicity_wanted, window.publicity_raised_by_id = publicity, by.user_id
        window.publicity_wanted_at = timezone.now()
        jobs.enqueue("publicity_lapse", f"publicity:{window.uid}", subject=window.pk, due_at=window.publicity_until)
        window.publicity_agreed_by_id = min(before, default=None) if raised else None  # type: ignore[type-var]
    names = ["publicity", "publicity_wanted", "publicity_wanted_at", "publicity_raised_by", "publicity_agreed_by"]
    window.save(update_fields=names)
    events.record(window, wanted=str(publicity), stands=window.publicity)
    return window


@verb("corridors.agree_publicity")
def agree_publicity(window: Window, *, publicity: str, by: Actor) -> Window:
    """Agree to what another person proposed; `publicity` is what was read. Twice is harmless. Locks as proposing does.

    Raises SecondPerson, NothingProposed, TooLate, OtherProposed where something else is proposed by now, ConvoyClosed
    for a closed corridor. The database, too, refuses a publicity raised by one person alone.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    corridor, window = _window(window)
    if not window.publicity_wanted:
        if (window.publicity, window.publicity_agreed_by_id) == (publicity, by.user_id):
            return window
        raise refusals.NothingProposed
    if corridor.status == CorridorStatus.CLOSED:
        raise refusals.ConvoyClosed(refusals.CORRIDOR_CLOSED)
    if window.publicity_raised_by_id == by.user_id:
        raise refusals.SecondPerson
    if not window.publicity_waits:
        raise refusals.TooLate
    if window.publicity_wanted != publicity:
        raise refusals.OtherProposed
    window.publicity, window.publicity_wanted, window.publicity_agreed_by_id = window.publicity_wanted, "", by.user_id
    window.publicity_wanted_at = None
    window.save(update_fields=["publicity", "publicity_wanted", "publicity_wanted_at", "publicity_agreed_by"])
    events.record(window, publicity=window.publicity)
    return window


def _window(window: Window) -> tuple[Corridor, Window]:
    """A window and its corridor, locked: whoever closes the corridor waits, or was first."""
    corridor = Corridor.objects.locked().get(pk=window.corridor_id)
    return corridor, Window.objects.locked().get(pk=window.pk)
