"""What a merge or a parting would break, and so does not do."""

from collections.abc import Collection
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor, Staff
from cases.domain import lifecycle
from cases.enums import ABSENT, CROWDS, LIVE_EVACUATION, LIVE_SEAT, EvacuationStatus, LinkState, NeedStatus, Role
from cases.errors import Forbidden, Refusal
from cases.models import Case, EvacuationRequest, Household, Need, Person, PersonLink, Seat
from cases.queries.aboard import without_a_place


class CannotMerge(Refusal):
    code = "cannot_merge"
    sentence = _("These two cannot become one household now.")


class CannotPart(Refusal):
    code = "cannot_part"
    sentence = _("These people cannot be given a household of their own now.")


PARTED = _("One of them left the other's household on purpose. They are never joined again.")
TWO_CONVOYS = _("Both have places on different convoys. Release the places of one first, then merge.")
TWO_PLACES = _("One person would have two places on convoys. Release one of them first, then merge.")
HAVE_LEFT: Final = ("boarded", "arrived", "diverted")
NOT_FOUND_YET = _(
    "Contact with one of them is lost, or somebody else says they are safe. Settle that first, then merge."
)
LEFT_ALREADY = _(
    "Some of them have left already, and others of them wait or hold places. Say who of them is one person; end the"
    " request of whoever does not travel any more, then merge."
)
TWO_WAYS = _("They chose different directions. Ask each adult first, and settle the direction of one request.")
TWO_DELIVERIES = _("The same need has a delivery on its way to both. Wait until one has arrived, or call it back.")
GROUP_SEATED = _("Some of them hold places. Give the places back first, then they go together again.")
ERASED = _("The data of one of them was erased. There is nothing left to merge.")
TWICE = _("One person was chosen twice. Say for each of them who they are.")
ONE_ALREADY = _("These are one household already.")
NOT_THEIRS = _("One of these people is in neither household. Reload the page and choose again.")
SOUGHT = _("One of them is sought and the other was found: they are linked by the protection officer, never merged.")


def require_protection(households: Collection[Household], by: Actor) -> None:
    """A protected household is the protection officer's alone, and so are two between whom somebody is sought.

    Raises Forbidden, in the same words for both.
    """
    if not isinstance(by, Staff) or Role.PROTECTION in by.roles:
        return
    sought = PersonLink.objects.filter(sought__household__in=households, found__household__in=households)
    if any(one.protected for one in households) or sought.exclude(state=LinkState.CONFIRMED).exists():
        raise Forbidden


def require_mergeable(kept: Household, duplicate: Household, pairs: Collection[tuple[Person, Person]]) -> None:
    """Raise CannotMerge where a merge would break something. The rows are locked."""
    if _left(kept, duplicate) or _left(duplicate, kept):
        raise CannotMerge(PARTED)
    if any(one.data_key.destroyed_at is not None for one in (kept, duplicate)):
        raise CannotMerge(ERASED)
    folded = Household.objects.filter(merged_into__in=[kept, duplicate])
    if any(_left(row, one) for row in folded for one in (kept, duplicate)):
        raise CannotMerge(PARTED)
    for stays, goes in pairs:
        if (stays.household_id, goes.household_id) != (kept.pk, duplicate.pk) or stays.merged_into_id:
            raise CannotMerge(NOT_THEIRS)
        if (stays.presence in ABSENT) != (goes.presence in ABSENT):
            raise CannotMerge(SOUGHT)
    _require_one_convoy(kept, duplicate, pairs)


def is_group(one: Household, other: Household) -> bool:
    """Whether one is a group of a site, or of its group, and the other that site: they go apart for seats alone."""
    crowds = one.kind in CROWDS and other.kind in CROWDS
    return crowds and (other.pk in came_from(one) or one.pk in came_from(other))


def came_from(household: Household) -> list[int]:
    """The households it was parted from, the nearest first."""
    found: list[int] = []
    at = household.split_from_id
    while at is not None and at not in found:
        found.append(at)
        at = Household.objects.values_list("split_from", flat=True).get(pk=at)
    return found


def _left(one: Household, other: Household) -> bool:
    """Whether people were given a household of their own to be apart from the others."""
    return other.pk == one.split_from_id and not is_group(one, other)


def _require_one_convoy(kept: Household, duplicate: Household, pairs: Collection[tuple[Person, Person]]) -> None:
    """A household travels whole, and nobody sits twice."""
    mine = Q(person__household=kept) | Q(traveller__request__case__household=kept)
    theirs = Q(person__household=duplicate) | Q(traveller__request__case__household=duplicate)
    takes = Q(status__in=LIVE_SEAT) | Q(pk__in=without_a_place().values("pk"))
    live = Seat.objects.filter(mine | theirs, takes).select_for_update(no_key=True, of=("self",))
    seats = {seat.pk: seat for seat in live.order_by("pk")}
    if not seats:
        return
    if is_group(kept, duplicate):
        raise CannotMerge(GROUP_SEATED)
    ours = set(Seat.objects.filter(mine, pk__in=seats).values_list("pk", flat=True))
    one, other = ({seats[pk].convoy_id for pk in some} for some in (ours, set(seats) - ours))
    if one and other and one != other:
        raise CannotMerge(TWO_CONVOYS)
    seated = {seat.person_id for seat in seats.values()}
    if any(stays.pk in seated and goes.pk in seated for stays, goes in pairs):
        raise CannotMerge(TWO_PLACES)


def require_one_way(master: Case, duplicate: Case) -> None:
    """Two requests become one: of one direction, and not with places on both."""
    requests = [case.evacuations.filter(status__in=LIVE_EVACUATION).first() for case in (master, duplicate)]
    one, other = requests
    if one is None or other is None:
        return
    if one.direction and other.direction and one.direction != other.direction:
        raise CannotMerge(TWO_WAYS)
    if all(Seat.objects.filter(traveller__request=request, status__in=LIVE_SEAT).exists() for request in requests):
        raise CannotMerge(TWO_PLACES)


def require_one_journey(stays: EvacuationRequest, goes: EvacuationRequest) -> None:
    """Of two live requests one ends, and nobody waits in one whose people have left already. Persons are one by now."""
    if not lifecycle.allowed(goes, EvacuationStatus.CANCELLED):
        raise CannotMerge(LEFT_ALREADY if goes.status in HAVE_LEFT else NOT_FOUND_YET)
    if stays.status not in HAVE_LEFT:
        return
    others = goes.travellers.filter(person__merged_into=None).exclude(person__in=stays.travellers.values("person"))
    if others.exists() or Seat.objects.filter(traveller__request=goes, status__in=LIVE_SEAT).exists():
        raise CannotMerge(LEFT_ALREADY)


def require_one_delivery(master: Case, duplicate: Case) -> None:
    """What is under way for a need cannot be called back by a merge."""
    under_way = (NeedStatus.DISPATCHED, NeedStatus.PARTLY_MET)
    both = Need.objects.filter(case=master, status__in=under_way).values("type")
    if Need.objects.filter(case=duplicate, status__in=under_way, type__in=both).exists():
        raise CannotMerge(TWO_DELIVERIES)
