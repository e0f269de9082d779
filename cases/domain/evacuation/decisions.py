"""Who decides what: each adult for themselves, a guardian for a child; who travels apart; who is fit to travel."""

from typing import Final

from cases.actors import Actor, Staff
from cases.domain import consents, events, jobs
from cases.domain.evacuation import consent, refusals, seats
from cases.domain.evacuation.locking import Locked, requests_step
from cases.domain.verbs import verb
from cases.enums import (
    ConsentBasis,
    ConsentPurpose,
    DecisionBy,
    FitToTravel,
    GivenBy,
    PartnerKind,
    SeatStatus,
    YesNoUnknown,
)
from cases.errors import Invalid
from cases.models import Consent, Decision, EvacuationRequest, Partner, Person, Traveller

SAID: Final = ("goes", "by", "direction", "could_speak_freely", "voluntary", "own_direction", "informed")


@verb("evacuation.decide")
def decide(
    request: EvacuationRequest,
    *,
    person: Person,
    goes: bool,
    decided_by: DecisionBy,
    could_speak_freely: YesNoUnknown = YesNoUnknown.UNKNOWN,
    voluntary: bool = False,
    own_direction: bool = False,
    informed: bool = False,
    by: Actor,
) -> Decision:
    """Record somebody's own decision about a request, or a guardian's. One in their best interests takes two people.

    Who says no gives up their place at once, and the confirmed places of the others are a hold again: a household
    travels whole, or parts by a recorded consent. The same decision twice is one. Locks as `hold` does, without those
    they are tied to. Raises NotTheirs, WrongDecider, Aboard.
    """
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    person = traveller_of(request, person)
    _require_decider(person, decided_by)
    made = Decision(
        request=request,
        person=person,
        by=decided_by,
        goes=goes,
        direction=request.direction,
        could_speak_freely=could_speak_freely,
        voluntary=voluntary,
        own_direction=own_direction,
        informed=informed,
        recorded_by=by.code,
    )
    last = consent.latest(request).get(person.pk)
    if last is not None and all(getattr(last, name) == getattr(made, name) for name in SAID):
        return last
    made.save()
    if not goes:
        stays_step(found, request, person)
    events.record(request, case=request.case_id, decision=str(made.uid), goes=goes, decided_by=str(decided_by))
    return made


def traveller_of(request: EvacuationRequest, person: Person) -> Person:
    """The person as they stand, if they travel with this request."""
    row = request.travellers.filter(person=person.merged_into_id or person.pk).select_related("person").first()
    if row is None:
        raise refusals.NotTheirs(field="person")
    return row.person


def _require_decider(person: Person, decided_by: DecisionBy) -> None:
    if decided_by == DecisionBy.BEST_INTERESTS:
        raise refusals.WrongDecider(refusals.TWO_STAFF)
    if person.is_minor and decided_by == DecisionBy.SELF:
        raise refusals.WrongDecider(refusals.MINORS_DO_NOT)
    if not person.is_minor and decided_by == DecisionBy.GUARDIAN:
        raise refusals.WrongDecider(refusals.ADULTS_DECIDE)


def stays_step(found: Locked, request: EvacuationRequest, person: Person) -> None:
    """Step: their place is free at once; what was confirmed for the others is a hold, until they say how they go on."""
    if found.aboard:
        raise refusals.Aboard
    theirs = [seat for seat in found.seats if seat.person_id == person.pk]
    others = [seat for seat in found.taking if seat.person_id != person.pk]
    unconfirmed = [seat for seat in others if seat.status == SeatStatus.CONFIRMED]
    seats.free_step(theirs)
    if unconfirmed or any(seat.animals or seat.luggage for seat in theirs):
        seats.free_step(others)
        for convoy, first, last in {(seat.convoy_id, seat.from_seq, seat.to_seq) for seat in others}:
            seats.take_step(request, convoy=convoy, legs=(first, last))
    if theirs and not others:
        jobs.cancel([f"hold:{request.uid}"])
    seats.derive_step([request])


@verb("evacuation.part")
def part(request: EvacuationRequest, *, language: str, by: Actor) -> EvacuationRequest:
    """Record that who goes and who stays agreed to part. Asking twice is harmless. Locks as `decide` does."""
    found = requests_step([request.pk], together=False)
    request = found.requests[request.pk]
    household = request.case.household
    consents.record_step(
        household,
        [(ConsentPurpose.SPLIT, "")],
        basis=ConsentBasis.CONSENT,
        given_by=GivenBy.CALLER,
        language=language,
        call=None,
        by=by,
    )
    agreed = household.consents.live().filter(purpose=ConsentPurpose.SPLIT, person__isnull=True).get()
    if request.split_consent_id != agreed.pk:
        request.split_consent = agreed
        request.save(update_fields=["split_consent"])
        events.record(request, case=request.case_id)
    return request


@verb("evacuation.entrust")
def entrust(traveller: Traveller, *, carer_consent: Consent, receiving_body: Partner, by: Actor) -> Traveller:
    """A child who travels alone: the protection officer, the carer's written consent, a named receiving body.

    Source: AP I art. 78. Saying the same twice changes nothing. Locks as `decide` does. Raises CarerConsentMissing,
    Invalid.
    """
    found = requests_step([traveller.request_id], together=False)
    row = Traveller.objects.select_for_update(no_key=True, of=("self",)).select_related("person").get(pk=traveller.pk)
    household = found.requests[row.request_id].case.household_id
    if not row.person.is_minor or not isinstance(by, Staff):
        raise Invalid(field="traveller")
    live = Consent.objects.live().filter(pk=carer_consent.pk, household=household, given_by=GivenBy.GUARDIAN)
    if not live.exists():
        raise refusals.CarerConsentMissing(field="carer_consent")
    if not receiving_body.active or receiving_body.kind != PartnerKind.PROTECTION:
        raise Invalid(field="receiving_body")
    if (row.unaccompanied, row.carer_consent_id, row.receiving_body_id) == (True, carer_consent.pk, receiving_body.pk):
        return row
    row.unaccompanied, row.officer_id = True, by.user_id
    row.carer_consent, row.receiving_body = carer_consent, receiving_body
    row.save(update_fields=["unaccompanied", "officer", "carer_consent", "receiving_body"])
    events.record(row, case=found.requests[row.request_id].case_id, partner=receiving_body.pk)
    return row


@verb("evacuation.assess")
def assess(person: Person, *, fit: FitToTravel, by: Actor) -> Person:
    """A medic says whether and how somebody can travel; their waiting requests are looked at again.

    Locks the person.
    """
    person = Person.objects.locked().get(pk=person.pk)
    if fit not in FitToTravel.values:
        raise Invalid(field="fit")
    if person.fit_to_travel == fit:
        return person
    person.fit_to_travel = fit
    person.save(update_fields=["fit_to_travel"])
    for request in EvacuationRequest.objects.filter(travellers__person=person, status="waiting_list"):
        seats.waits_step(request)
    events.record(person, case=person.household.cases.open().first(), fit=str(fit))
    return person
