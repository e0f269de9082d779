"""What a later call wants changed: applied at once when the caller is known for sure, otherwise proposed.

Danger and needs are recorded whoever says them. What would move, redirect or rename people waits for a code word or
a callback (docs: "Caller ID is a hint").
"""

from dataclasses import asdict
from datetime import date
from typing import Any, Final

from django.db.models import QuerySet

from cases.domain import evacuation, lifecycle
from cases.domain.intake.facts import Intake
from cases.domain.intake.household import people_of
from cases.domain.intake.wishes import redirect_step
from cases.enums import LIVE_EVACUATION, EvacuationStatus, Identity, SeatStatus
from cases.models import Case, EvacuationRequest
from cases.planning.person_line import PersonDraft
from cases.queries import codes

REPORTED: Final = {"no_show": EvacuationStatus.NO_SHOW, "arrived": EvacuationStatus.REPORTED_SAFE}
GIVES_UP: Final = {EvacuationStatus.NO_SHOW: SeatStatus.NO_SHOW}
DATES: Final = ("earliest", "latest")


def wanted(facts: Intake, *, continuing: bool, live_request: bool, trusting: bool = False) -> dict[str, Any]:
    """The changes a call asks for that need a known caller, as JSON; empty when it asks for none.

    `trusting`: the case is this same call's own, so that nobody is redirected by it.
    """
    if not continuing:  # a new case has everything else already
        return {"reported": facts.reported} if facts.reported else {}
    proposes = facts.only_proposes and not trusting
    asked: dict[str, Any] = {
        "reported": facts.reported,
        "address": facts.address,
        "settlement": facts.settlement,
        "headcount": facts.headcount,
    }
    if proposes:
        asked["people"] = [
            {**asdict(person), "specific": sorted(person.specific), "missing": place in facts.missing}
            for place, person in enumerate(facts.people)
        ]
    way = facts.evacuation
    if way is not None and (live_request or proposes):
        asked |= {"direction": way.direction, "destination": way.destination, "animals": way.animals}
        asked |= {name: value.isoformat() for name in DATES if (value := getattr(way, name))}
    return {name: value for name, value in asked.items() if value}


def trusted(facts: Intake) -> bool:
    return facts.identity == Identity.CONFIRMED


def live(case: Case) -> QuerySet[EvacuationRequest]:
    return case.evacuations.filter(status__in=LIVE_EVACUATION)


def apply(case: Case, asked: dict[str, Any]) -> None:
    """Step: make the changes of a locked case. What no longer fits is left out; the proposal stays readable."""
    _household(case, asked)
    if asked.get("people"):
        drafts = tuple(PersonDraft(**(_draft(person))) for person in asked["people"])
        missing = frozenset(place for place, person in enumerate(asked["people"]) if person.get("missing"))
        people_of(case.household, Intake(people=drafts, missing=missing), codes.protected().specific)
    request = live(case).select_related("data_key").select_for_update(no_key=True, of=("self",)).first()
    if request is None:
        return
    _request(request, asked)
    if asked.get("direction"):
        redirect_step(case, asked["direction"])
        request.refresh_from_db(fields=["status", "version", "direction"])
    to = REPORTED.get(asked.get("reported", ""))
    if to and lifecycle.allowed(request, to):
        evacuation.let_go_step([request.pk], GIVES_UP.get(to, SeatStatus.RELEASED))
        lifecycle.move(request, to)


def _draft(person: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in person.items() if name != "missing"}
    return known | {"specific": frozenset(known["specific"])}


def _household(case: Case, asked: dict[str, Any]) -> None:
    household, changed = case.household, []
    for name, column in (("address", "address"), ("settlement", "settlement_id")):
        if asked.get(name):
            setattr(household, column, asked[name])
            changed.append(name)
    if asked.get("headcount"):
        household.headcount_low, household.headcount_high = asked["headcount"]
        changed += ["headcount_low", "headcount_high"]
    if changed:
        household.save(update_fields=changed)


def _request(request: EvacuationRequest, asked: dict[str, Any]) -> None:
    changed = [name for name in ("destination", "animals") if asked.get(name)]
    for name in changed:
        setattr(request, name, asked[name])
    for name in DATES:
        if asked.get(name):
            setattr(request, name, date.fromisoformat(asked[name]))
            changed.append(name)
    if changed:
        request.save(update_fields=changed)
