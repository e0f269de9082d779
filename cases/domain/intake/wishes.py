"""What people need, and the way out they ask for."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from cases.domain import evacuation as ways_out
from cases.domain import keys, lifecycle
from cases.domain.intake.facts import EvacuationFacts, Intake
from cases.enums import LIVE_EVACUATION, OPEN_NEED, NeedStatus, Presence, SeatKind
from cases.models import (
    Call,
    Case,
    EvacuationRequest,
    Need,
    Observation,
    Person,
    Traveller,
)

PROTECTED_NEED: Final = "PROTECT"


PROTECTED_OBSERVATION: Final = "protected"
RED_KEY: Final = "red_key"


PLACE_FOR: Final = {"wheelchair": SeatKind.WHEELCHAIR, "bedridden": SeatKind.STRETCHER}


def observe(case: Case, facts: Intake, call: Call, protected: Collection[str]) -> None:
    """What was seen and heard; a protected code goes under its seal."""
    told = dict(facts.observations)
    weeks = [draft.pregnancy_week for draft in facts.people if draft.pregnancy_week]
    if weeks:
        told.setdefault("pregnancy_week", float(max(weeks)))
    if any(draft.pregnant for draft in facts.people):
        told.setdefault("pregnant", 1.0)
    if any(draft.alone for draft in facts.people):
        told.setdefault("alone", 1.0)
    if facts.in_cellar:
        told.setdefault("in_cellar", 1.0)
    if facts.cannot_reach_point:
        told.setdefault("cannot_reach_collection_point", 1.0)
    Observation.objects.bulk_create(
        Observation(
            data_key=case.household.data_key,
            case=case,
            call=call,
            code_id=PROTECTED_OBSERVATION if code in protected else code,
            detail=code if code in protected else None,
            value=value,
            observed_at=call.heard_at,
        )
        for code, value in told.items()
    )


def take_back(case: Case, facts: Intake, call: Call) -> None:
    """What this same call had said before, and what is typed now says again or no longer: the former gives way."""
    earlier = Observation.objects.filter(case=case, call=call, cleared_at__isnull=True).exclude(code_id=RED_KEY)
    earlier.update(cleared_at=timezone.now())
    said = {wish.code for wish in facts.needs}
    for row in case.needs.filter(call=call, status__in=OPEN_NEED).exclude(type_id=PROTECTED_NEED):
        if row.type_id not in said:
            lifecycle.move(row, NeedStatus.CANCELLED)


def join(case: Case, wanted: EvacuationFacts, people: list[Person]) -> None:
    """Those of this same call who were named after its request was made travel too."""
    request = case.evacuations.select_for_update(no_key=True).get(status__in=LIVE_EVACUATION)
    have = set(request.travellers.values_list("person", flat=True))
    Traveller.objects.bulk_create(
        traveller for traveller in _travellers(request, wanted, people) if traveller.person_id not in have
    )


def _travellers(request: EvacuationRequest, wanted: EvacuationFacts, people: list[Person]) -> Iterator[Traveller]:
    for place, person in enumerate(people):
        if place not in wanted.staying and person.presence == Presence.WITH_HOUSEHOLD:
            yield Traveller(request=request, person=person, kind=PLACE_FOR.get(person.mobility, SeatKind.SEAT))


def _worse(row: Need, until: datetime | None) -> bool:
    """A doubtful caller may bring a need's end nearer, never put it off."""
    return until is not None and (row.lasts_until is None or until < row.lasts_until)


def need(case: Case, facts: Intake, call: Call, protected: Collection[str], *, first: bool = False) -> None:
    """New needs are added; one that is open already is brought up to date."""
    if not facts.needs:
        return
    open_now = () if first else case.needs.filter(status__in=OPEN_NEED).select_for_update(no_key=True)
    standing = {row.type_id: row for row in open_now}
    fresh: list[Need] = []
    for wish in {wish.code: wish for wish in facts.needs}.values():
        hidden = wish.code in protected
        until = None if wish.days_left is None else call.heard_at + timedelta(days=wish.days_left)
        if wish.code in standing and not hidden:
            row = standing[wish.code]
            if facts.only_proposes and not _worse(row, until):
                continue
            row.observed_at, row.lasts_until = call.heard_at, until
            row.save(update_fields=["observed_at", "lasts_until"])
            continue
        fresh.append(
            Need(
                data_key=case.household.data_key,
                case=case,
                type_id=PROTECTED_NEED if hidden else wish.code,
                detail=wish.code if hidden else None,
                quantity=wish.quantity,
                observed_at=call.heard_at,
                lasts_until=until,
                call=call,
            )
        )
    Need.objects.bulk_create(fresh)


def evacuation(case: Case, wanted: EvacuationFacts, people: list[Person]) -> EvacuationRequest:
    (key,) = keys.fresh()
    request = EvacuationRequest.objects.create(
        data_key=key,
        case=case,
        direction=wanted.direction,
        destination=wanted.destination or None,
        earliest=wanted.earliest,
        latest=wanted.latest,
        animals=wanted.animals,
        luggage=wanted.luggage,
        own_vehicle=wanted.own_vehicle,
        documents_missing=wanted.documents_missing,
        waiting_since=case.opened_at,
    )
    Traveller.objects.bulk_create(_travellers(request, wanted, people))
    return request


def redirect_step(case: Case, direction: str) -> None:
    """The people changed their mind: their request goes back to verified or registered, in the other direction."""
    request = case.evacuations.select_for_update(no_key=True).get(status__in=LIVE_EVACUATION)
    ways_out.redirect_step(request, direction)
