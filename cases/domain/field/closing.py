"""The dispatcher decides what did not fit, and closes a convoy when everybody who boarded is accounted for."""

from django.utils import timezone

from cases.actors import Actor, Staff
from cases.domain import events, lifecycle
from cases.domain.evacuation.locking import convoy_step
from cases.domain.field import columns, placing, refusals
from cases.domain.field.syncing import again_step, reach_step, settle_step
from cases.domain.verbs import verb
from cases.enums import ENDS, OF_A_PERSON, STARTS, ConvoyStatus, EntryOutcome, FieldAct, SeatStatus
from cases.errors import Forbidden, Invalid
from cases.models import Convoy, FieldEntry, Seat
from cases.queries.aboard import NO_PLACE, unplaced

SAYS = (*STARTS, *ENDS)


@verb("convoys.settle")
def settle(seat: Seat, *, act: FieldAct, by: Actor) -> Seat:
    """The dispatcher says where somebody stands: it outweighs what was said before, and what waited is decided.

    Saying the same twice changes nothing. Locks as a sync does. Raises Invalid, IllegalMove.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    if act not in SAYS:
        raise Invalid(field="act")
    convoy = convoy_step(seat.convoy_id)
    last = FieldEntry.objects.filter(seat=seat, act__in=OF_A_PERSON).order_by("-at", "-pk").first()
    waits = FieldEntry.objects.filter(seat=seat, outcome=EntryOutcome.WAITING)
    if last is None or last.device_id is not None or last.act != act or waits.exists():
        now = timezone.now()
        FieldEntry.objects.create(
            convoy=convoy, seat=seat, act=act, at=now, said_at=now, recorded_by_id=by.user_id, data={}
        )
        waits.update(outcome=EntryOutcome.SETTLED, settled_by=by.user_id)
        reach_step(convoy, {seat.pk} | set(unplaced(convoy.pk)))
        settle_step(convoy, {seat.pk}, by=by, decided=True)
        if act in STARTS and act != FieldAct.BOARDED:
            again_step(convoy, by=by)  # their place was free all the way
        else:
            columns.follow_step(convoy, [], by=by)
        events.record(convoy, seat=str(seat.uid), act=str(act))
    seat.refresh_from_db()
    return seat


@verb("convoys.settle")
def settle_entry(entry: FieldEntry, *, by: Actor) -> FieldEntry:
    """The dispatcher has looked into a word about the whole convoy that waited: a count, an order, a strange clock.

    Of a count that did not fit, who is not on the list did not come; who turned up as a phone in doubt said it counts
    from now on, person by person: it waits on with whoever has no place, and is not looked into again. Twice is once.
    Locks as a sync does. Raises NothingToSettle, NoPlaceYet.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    convoy = convoy_step(entry.convoy_id)
    entry = FieldEntry.objects.select_for_update(no_key=True, of=("self",)).get(pk=entry.pk)
    if entry.outcome == EntryOutcome.SETTLED:
        return entry
    if entry.outcome != EntryOutcome.WAITING:
        raise refusals.NothingToSettle
    if entry.code in NO_PLACE and placing.waits_on([entry]):
        raise refusals.NoPlaceYet
    theirs = dict(placing.of_walk_ups([entry]).filter(outcome=EntryOutcome.WAITING).values_list("pk", "seat"))
    about = {pk for pk in (entry.seat_id, *theirs.values()) if pk is not None}
    left = entry.data["stop"] if entry.act == FieldAct.STOP_LEFT else -1
    reach_step(convoy, about | set(unplaced(convoy.pk)), stop=left)
    words = FieldEntry.objects.filter(pk__in=[entry.pk, *theirs])
    words.update(outcome=EntryOutcome.APPLIED, settled_by=by.user_id)
    settle_step(convoy, about, by=by)
    words.filter(outcome=EntryOutcome.APPLIED).update(outcome=EntryOutcome.SETTLED)
    for why in placing.waits_on([entry]).values():
        columns.wait_step([entry], why)
    if entry.act == FieldAct.STOP_LEFT and entry.code == "count_differs":
        columns.not_come_step(convoy, entry.data["stop"], by=by)
        again_step(convoy, by=by)
    columns.calm_step(convoy, by=by)
    events.record(convoy, entry=str(entry.uid), code=entry.code)
    entry.refresh_from_db(fields=["outcome", "code", "settled_by"])
    return entry


@verb("convoys.reconcile")
def reconcile(convoy: Convoy, *, by: Actor) -> Convoy:
    """Close a convoy: boarded = arrived + diverted + accounted for, and nothing waits. Twice is once.

    Locks the legs, then the convoy. Raises StillAboard, StillContested, IllegalMove.
    """
    convoy = convoy_step(convoy.pk)
    if convoy.status == ConvoyStatus.RECONCILED:
        return convoy
    if Seat.objects.filter(convoy=convoy, status=SeatStatus.BOARDED).exists():
        raise refusals.StillAboard
    waits = FieldEntry.objects.filter(convoy=convoy, outcome=EntryOutcome.WAITING)
    if waits.exists() or Seat.objects.filter(convoy=convoy, contested=True).exists():
        raise refusals.StillContested
    last = convoy.window.corridor.stops.order_by("seq").last()
    columns.not_come_step(convoy, last.seq if last is not None else 0, by=by)
    lifecycle.move(convoy, ConvoyStatus.RECONCILED)
    return convoy
