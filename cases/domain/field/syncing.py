"""Phones sync when the network is back, in any order: every word is kept, counts once, and places follow from all."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events
from cases.domain.evacuation import seats as places
from cases.domain.evacuation.locking import legs_step, of_seats_step
from cases.domain.field import afterwards, columns, heard, placing, walk_ups
from cases.domain.field.crews import require_crew
from cases.domain.field.refusals import ManyLines, NotYourConvoy
from cases.domain.verbs import verb
from cases.enums import STARTS, DecisionBy, EntryOutcome, FieldAct, SeatStatus, YesNoUnknown
from cases.models import Convoy, Decision, EvacuationRequest, FieldDevice, FieldEntry, Seat
from cases.queries import field as read
from cases.queries.aboard import unplaced

STEADY: Final = timedelta(seconds=20)
FARTHEST: Final = timedelta(days=3650)


@verb("field.sync")
def sync(device: FieldDevice, *, sent_at: datetime, entries: Collection[Any], by: Actor) -> dict[str, Any]:
    """Take what a phone has to say, and tell it where everybody stands.

    `sent_at` is the phone's clock at this moment: its words are set right by the difference to ours. The same entries
    again, a day later too, change nothing. Locks the legs, the convoy, the device, then households, cases, requests
    and seats. Raises NotYourConvoy, ManyLines.
    """
    if len(entries) > heard.MOST:
        raise ManyLines
    policy.require()
    legs_step([device.convoy_id])
    rows = Convoy.objects.select_related("window__corridor").select_for_update(no_key=True, of=("self",))
    convoy: Convoy = rows.get(pk=device.convoy_id)
    device = FieldDevice.objects.select_for_update(no_key=True).get(pk=device.pk)
    device.convoy, now = convoy, timezone.now()
    staff = _crew_or_owner(device, by)
    skew = _skew(device, now - sent_at)
    device.synced_at, device.skew = now, int(skew.total_seconds())
    device.save(update_fields=["synced_at", "skew"])
    said = heard.read(device, entries, skew=skew, now=now, by=staff.user_id)
    _count(convoy, said.fresh, said, by=by)
    return _answer(convoy, device, said, now)


def _crew_or_owner(device: FieldDevice, by: Actor) -> Staff:
    """Who went off the crew with words unsent brings them: they wait, as a lost phone's do. Raises NotYourConvoy."""
    try:
        return require_crew(device.convoy, by)
    except NotYourConvoy:
        if not isinstance(by, Staff) or device.user_id != by.user_id:
            raise
        if device.revoked_at is None:
            device.revoked_at = timezone.now()
            device.save(update_fields=["revoked_at"])
        return by


def _skew(device: FieldDevice, measured: timedelta) -> timedelta:
    """By how much the phone's clock is behind ours. What the network took is no change of a clock: it would put the
    words of one phone into another order."""
    known = timedelta(seconds=device.skew)
    if abs(measured - known) < STEADY:
        return known
    return max(-FARTHEST, min(timedelta(seconds=round(measured.total_seconds())), FARTHEST))


def _count(convoy: Convoy, fresh: list[FieldEntry], said: heard.Heard, *, by: Actor) -> None:
    """Keep the words, then let the places, the requests and the convoy follow from them."""
    FieldEntry.objects.bulk_create(fresh)
    counted = [entry for entry in fresh if entry.outcome == EntryOutcome.APPLIED]
    touched = _touched(convoy, counted)
    without = set(unplaced(convoy.pk)) if counted else set()
    theirs = without - touched if _gives_up(counted) else set()
    reach_step(convoy, touched | theirs)
    settle_step(convoy, touched, by=by)
    _give(convoy, theirs, by=by)
    decided_step(counted, by=by)
    for entry in fresh:
        if entry.act == FieldAct.WALK_UP:  # people are known, whatever became of the word about them
            walk_ups.welcome_step(convoy, entry, said.names[entry.uid], by=by)
        elif entry.act in columns.INCIDENTS and entry.outcome != EntryOutcome.APPLIED:
            columns.note_step(convoy, entry, said.notes.get(entry.uid, ""))
    of_convoy = [entry for entry in counted if entry.act in columns.ACTS]
    columns.follow_step(convoy, of_convoy, by=by, notes=said.notes)
    for entry in FieldEntry.objects.filter(pk__in=[entry.pk for entry in fresh]):
        said.answers[str(entry.uid)] = (entry.outcome, entry.code)
    if fresh:
        events.record(convoy, entries=len(fresh), waiting=sum(entry.outcome == "waiting" for entry in fresh))


def _give(convoy: Convoy, theirs: set[int], *, by: Actor) -> None:
    """What somebody gave up goes to who is aboard without a place; where that breaks a rule of the books, nobody loses
    a word for it, and they wait on."""
    try:
        with transaction.atomic():
            settle_step(convoy, theirs, by=by, fresh=False)
    except IntegrityError:
        return


def _gives_up(counted: Iterable[FieldEntry]) -> bool:
    """Of whom it is said that they never rode, whenever it is heard, the place is theirs who are aboard without one."""
    return any(entry.act in STARTS and entry.act != FieldAct.BOARDED for entry in counted)


def _touched(convoy: Convoy, counted: Iterable[FieldEntry]) -> set[int]:
    """The places these words are about; a word that takes another back is about that one's place."""
    found = {entry.seat_id for entry in counted if entry.seat_id is not None}
    back = [entry.takes_back for entry in counted if entry.takes_back is not None]
    found |= set(FieldEntry.objects.filter(convoy=convoy, uid__in=back).values_list("seat", flat=True))
    return {pk for pk in found if pk is not None}


def reach_step(convoy: Convoy, wanted: set[int], *, stop: int = -1) -> None:
    """Step: lock the households, cases and requests that words about these places and the counts reach, before a seat.

    A count that fits says of those whom nobody saw that they did not come. `stop`: of that one it is said anyway. What
    locks them again afterwards holds them already, so nothing waits against the order.
    """
    counts = columns.open_counts(convoy.pk) | columns.stuck(convoy.pk).filter(act=FieldAct.STOP_LEFT)
    left = max([stop, *counts.values_list("data__stop", flat=True)])
    awaited = Q(convoy=convoy, from_seq__lte=left, status__in=[SeatStatus.HELD, SeatStatus.CONFIRMED])
    of_seats_step(Seat.objects.filter(Q(pk__in=wanted) | awaited))


def settle_step(convoy: Convoy, wanted: set[int], *, by: Actor, fresh: bool = True, decided: bool = False) -> None:
    """Step: these places of a convoy, whose legs are locked, and their requests follow from all that was said.

    `fresh`: something new was said of them. `decided`: by the dispatcher.
    """
    if not wanted:
        return
    rows = Seat.objects.filter(pk__in=wanted)
    requests = of_seats_step(rows)
    locked = list(
        rows.select_related("person", "traveller").select_for_update(no_key=True, of=("self",)).order_by("pk")
    )
    placing.place_step(convoy, locked, fresh=fresh, decided=decided)
    places.derive_step(requests.values())
    afterwards.came_step(list(requests.values()))
    missed = {seat.traveller.request_id for seat in locked if seat.status == SeatStatus.NO_SHOW}
    columns.welfare_step(requests[pk] for pk in sorted(missed))
    placing.watch_step(convoy, requests, by=by)


def again_step(convoy: Convoy, *, by: Actor) -> None:
    """Step: there may be room by now on a convoy, whose legs are locked: who is aboard without a place has one.

    Counts are compared again, and a convoy that could not be said to have left goes on. When nothing waits any more,
    the alarm ends.
    """
    without = set(unplaced(convoy.pk))
    stuck = list(columns.stuck(convoy.pk))
    FieldEntry.objects.filter(pk__in=[row.pk for row in stuck]).update(outcome=EntryOutcome.APPLIED, code="")
    reach_step(convoy, without)
    settle_step(convoy, without, by=by, fresh=False)
    columns.follow_step(convoy, stuck, by=by)


def decided_step(counted: Iterable[FieldEntry], *, by: Actor) -> None:
    """Step: at the bus everybody is asked again, alone: what they said there is their own decision."""
    told = [entry for entry in counted if entry.act in (FieldAct.BOARDED, FieldAct.REFUSED) and entry.seat is not None]
    asked = {entry.seat.traveller.request_id for entry in told if entry.seat is not None}
    direction = dict(EvacuationRequest.objects.filter(pk__in=asked).values_list("pk", "direction"))
    made, unfree = [], []
    for entry in told:
        if entry.seat is None or entry.seat.person.is_minor:
            continue
        freely = entry.data.get("could_speak_freely", YesNoUnknown.UNKNOWN)
        request = entry.seat.traveller.request_id
        made.append(
            Decision(
                request_id=request,
                person_id=entry.seat.person_id,
                by=DecisionBy.SELF,
                goes=entry.act == FieldAct.BOARDED,
                direction=direction[request],
                could_speak_freely=freely,
                voluntary=entry.data.get("voluntary", False),
                own_direction=entry.data.get("own_direction", False),
                informed=entry.data.get("informed", False),
                recorded_by=by.code,
            )
        )
        if freely == YesNoUnknown.NO:
            unfree.append(entry)
    Decision.objects.bulk_create(made)
    columns.wait_step(unfree, "not_free")


def _answer(convoy: Convoy, device: FieldDevice, said: heard.Heard, now: datetime) -> dict[str, Any]:
    """What became of each line, where everybody stands by now, and what still waits for the dispatcher."""
    waiting = FieldEntry.objects.filter(convoy=convoy, device=device, outcome=EntryOutcome.WAITING).order_by("pk")
    waiting = waiting.exclude(data__has_key="walk_up")  # what the phone said itself
    seats = read.listed(convoy).order_by("pk") if device.revoked_at is None else ()
    newest: dict[int, Seat] = {seat.person_id: seat for seat in seats}
    without = unplaced(convoy.pk)
    return {
        "now": now.isoformat(),
        "skew": device.skew,
        "revoked": device.revoked_at is not None,
        "manifest": convoy.manifests.count(),
        "results": [
            {"uid": uid, "outcome": str(outcome), "code": code, "say": str(read.SAYS.get(code, ""))}
            for uid, (outcome, code) in said.answers.items()
        ],
        "people": [read.state_of(seat, without.get(seat.pk)) for seat in newest.values()],
        "convoy": {"status": convoy.status},
        "free": read.free(convoy, without),
        "waiting": [
            {"uid": str(row.uid), "code": row.code, "say": str(read.SAYS.get(row.code, ""))} for row in waiting
        ],
        "open_incident": read.open_incident(convoy),
    }
