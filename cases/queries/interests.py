"""Decisions in somebody's best interests that wait for a second person of the staff."""

from collections.abc import Iterable

from django.utils import timezone

from cases.actors import Staff
from cases.enums import SEEKS_SEATS
from cases.models import BestInterests, Decision, EvacuationRequest


def stands(row: BestInterests, request: EvacuationRequest, last: Decision | None) -> bool:
    """Does it wait still, in time, with nothing decided since? `last` is what the person decided last."""
    return not row.outcome and not late(row) and not overtaken(row, request, last)


def late(row: BestInterests) -> bool:
    """Is it too late to confirm it?"""
    return row.until <= timezone.now()


def overtaken(row: BestInterests, request: EvacuationRequest, last: Decision | None) -> bool:
    """Was something decided, chosen or found since it was proposed, so that nobody may confirm it?"""
    return (
        unread(row, request)
        or row.over_id != (last.pk if last else None)
        or row.direction != request.direction
        or request.status not in SEEKS_SEATS
        or row.person.merged_into_id is not None
    )


def unread(row: BestInterests, request: EvacuationRequest) -> bool:
    """Is the household protected by now, and the officer proposed it? No other post may read why, so none confirms."""
    return row.by_officer and request.case.household.protected


def waiting(request: EvacuationRequest) -> list[BestInterests]:
    """What waits for a second person, of a request fetched with its travellers, interests and decisions in order."""
    last = {decision.person_id: decision for decision in request.decisions.all()}
    travelling = {row.person_id for row in request.travellers.all()}
    rows = [row for row in request.interests.all() if row.person_id in travelling]
    return [row for row in rows if stands(row, request, last.get(row.person_id))]


def reasons_for(requests: Iterable[EvacuationRequest], by: Staff) -> set[int]:
    """The notes that say why, for whoever is asked to confirm, while they are asked."""
    return {row.note_id for request in requests for row in waiting(request) if row.second_may_be(by)}
