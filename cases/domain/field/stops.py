"""A stop moves an hour before the departure: every household acknowledges it, and a marshal waits at the old one."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import events, jobs
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import convoy_step
from cases.domain.evacuation.refusals import ConvoyClosed, OffTheCorridor
from cases.domain.field.crews import crew_step
from cases.domain.verbs import verb
from cases.enums import BEFORE_DEPARTURE, LIVE_SEAT, CrewDuty, JobLane, Role
from cases.errors import Forbidden, Invalid
from cases.models import Convoy, Job, Place, Seat, StopAck, StopChange, User

# Without an acknowledgement they are called after ten minutes; the marshal stays an hour longer than the window.
UNHEARD: Final = timedelta(minutes=10)
MARSHAL_STAYS: Final = timedelta(hours=1)


@verb("convoys.move_stop")
def move_stop(convoy: Convoy, *, seq: int, place: Place, landmark: str = "", marshal: User, by: Actor) -> StopChange:
    """Collect the people of a stop elsewhere; each of their households is told in words that betray nothing.

    Who does not acknowledge within ten minutes is called. The marshal is on the crew until the window's end and an
    hour more. The same change twice is one. Locks the legs, then the convoy. Raises OffTheCorridor, ConvoyClosed,
    Invalid.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    convoy = convoy_step(convoy.pk)
    if convoy.status not in BEFORE_DEPARTURE:
        raise ConvoyClosed
    if not convoy.window.corridor.stops.filter(seq=seq).exists():
        raise OffTheCorridor(field="seq")
    if not marshal.posts.held().filter(role__in=[Role.FIELD, Role.DISPATCHER]).exists():
        raise Invalid(field="marshal")
    standing = StopChange.objects.filter(convoy=convoy, seq=seq, replaced_at__isnull=True).first()
    if standing is not None and (standing.place_id, standing.landmark) == (place.pk, landmark):
        return standing
    if standing is not None:
        standing.replaced_at = timezone.now()
        standing.save(update_fields=["replaced_at"])
    until = convoy.window.slot.upper + MARSHAL_STAYS
    made: StopChange = StopChange.objects.create(
        convoy=convoy,
        seq=seq,
        place=place,
        landmark=landmark,
        marshal=marshal,
        marshal_until=until,
        changed_by_id=by.user_id,
    )
    crew_step(convoy, marshal, CrewDuty.MARSHAL, until)
    _tell(made)
    events.record(convoy, seq=seq, place=place.pk, households=made.acks.count())
    return made


def _tell(change: StopChange) -> None:
    seats = Seat.objects.filter(convoy=change.convoy, from_seq=change.seq, status__in=LIVE_SEAT)
    cases = sorted(set(seats.values_list("traveller__request__case", flat=True)))
    StopAck.objects.bulk_create(StopAck(change=change, case_id=case) for case in cases)
    telling.suspended_step([], cases)
    jobs.enqueue_many(
        Job(
            kind="stop_unheard",
            key=f"unheard:{ack.uid}",
            subject=ack.pk,
            due_at=timezone.now() + UNHEARD,
            lane=JobLane.URGENT,
        )
        for ack in change.acks.all()
    )


@jobs.inside("stop_unheard", verb="convoys.watch")
def unheard(job: Job) -> None:
    """Nobody of a household acknowledged the new stop: they are on the list of those to be called. Locks the case."""
    ack = StopAck.objects.select_related("change").filter(pk=job.subject or 0, acknowledged_at__isnull=True).first()
    case = telling.locked_case(ack.case_id) if ack is not None and ack.change.replaced_at is None else None
    if ack is None or case is None:
        return
    telling.call_step(case)
    ack.called_at = timezone.now()
    ack.save(update_fields=["called_at"])


@verb("convoys.acknowledge")
def acknowledge(ack: StopAck, *, by: Actor) -> StopAck:
    """A household said that it heard where to go, to whoever writes it down. Twice is once. Locks the case."""
    if not isinstance(by, Staff):
        raise Forbidden
    case = telling.locked_case(ack.case_id)
    ack = StopAck.objects.select_for_update(no_key=True).get(pk=ack.pk)
    if ack.acknowledged_at is None:
        ack.acknowledged_at, ack.acknowledged_by_id = timezone.now(), by.user_id
        ack.save(update_fields=["acknowledged_at", "acknowledged_by"])
        jobs.cancel([f"unheard:{ack.uid}"])
        events.record(ack, case=case)
    return ack
