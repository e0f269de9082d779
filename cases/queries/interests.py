"""Decisions in somebody's best interests that wait for a second person of the staff."""

from collections.abc import Iterable

from cases.actors import Staff
from cases.enums import SEEKS_SEATS
from cases.models import BestInterests, Decision, EvacuationRequest


def stands(row: BestInterests, request: EvacuationRequest, last: Decision | None) -> bool:
    """Does it wait still, with nothing decided, chosen or found since? `last` is what the person decided last."""
    return (
        not row.outcome
        and row.over_id == (last.pk if last else None)
        and row.direction == request.direction
        and request.status in SEEKS_SEATS
        and row.person.merged_into_id is None
    )


def waiting(request: EvacuationRequest) -> list[BestInterests]:
    """What waits for a second person, of a request fetched with its travellers, interests and decisions in order."""
    last = {decision.person_id: decision for decision in request.decisions.all()}
    travelling = {row.person_id for row in request.travellers.all()}
    rows = [row for row in request.interests.all() if row.person_id in travelling]
    return [row for row in rows if stands(row, request, last.get(row.person_id))]


def reasons_for(requests: Iterable[EvacuationRequest], by: Staff) -> set[int]:
    """The notes that say why, for whoever is asked to confirm, while they are asked."""
    return {row.note_id for request in requests for row in waiting(request) if row.second_may_be(by)}
