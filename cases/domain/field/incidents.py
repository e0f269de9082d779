"""The dispatcher hears that a convoy halted, turned back or was scattered, and writes down what happened."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.actors import Actor, Staff
from cases.domain import events
from cases.domain.evacuation.locking import convoy_step
from cases.domain.field import columns
from cases.domain.verbs import verb
from cases.enums import ConvoyStatus, FieldAct
from cases.errors import Forbidden, IllegalMove, Invalid, KeyReused
from cases.models import Convoy, FieldEntry

ROLLING = (ConvoyStatus.DEPARTED, ConvoyStatus.HALTED)


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
    if "\0" in note or len(note) > columns.LONGEST_NOTE:
        raise Invalid(_("This is too long. Keep it under 2,000 characters."), field="note")
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
