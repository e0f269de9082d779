"""A request is checked, gets its direction, and changes it: what people want, before and beside their places."""

from datetime import timedelta

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import clocks, events, lifecycle, triage
from cases.domain.evacuation import seats
from cases.domain.evacuation.holding import let_go_step
from cases.domain.evacuation.locking import requests_step
from cases.domain.verbs import verb
from cases.enums import LIVE_EVACUATION, SEEKS_SEATS, ClockKind, Direction, EvacuationStatus
from cases.errors import IllegalMove, Invalid
from cases.models import Case, Convoy, EvacuationRequest
from cases.queries.triage import rules_in_force


def await_check_step(case: Case) -> None:
    """Step: a request that nobody has checked has a clock: its case's owner checks the facts, at the pace of its class.

    Call it when the case has its class. It is no second clock for the same request.
    """
    unchecked = case.evacuations.filter(status__in=LIVE_EVACUATION, verified_at__isnull=True)
    if not unchecked.exists() or case.clocks.filter(kind=ClockKind.FACT_CHECK, state__in=clocks.LIVE).exists():
        return
    minutes = rules_in_force()[1].clocks[case.priority].recontact
    clocks.start(case, {ClockKind.FACT_CHECK: timedelta(minutes=minutes)})


def checked_step(case: Case) -> None:
    """Step: no live request of a locked case is left to be checked, so its clock has ended."""
    if not case.evacuations.filter(status__in=LIVE_EVACUATION, verified_at__isnull=True).exists():
        clocks.met(case, ClockKind.FACT_CHECK)
        if case.is_open:
            triage.clocks_step(case)


@verb("evacuation.verify")
def verify(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """The facts of a request were checked: who they are, where, and that they want to leave. The clock for it is met.

    Checking twice changes nothing. Locks as `hold` does, without those they are tied to.
    """
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    if request.verified_at is not None:
        return request
    if request.status not in LIVE_EVACUATION:
        raise IllegalMove
    request.verified_at = timezone.now()
    request.verified_by_id = by.user_id if isinstance(by, Staff) else None
    request.save(update_fields=["verified_at", "verified_by"])
    if request.status == EvacuationStatus.REGISTERED:
        lifecycle.move(request, EvacuationStatus.VERIFIED)
    else:
        events.record(request, case=request.case_id)
    checked_step(request.case)
    if request.status == EvacuationStatus.WAITING_LIST:
        seats.waits_step(request)
    # What it holds counts no longer as unchecked: others may have that share.
    convoys = {seat.convoy_id for seat in found.taking}
    seats.offer_step(Convoy.objects.filter(pk__in=convoys).values_list("window", flat=True))
    return request


@verb("evacuation.take_up")
def take_up(request: EvacuationRequest, *, by: Actor) -> EvacuationRequest:
    """A request that was put off, withdrawn or missed is taken up again, from where it stood before any places.

    Taking up what stands already changes nothing. Locks as `hold` does, without those they are tied to. Raises
    IllegalMove when it is over for good, or when the case has another one by now.
    """
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    if request.status in SEEKS_SEATS:
        return request
    others = request.case.evacuations.filter(status__in=LIVE_EVACUATION).exclude(pk=request.pk)
    if others.exists() or not request.case.is_open:
        raise IllegalMove
    to = seats.back(request)
    if not lifecycle.allowed(request, to):
        to = EvacuationStatus.VERIFIED  # who was to board had been checked
    lifecycle.move(request, to)
    await_check_step(request.case)
    return request


@verb("evacuation.redirect")
def redirect(request: EvacuationRequest, *, direction: Direction, by: Actor) -> EvacuationRequest:
    """The people chose a direction, or another one: held and confirmed places are given up in the same step.

    Everybody decides anew. Saying the same twice changes nothing. Locks as `hold` does, without those they are tied
    to. Raises Aboard, IllegalMove, Invalid.
    """
    if direction not in Direction.values:
        raise Invalid(field="direction")
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    redirect_step(request, direction)
    return request


def redirect_step(request: EvacuationRequest, direction: str) -> None:
    """Step: a locked request goes in this direction from now on, from where it stood before any places."""
    if not direction or request.direction == direction:
        return
    let_go_step([request.pk])
    if not request.direction and request.status in (EvacuationStatus.REGISTERED, EvacuationStatus.VERIFIED):
        request.direction = direction
        request.save(update_fields=["direction"])
        events.record(request, "evacuation.direction_chosen", case=request.case_id)
        return
    lifecycle.move(request, EvacuationStatus.CHANGED_DIRECTION, direction=direction)
    lifecycle.move(request, seats.back(request))
