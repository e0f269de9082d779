"""After the convoy: the transit centre, children handed over, "we are safe", and whoever is not heard of."""

from datetime import timedelta
from typing import Final

from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import clocks, events, jobs, keys, lifecycle, triage
from cases.domain.evacuation import seats as places
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import requests_step
from cases.domain.evacuation.refusals import NotTheirs, SecondPerson
from cases.domain.field import refusals
from cases.domain.verbs import verb
from cases.enums import CAME, HEARD_FROM, OPEN_NEED, CallbackState, ClockKind, EvacuationStatus, SafeHow
from cases.errors import Forbidden, IllegalMove, Invalid
from cases.models import (
    Callback,
    Case,
    EvacuationRequest,
    HeardSafe,
    Job,
    Need,
    Person,
    Place,
    Release,
    Stay,
    Traveller,
)

# When they should have come to themselves; a stay in a transit centre ends after seven days.
SAFE_AFTER: Final = timedelta(hours=24)
LONGEST_STAY: Final = timedelta(days=7)
SEARCH: Final = timedelta(hours=6)
TRACE: Final = "TRACE"


def came_step(requests: list[EvacuationRequest], *, stage: str = "") -> None:
    """Step: these came to where they wanted: the day after they are called and asked whether they are safe.

    `stage`: which part of their way ended, where it has several; each has a call of its own.
    """
    due = timezone.now() + SAFE_AFTER
    jobs.enqueue_many(
        Job(kind="safe_call", key=":".join(filter(None, ["safe", str(row.uid), stage])), subject=row.pk, due_at=due)
        for row in requests
        if row.status in CAME
    )


@jobs.inside("safe_call", verb="convoys.watch")
def safe_call(job: Job) -> None:
    """They are called and asked whether they are safe, and a clock runs until everybody was heard. Locks the case."""
    found = EvacuationRequest.objects.filter(pk=job.subject or 0, status__in=CAME).first()
    case = telling.locked_case(found.case_id) if found is not None else None
    if case is not None and case.is_open:
        telling.call_step(case)
        clocks.start(case, {ClockKind.SAFE_CALL: SAFE_AFTER})


@verb("evacuation.heard_safe")
def heard_safe(request: EvacuationRequest, *, person: Person, how: SafeHow, by: Actor) -> EvacuationRequest:
    """An adult said themselves that they are safe, or the reception saw them. When all did, the request is safe.

    What somebody else reports is not this. Twice is once. Locks as `hold` does, without those they are tied to. Raises
    NotTheirs, Invalid, IllegalMove.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    if how not in SafeHow.values:
        raise Invalid(field="how")
    request = requests_step([request.pk], together=False).requests[request.pk]
    if person.pk in _heard(request):
        return request
    if not Traveller.objects.filter(request=request, person=person).exists():
        raise NotTheirs(field="person")
    if person.is_minor or request.status not in HEARD_FROM:
        raise IllegalMove
    HeardSafe.objects.create(request=request, person=person, how=how, recorded_by_id=by.user_id)
    events.record(request, case=request.case_id, how=str(how))
    safe_step(request)
    return request


def safe_step(request: EvacuationRequest) -> None:
    """Step: a locked request is safe when each adult who went was heard, and each minor handed over on record."""
    went = Traveller.objects.filter(request=request, places__status__in=["arrived", "diverted", "accounted"])
    went = went.exclude(places__accounted_as__in=["died", "returned"])
    people = {row.person for row in went.select_related("person")}
    heard = _heard(request)
    minors = {person.pk for person in people if person.is_minor}
    handed = set(Release.objects.filter(minor__in=minors, released_at__isnull=False).values_list("minor", flat=True))
    if not people or {person.pk for person in people} - minors - heard or minors - handed:
        return
    if lifecycle.allowed(request, EvacuationStatus.SAFE):
        lifecycle.move(request, EvacuationStatus.SAFE)
        _met(request.case, ClockKind.SAFE_CALL, ClockKind.SEARCH)


def _heard(request: EvacuationRequest) -> set[int]:
    """Who was heard safe, as they stand: a record of them may have been merged into another since."""
    rows = HeardSafe.objects.filter(request=request)
    return set(rows.annotate(who=Coalesce("person__merged_into", "person")).values_list("who", flat=True))


# --- children are handed over ----------------------------------------------------------------------------------------


@verb("evacuation.name_receiver")
def name_receiver(request: EvacuationRequest, *, minor: Person, receiver: str, kinship: str, by: Actor) -> Release:
    """To whom a minor may be handed over, named beforehand. The last one named before the handing over counts.

    Locks as `hold` does, without those they are tied to. Raises NotTheirs, Invalid.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    request = requests_step([request.pk], together=False).requests[request.pk]
    if not minor.is_minor or not Traveller.objects.filter(request=request, person=minor).exists():
        raise NotTheirs(field="minor")
    if not receiver.strip():
        raise Invalid(field="receiver")
    (key,) = keys.fresh()
    made: Release = Release.objects.create(
        data_key=key, minor=minor, receiver=receiver.strip(), kinship=kinship.strip()[:40], first_staff_id=by.user_id
    )
    events.record(request, case=request.case_id)
    return made


@verb("evacuation.hand_over")
def hand_over(request: EvacuationRequest, *, release: Release, document_seen: bool, by: Actor) -> Release:
    """A minor was handed over to whom was named, whose document was seen, by somebody else than who named them.

    Twice is once. Locks as `hold` does, without those they are tied to. Raises SecondPerson, DocumentNotSeen.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    request = requests_step([request.pk], together=False).requests[request.pk]
    release = Release.objects.select_for_update(no_key=True).get(pk=release.pk)
    if release.released_at is not None:
        return release
    if not Traveller.objects.filter(request=request, person=release.minor_id).exists():
        raise NotTheirs(field="release")
    if release.first_staff_id == by.user_id:
        raise SecondPerson
    if not document_seen:
        raise refusals.DocumentNotSeen(field="document_seen")
    release.document_seen, release.second_staff_id, release.released_at = True, by.user_id, timezone.now()
    release.save(update_fields=["document_seen", "second_staff", "released_at"])
    events.record(request, case=request.case_id)
    safe_step(request)
    return release


# --- the transit centre ----------------------------------------------------------------------------------------------


@verb("evacuation.settle_in")
def settle_in(request: EvacuationRequest, *, place: Place, by: Actor) -> Stay:
    """A household stays in a transit centre, seven days at most; a clock says when that ends. Twice is once.

    Locks as `hold` does, without those they are tied to. Raises IllegalMove.
    """
    request = requests_step([request.pk], together=False).requests[request.pk]
    standing = Stay.objects.filter(request=request, left_at__isnull=True).first()
    if standing is not None:
        return standing
    if request.status not in CAME:
        raise IllegalMove
    made: Stay = Stay.objects.create(request=request, place=place, until=timezone.now() + LONGEST_STAY)
    if request.case.is_open:
        clocks.start(request.case, {ClockKind.FOLLOW_UP: LONGEST_STAY})
    events.record(request, case=request.case_id, place=place.pk)
    return made


@verb("evacuation.move_on")
def move_on(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """A household left the transit centre for its destination: they are called there too. Twice is once.

    Locks as `settle_in` does.
    """
    request = requests_step([request.pk], together=False).requests[request.pk]
    stay = Stay.objects.filter(request=request, left_at__isnull=True).first()
    if stay is not None:
        stay.left_at = timezone.now()
        stay.save(update_fields=["left_at"])
        _met(request.case, ClockKind.FOLLOW_UP)
        came_step([request], stage=str(stay.uid))
        events.record(request, case=request.case_id)
    return request


# --- whoever is not heard of -----------------------------------------------------------------------------------------


@verb("evacuation.lose_contact")
def lose_contact(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """Nobody reaches them any more: a search begins, with a need to trace them and a clock.

    Only when the calls to them were given up, after five tries over 72 hours ("Groups"). Twice is once. Locks as
    `hold` does, without those they are tied to. Raises StillBeingCalled, IllegalMove.
    """
    request = requests_step([request.pk], together=False).requests[request.pk]
    if request.status == EvacuationStatus.LOST_CONTACT:
        return request
    if not Callback.objects.filter(case=request.case_id, state=CallbackState.FAILED).exists():
        raise refusals.StillBeingCalled
    lifecycle.move(request, EvacuationStatus.LOST_CONTACT)
    case = request.case
    if not case.needs.filter(type__code=TRACE, status__in=OPEN_NEED).exists():
        Need.objects.create(data_key=case.household.data_key, case=case, type_id=TRACE, observed_at=timezone.now())
    clocks.met(case, ClockKind.SAFE_CALL)
    if case.is_open:
        clocks.start(case, {ClockKind.SEARCH: SEARCH})
    return request


@verb("evacuation.offer_again")
def offer_again(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """Who did not come was spoken to, and is offered places once more, by the machine. A second time is refused.

    Locks as `hold` does, without those they are tied to. Raises OfferedBefore, IllegalMove.
    """
    request = requests_step([request.pk], together=False).requests[request.pk]
    if request.status == EvacuationStatus.WAITING_LIST and request.offered_again_at is not None:
        return request
    if request.offered_again_at is not None:
        raise refusals.OfferedBefore
    lifecycle.move(request, EvacuationStatus.VERIFIED, offered_again_at=timezone.now())
    lifecycle.move(request, EvacuationStatus.WAITING_LIST)
    _met(request.case, ClockKind.WELFARE)
    places.waits_step(request)
    return request


def _met(case: Case, *kinds: ClockKind) -> None:
    """What these clocks asked for was done; an open case keeps one."""
    clocks.met(case, *kinds)
    if case.is_open:
        triage.clocks_step(case)
