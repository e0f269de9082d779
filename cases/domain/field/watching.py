"""What must not be forgotten on the road: roll-calls, arrivals, and who did not come. Each a job of the machine."""

from datetime import timedelta

from cases.actors import System
from cases.domain import clocks, jobs
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import convoy_step, of_seats_step
from cases.domain.field import columns, placing
from cases.domain.field.syncing import again_step
from cases.enums import LIVE_EVACUATION, UNDER_WAY, ClockKind, ConvoyStatus, SeatStatus
from cases.models import Convoy, EvacuationRequest, Incident, Job, Seat
from cases.queries.aboard import aboard

CALL_WITHIN = timedelta(hours=2)


@jobs.inside("roll_call", verb="convoys.watch")
def roll_call(job: Job) -> None:
    """Half an hour after an incident: who is aboard and did not answer is missing. Locks as a sync does."""
    incident = Incident.objects.filter(pk=job.subject or 0).first()
    if incident is not None:
        convoy = convoy_step(incident.convoy_id)
        if Incident.objects.filter(pk=incident.pk, rolled_at__isnull=True).exists():
            _missing(convoy, columns.unanswered(incident))


@jobs.inside("arrival_watch", verb="convoys.watch")
def arrival_watch(job: Job) -> None:
    """The convoy came some time ago: who is still aboard, with a place in our books or without, is missing.

    Locks as a sync does.
    """
    convoy = convoy_step(job.subject or 0)
    if convoy.status == ConvoyStatus.ARRIVED:
        _missing(convoy, list(aboard(convoy.pk)))


@jobs.inside("room", verb="convoys.watch")
def room(job: Job) -> None:
    """Places appeared on a convoy that boards or is on its way: who is aboard without one has it. Locks as a sync."""
    convoy = convoy_step(job.subject or 0)
    if convoy.status in UNDER_WAY:
        again_step(convoy, by=System("convoys"))


@jobs.inside("welfare", verb="convoys.watch")
def welfare(job: Job) -> None:
    """Somebody did not come, and nobody saw them since: they are called, and a clock runs on their case."""
    found = EvacuationRequest.objects.select_related("case").filter(pk=job.subject or 0).first()
    if found is None or not _still_missed(found):
        return
    telling.places_step([found.case_id])
    case = telling.locked_case(found.case_id)
    if case is not None and case.is_open:
        clocks.start(case, {ClockKind.WELFARE: CALL_WITHIN})


def _still_missed(request: EvacuationRequest) -> bool:
    """Somebody of them did not come and has no other place; the others may have gone."""
    seats = Seat.objects.filter(traveller__request=request)
    seen = seats.exclude(status__in=[SeatStatus.NO_SHOW, SeatStatus.RELEASED]).values("person")
    missed = seats.filter(status=SeatStatus.NO_SHOW).exclude(person__in=seen)
    return request.status in LIVE_EVACUATION and missed.exists()


def _missing(convoy: Convoy, gone: list[Seat]) -> None:
    rows = Seat.objects.filter(pk__in=[seat.pk for seat in gone])
    requests = of_seats_step(rows)
    rows.update(missing=True)
    placing.watch_step(convoy, requests, by=System("convoys"))
