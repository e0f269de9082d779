"""The cases of a merge: two open ones become one, with its needs, request, clocks and referrals."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from cases.actors import Actor
from cases.domain import assignment, clocks, evacuation, lifecycle, triage
from cases.domain.merging import refusals
from cases.domain.merging.journal import Journal
from cases.enums import (
    LIVE_EVACUATION,
    LIVE_SEAT,
    OPEN_CASE,
    OPEN_NEED,
    OPEN_REFERRAL,
    OWNED_CASE,
    SEEKS_SEATS,
    CaseStatus,
    ClockState,
    EvacuationStatus,
    NeedStatus,
)
from cases.models import (
    Alarm,
    Callback,
    CallCase,
    Case,
    Clock,
    Consent,
    Delivery,
    Draft,
    EvacuationRequest,
    Household,
    Message,
    Need,
    Note,
    Observation,
    Offer,
    Referral,
    Seat,
    Stay,
    StopAck,
    Traveller,
    TravelTie,
    Vehicle,
    Written,
)

UNDER_WAY: Final[dict[str, int]] = {NeedStatus.DISPATCHED: 0, NeedStatus.PARTLY_MET: 0, NeedStatus.PLANNED: 1}


def cases_step(journal: Journal, kept: Household, duplicate: Household, cases: Collection[Case], by: Actor) -> None:
    """Two open cases become one; an open one beside none goes over as it is; ended ones go over as history."""
    master = next((case for case in cases if case.is_open and case.household_id == kept.pk), None)
    double = next((case for case in cases if case.is_open and case.household_id == duplicate.pk), None)
    if master is not None and double is not None:
        _one_case(journal, master, double)
    ended = Q() if master is None else ~Q(status__in=OPEN_CASE)
    rows = Case.objects.filter(ended, household=duplicate)
    journal.point(rows.exclude(pk=double.pk) if master and double else rows, "household", kept)
    standing = master or double
    if standing is not None and double is not None:
        _at_work_again(standing, kept, double)
    if standing is not None:
        triage.step(Case.objects.select_related("household__data_key").get(pk=standing.pk), by=by, only_up=True)
    if master is not None and double is not None:
        _close_double(journal, Case.objects.get(pk=master.pk), double)


def _at_work_again(standing: Case, kept: Household, double: Case) -> None:
    """What was thought to be over is not, when it takes on what is not; a protected one leaves its ordinary owner."""
    if standing.status == CaseStatus.RESOLVED and double.status != CaseStatus.RESOLVED:
        lifecycle.move(standing, CaseStatus.REOPENED)
    elif kept.protected and standing.pk == double.pk and standing.status in OWNED_CASE:
        lifecycle.move(standing, CaseStatus.TRIAGED)
    else:
        return
    assignment.end_live(standing, "merged")
    assignment.enqueue_step(standing)


def _one_case(journal: Journal, master: Case, double: Case) -> None:
    refusals.require_one_way(master, double)
    refusals.require_one_delivery(master, double)
    _needs(journal, master, double)
    _request(journal, master, double)
    rows = journal.point
    rows(CallCase.objects.filter(case=double), "case", master, unless=["call"])
    rows(Case.objects.filter(master=double), "master", master)
    for model in (Note, Observation, Draft, Alarm, Callback, Offer, Message, Delivery, Written):
        rows(model.objects.filter(case=double), "case", master)
    rows(StopAck.objects.filter(case=double), "case", master, unless=["change"])
    _referrals(journal, master, double)
    if double.red_key and not master.red_key:
        journal.set(master, red_key=True)


def _close_double(journal: Journal, master: Case, double: Case) -> None:
    """The duplicate becomes a pointer, when the master has the class and the clocks that follow from both."""
    _clocks(journal, master, double)
    # The owner of the duplicate is told by the queue: nobody owns two cases of one household.
    assignment.end_live(double, "duplicate")
    journal.move(double, CaseStatus.DUPLICATE, master=master)
    clocks.stop(double)


def _clocks(journal: Journal, master: Case, double: Case) -> None:
    """What was promised on either case is due at the earlier of the two times."""
    standing = {clock.kind: clock for clock in master.clocks.filter(state__in=clocks.LIVE)}
    for clock in double.clocks.filter(state__in=clocks.LIVE).order_by("pk"):
        mine = standing.get(clock.kind)
        if mine is not None and (mine.due_at <= clock.due_at or mine.state == ClockState.FIRED):
            continue
        if mine is not None:
            clocks.stop(master, mine.kind)
        journal.point(Clock.objects.filter(pk=clock.pk), "case", master)


def _needs(journal: Journal, master: Case, double: Case) -> None:
    """One open need of a type: the one under way stays, else the one that runs out first; the other is its history."""
    standing = {need.type_id: need for need in Need.objects.locked().filter(case=master, status__in=OPEN_NEED)}
    for need in Need.objects.locked().filter(case=double, status__in=OPEN_NEED).exclude(type="PROTECT"):
        mine = standing.get(need.type_id)
        if mine is not None:
            journal.move(mine if _more_urgent(need, mine) else need, NeedStatus.CANCELLED)
    journal.point(Need.objects.filter(case=double), "case", master)


def _more_urgent(one: Need, other: Need) -> bool:
    never = timezone.now() + timedelta(days=36_500)

    def urgency(need: Need) -> tuple[int, datetime, float]:
        return UNDER_WAY.get(need.status, 2), need.lasts_until or never, -need.observed_at.timestamp()

    return urgency(one) < urgency(other)


def _request(journal: Journal, master: Case, double: Case) -> None:
    """One live request: the one further on its way; who travels only in the other travels with it."""
    live = EvacuationRequest.objects.locked().filter(case__in=[master, double], status__in=LIVE_EVACUATION)
    both = sorted(live, key=lambda one: (*_last(one), one.case_id != master.pk, one.pk))
    if len(both) == 2:
        stays, goes = both
        refusals.require_one_journey(stays, goes)
        journal.set(
            stays,
            direction=stays.direction or goes.direction,
            animals=max(stays.animals, goes.animals),
            luggage=max(stays.luggage, goes.luggage),
            own_vehicle=stays.own_vehicle or goes.own_vehicle,
            waiting_since=min(stays.waiting_since, goes.waiting_since),
        )
        journal.point(Traveller.objects.filter(request=goes), "request", stays, unless=["person"])
        _travel_ties(journal, stays, goes)
        journal.point(Vehicle.objects.filter(own_of=goes), "own_of", stays)
        if not stays.stays.filter(left_at__isnull=True).exists():
            journal.point(Stay.objects.filter(request=goes), "request", stays)
        journal.move(goes, EvacuationStatus.CANCELLED)
        if stays.status == EvacuationStatus.WAITING_LIST:
            evacuation.waits_step(stays)
    journal.point(EvacuationRequest.objects.filter(case=double), "case", master)


def _travel_ties(journal: Journal, stays: EvacuationRequest, goes: EvacuationRequest) -> None:
    """Whoever travels with the one or not at all travels with the other; a tie is kept in one order, and once."""
    for tie in TravelTie.objects.filter(Q(first=goes) | Q(second=goes)).select_for_update(no_key=True).order_by("pk"):
        other = tie.second_id if tie.first_id == goes.pk else tie.first_id
        first, second = sorted((stays.pk, other))
        if other != stays.pk and not TravelTie.objects.filter(first=first, second=second).exists():
            journal.set(tie, first_id=first, second_id=second)


def _last(request: EvacuationRequest) -> tuple[bool, ...]:
    """Which of two stands: of whoever left already, then with places, then who waits for some, then who wants any."""
    return (
        request.status not in refusals.HAVE_LEFT,
        not _seated(request),
        request.status != EvacuationStatus.WAITING_LIST,
        request.status not in SEEKS_SEATS,
    )


def _seated(request: EvacuationRequest) -> bool:
    return Seat.objects.filter(traveller__request=request, status__in=LIVE_SEAT).exists()


def _referrals(journal: Journal, master: Case, double: Case) -> None:
    """A partner keeps the case it was given, with the consent that allows it; one that has both keeps the master's."""
    standing = Referral.objects.filter(status__in=OPEN_REFERRAL)
    live = Referral.objects.filter(case=double, status__in=OPEN_REFERRAL)
    journal.point(live, "case", master, unless=["partner"], taken=standing)
    journal.point(Referral.objects.filter(case=double).exclude(status__in=OPEN_REFERRAL), "case", master)
    for referral in Referral.objects.filter(case=master).exclude(consent__household=master.household_id):
        same = Consent.objects.live().filter(
            household=master.household_id, purpose="share_partner", partner_kind=referral.partner.kind
        )
        consent = same.first()
        if consent is not None:
            journal.point(Referral.objects.filter(pk=referral.pk), "consent", consent)
