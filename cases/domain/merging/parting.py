"""Any adult may leave with the children in their care: in a household and a case of their own, protected at once."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.actors import Actor
from cases.domain import assignment, evacuation, events, keys, triage
from cases.domain.merging.refusals import CannotPart, require_protection
from cases.domain.verbs import verb
from cases.enums import LIVE_EVACUATION, LIVE_SEAT, EvacuationStatus, Group
from cases.models import Case, EvacuationRequest, Household, Observation, Person, Seat, Traveller
from cases.planning import reference
from cases.queries.aboard import without_a_place

NOBODY = _("Choose who leaves.")
EVERYBODY = _("Somebody must stay: if all of them leave together, it is the same household.")
NO_ADULT = _("A child alone cannot be given a household. Choose the adult who cares for them too.")
NOT_OF_THEM = _("One of these people is not in this household any more. Reload the page.")


@verb("merging.split")
def split(household: Household, *, people: Collection[int], by: Actor) -> Case:
    """Part these people from a household into one of their own; returns its case, which is protected.

    They take their own facts, their wish to leave and the places they hold with them. Nothing of where they went is
    written on the case they leave, and nobody who was tied to it is tied to theirs: they say themselves how they may
    be reached. Asking twice is harmless. Locks the household, its cases, requests and seats. Raises CannotPart.
    """
    old = Household.objects.locked().select_related("data_key").get(pk=household.pk)
    require_protection([old], by)
    wanted = set(people)
    gone = _parted_already(old, wanted)
    if gone is not None:
        return gone
    standing = Person.objects.filter(household=old, merged_into__isnull=True).select_for_update(no_key=True)
    there = {person.pk: person for person in standing.order_by("pk")}
    leaving = _require_leavers(there, wanted)
    cases = list(Case.objects.locked().filter(household=old))
    before = next((case for case in cases if case.is_open), cases[-1] if cases else None)
    (key,) = keys.fresh()
    new = Household.objects.create(
        data_key=key, kind=Group.FAMILY, settlement=old.settlement, protected=True, split_from=old,
        headcount_low=len(leaving), headcount_high=len(leaving),
    )  # fmt: skip
    case = Case.objects.create(ref=reference.fresh(), household=new, opened_at=timezone.now())
    Person.objects.filter(pk__in=wanted).update(household=new)
    # What is sealed under the old household's key stays with it: erasing that one must take nothing from this.
    Observation.objects.filter(person__in=wanted, cleared_at=None, detail__isnull=True).update(case=case)
    if before is not None:
        _way_out(before, case, wanted)
        _fewer(old, len(there) - len(leaving))
        if before.is_open:
            triage.step(Case.objects.select_related("household__data_key").get(pk=before.pk), by=by, only_up=True)
    triage.step(case, by=by)
    assignment.enqueue_step(case)
    events.record(case, case=case, people=len(leaving))
    return case


def _parted_already(old: Household, wanted: set[int]) -> Case | None:
    """The case that the very same people were given before."""
    new = old.parted.filter(people__in=wanted).distinct().first() if wanted else None
    if new is None or set(new.people.values_list("pk", flat=True)) != wanted:
        return None
    return new.cases.order_by("pk").first()


def _require_leavers(there: dict[int, Person], wanted: set[int]) -> list[Person]:
    if not wanted:
        raise CannotPart(NOBODY, field="people")
    if not wanted <= set(there):
        raise CannotPart(NOT_OF_THEM, field="people")
    leaving = [there[pk] for pk in sorted(wanted)]
    if len(leaving) == len(there):
        raise CannotPart(EVERYBODY, field="people")
    if all(person.is_minor for person in leaving):
        raise CannotPart(NO_ADULT, field="people")
    return leaving


def _way_out(before: Case, case: Case, people: set[int]) -> None:
    """Their part of the household's wish to leave becomes a wish of their own; held places go with them.

    The direction is theirs to choose again, unless they hold places already; the destination is the others' secret.
    """
    request = EvacuationRequest.objects.locked().filter(case=before, status__in=LIVE_EVACUATION).first()
    theirs = Traveller.objects.filter(request=request, person__in=people) if request else Traveller.objects.none()
    if request is None or not theirs.exists():
        return
    seats = Seat.objects.select_for_update(no_key=True).filter(traveller__in=theirs, status__in=LIVE_SEAT)
    # Aboard without a place in the books: they go where the convoy goes, too.
    seated = bool(list(seats.order_by("pk"))) or without_a_place().filter(traveller__in=theirs).exists()
    (key,) = keys.fresh()
    own = EvacuationRequest.objects.create(
        data_key=key,
        case=case,
        status=request.status if seated else EvacuationStatus.REGISTERED,
        direction=request.direction if seated else "",
        earliest=request.earliest,
        latest=request.latest,
        waiting_since=request.waiting_since,
        verified_at=request.verified_at,
        verified_by=request.verified_by,
    )
    theirs.update(request=own)
    evacuation.parted_step(request, own)


def _fewer(old: Household, left: int) -> None:
    """Those who stay are as many as they are: an exact count follows, a range is brought down with it."""
    if old.headcount_low is None or old.headcount_high is None:
        return
    exact = old.headcount_low == old.headcount_high
    old.headcount_low = left if exact else min(old.headcount_low, left)
    old.headcount_high = left if exact else old.headcount_high
    old.save(update_fields=["headcount_low", "headcount_high"])
