"""The dispatcher hears that a convoy halted, turned back or was scattered, writes it down, and takes a mistake back."""

from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Actor, Staff
from cases.domain import events, jobs, lifecycle
from cases.domain.evacuation import telling
from cases.domain.evacuation.locking import convoy_step
from cases.domain.field import columns, refusals
from cases.domain.verbs import verb
from cases.enums import ENDS, OF_THE_CONVOY, ConvoyStatus, EntryOutcome, FieldAct, IncidentKind
from cases.errors import Forbidden, IllegalMove, Invalid, KeyReused, NoteNeeded
from cases.models import Convoy, FieldEntry, Incident, Job, Seat

ROLLING: Final = (ConvoyStatus.DEPARTED, ConvoyStatus.HALTED)
# It said where somebody's way with the convoy ended; of who is missing it says the contrary.
ENDED: Final = tuple(act for act in ENDS if act != FieldAct.MISSING)


@verb("convoys.report")
def report(convoy: Convoy, *, act: FieldAct, note: str = "", key: UUID, by: Actor) -> FieldEntry:
    """What a convoy on its way did, as the dispatcher heard it; `note` says in words what happened, and is sealed.

    It counts as a phone's word does, with a roll-call. Once per `key`. Locks as a sync does. Raises Invalid,
    KeyReused, IllegalMove.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    if act not in columns.INCIDENTS:
        raise Invalid(field="act")
    _require_short(note, "note")
    convoy = convoy_step(convoy.pk)
    before = FieldEntry.objects.filter(uid=key).first()
    if before is not None:
        if (before.convoy_id, before.act) != (convoy.pk, act):
            raise KeyReused
        return before
    if convoy.status not in ROLLING:
        raise IllegalMove
    now = timezone.now()
    entry = FieldEntry.objects.create(
        uid=key, convoy=convoy, act=act, at=now, said_at=now, recorded_by_id=by.user_id, data={}
    )
    columns.follow_step(convoy, [entry], by=by, notes={key: note.strip()})
    events.record(convoy, entry=str(key), act=str(act))
    return entry


@verb("convoys.take_back")
def take_back(incident: Incident, *, reason: str, by: Actor) -> Incident:
    """What a dispatcher reported of the road was a mistake: the convoy stands where it stood before, on record.

    Nothing is deleted: the incident says who took it back and why (sealed). Its roll-call ends, and the households
    that were told hear that it is not so; those not told yet hear nothing. Refused where something stands on it by
    now. Twice is once. Locks as a sync does. Raises NoteNeeded, Invalid, NotYourWord, StandsOnIt.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    reason = reason.strip()
    if not reason:
        raise NoteNeeded(_("Say why it is taken back."), field="reason")
    _require_short(reason, "reason")
    convoy = convoy_step(incident.convoy_id)
    incident = (
        Incident.objects.select_related("data_key").select_for_update(no_key=True, of=("self",)).get(pk=incident.pk)
    )
    if incident.taken_back_at is not None:
        return incident
    entry = FieldEntry.objects.filter(uid=incident.uid, convoy=convoy, device__isnull=True).first()
    if entry is None or entry.outcome not in (EntryOutcome.APPLIED, EntryOutcome.SETTLED):
        raise refusals.NotYourWord
    _require_last(convoy, incident, entry)
    now = timezone.now()
    FieldEntry.objects.create(
        uid=uuid4(),
        convoy=convoy,
        act=FieldAct.TAKEN_BACK,
        takes_back=entry.uid,
        at=now,
        said_at=now,
        recorded_by_id=by.user_id,
        data={},
    )
    _put_back(convoy)
    incident.rolled_at = incident.rolled_at or now
    incident.taken_back_at, incident.taken_back_by_id, incident.taken_back_why = now, by.user_id, reason
    incident.save(update_fields=["rolled_at", "taken_back_at", "taken_back_by", "taken_back_why"])
    jobs.cancel([f"roll:{incident.uid}"])
    told = telling.set_right_step(str(incident.uid))
    events.record(incident, kind=incident.kind, convoy=str(convoy.uid), households=len(told))
    return incident


def _require_short(text: str, field: str) -> None:
    if "\0" in text or len(text) > columns.LONGEST_NOTE:
        raise Invalid(_("This is too long. Keep it under 2,000 characters."), field=field)


def _require_last(convoy: Convoy, incident: Incident, entry: FieldEntry) -> None:
    """Nothing stands on the report: the convoy is where it put it, and nobody's place followed from it."""
    words = columns.counting(convoy.pk)
    last = words.filter(act__in=OF_THE_CONVOY).order_by("at", "order", "pk").last()
    if last is None or last.pk != entry.pk or convoy.status != OF_THE_CONVOY[entry.act]:
        raise refusals.StandsOnIt(refusals.SAID_SINCE)
    ended = words.filter(act__in=ENDED, at__gte=incident.at)
    if incident.kind != IncidentKind.HALTED and ended.exists():
        raise refusals.StandsOnIt(refusals.ENDED_SINCE)
    called = not Job.objects.open().filter(key=f"roll:{incident.uid}").exists()
    before = words.filter(act=FieldAct.MISSING, at__lt=incident.at).values("seat")
    if called and Seat.objects.filter(convoy=convoy, missing=True).exclude(pk__in=before).exists():
        raise refusals.StandsOnIt(refusals.MISSING_SINCE)


def _put_back(convoy: Convoy) -> None:
    """Where its people last said that it stands; a convoy of which only this was said was on its way."""
    last = columns.counting(convoy.pk).filter(act__in=OF_THE_CONVOY).order_by("at", "order", "pk").last()
    to = OF_THE_CONVOY[last.act] if last is not None else ConvoyStatus.DEPARTED
    try:
        with transaction.atomic():
            lifecycle.put_back(convoy, to)
    except IntegrityError:
        raise refusals.StandsOnIt(refusals.TOO_FULL) from None
