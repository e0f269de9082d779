"""What a confirmation asks for: everybody's own free decision, a household that travels whole, no child alone."""

from typing import Final

from cases.actors import Actor, Staff
from cases.domain.evacuation import refusals
from cases.domain.evacuation.locking import Locked
from cases.enums import DecisionBy, Presence, Role, YesNoUnknown
from cases.models import Decision, EvacuationRequest, Person, Traveller
from cases.queries import seating

# Who may have decided for whom. An adult who cannot decide: two of the staff, in their best interests.
FOR_ADULTS: Final = (DecisionBy.SELF, DecisionBy.BEST_INTERESTS)
FOR_MINORS: Final = (DecisionBy.GUARDIAN, DecisionBy.BEST_INTERESTS)


def require_free(found: Locked, by: Actor) -> None:
    """Raise what is missing before these locked requests can be confirmed ("Each adult decides alone")."""
    rows = seating.going(found.requests).select_related("person").order_by("pk")
    travellers: dict[int, list[Traveller]] = {pk: [] for pk in found.requests}
    for row in rows:
        travellers[row.request_id].append(row)
    for request in found.requests.values():
        theirs = travellers[request.pk]
        if request.verified_at is None:
            raise refusals.NotChecked
        _require_whole(request, theirs)
        _require_decided(request, theirs)
        _require_accompanied(theirs, by)


def _require_whole(request: EvacuationRequest, travellers: list[Traveller]) -> None:
    """A household travels whole, or a recorded consent says why it was split ("Evacuation as practised")."""
    people = Person.objects.filter(
        household=request.case.household_id, merged_into__isnull=True, presence=Presence.WITH_HOUSEHOLD
    )
    stay = people.exclude(pk__in=[row.person_id for row in travellers])
    consent = request.split_consent
    if stay.exists() and (consent is None or consent.withdrawn_at is not None):
        raise refusals.SplitWithoutConsent


def latest(request: EvacuationRequest) -> dict[int, Decision]:
    """The last decision of everybody who made one about this request."""
    rows = Decision.objects.filter(request=request).order_by("person", "-pk").distinct("person")
    return {row.person_id: row for row in rows}


def _require_decided(request: EvacuationRequest, travellers: list[Traveller]) -> None:
    decisions = latest(request)
    for row in travellers:
        decision = decisions.get(row.person_id)
        if decision is None or not free(decision, request.direction, minor=row.person.is_minor):
            raise refusals.Undecided


def free(decision: Decision, direction: str, *, minor: bool) -> bool:
    """Is it a yes to this direction, of one's own will, informed, by whom it may be, and not said under duress?"""
    by = FOR_MINORS if minor else FOR_ADULTS
    own = decision.voluntary and decision.own_direction and decision.informed
    said_freely = decision.could_speak_freely != YesNoUnknown.NO
    return decision.goes and own and said_freely and decision.direction == direction and decision.by in by


def _require_accompanied(travellers: list[Traveller], by: Actor) -> None:
    """A child crosses lines beside an adult of their own, or with the officer, consent and receiver (AP I art. 78)."""
    people = {row.person_id: row.person for row in travellers}
    adults = {person.household_id for person in people.values() if person.age_band and not person.is_minor}
    for row in travellers:
        if row.unaccompanied and not (isinstance(by, Staff) and Role.PROTECTION in by.roles):
            raise refusals.OfficerNeeded
        alone = row.person.guardian_id not in people and row.person.household_id not in adults
        if row.person.is_minor and alone and not row.unaccompanied:
            raise refusals.LoneChild
