"""What sounds on a colleague's screen until somebody answers it."""

from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, stream
from cases.domain.verbs import verb
from cases.enums import LIVE_CALL, AlarmKind
from cases.errors import Forbidden
from cases.models import Alarm, Call, Draft

# Whose screens sound: the room for what concerns a case, the supervisor for what concerns an operator.
TOPICS: Final = {
    AlarmKind.RED_KEY: stream.ROOM,
    AlarmKind.UNANSWERED: stream.ROOM,
    AlarmKind.FAILED: stream.ROOM,
    AlarmKind.LATE: stream.ROOM,
    AlarmKind.NOBODY: stream.ROOM,
    AlarmKind.OVER: stream.CONVOYS,
    AlarmKind.COUNT: stream.CONVOYS,
    AlarmKind.MISSING: stream.CONVOYS,
    AlarmKind.SECOND: stream.ROOM,
    AlarmKind.SILENT: stream.SUPERVISOR,
    AlarmKind.ABUSE: stream.SUPERVISOR,
    AlarmKind.HEAVY: stream.SUPERVISOR,
    AlarmKind.LEFT_BEHIND: stream.SUPERVISOR,
    AlarmKind.CODE_WORD: stream.SUPERVISOR,
    AlarmKind.PRYING: stream.SUPERVISOR,
}


def raise_step(kind: AlarmKind, **about: Any) -> Alarm:
    """Step: sound an alarm about a case, a call, a draft or a place (`raised_by_id`: who asks for help)."""
    alarm = Alarm.objects.create(kind=kind, **about)
    events.record(alarm, "alarms.raised", case=alarm.case_id, kind=kind)
    stream.tell(TOPICS[kind], "alarm", uid=alarm.uid, kind=kind)
    return alarm


def settled_step(alarms: QuerySet[Alarm], *, by: int) -> None:
    """Step: what these alarms sounded for was done by somebody: they stop everywhere."""
    for alarm in alarms.filter(answered_at__isnull=True).select_for_update(no_key=True, of=("self",)).order_by("pk"):
        _answered(alarm, by)


def _answered(alarm: Alarm, by: int) -> None:
    alarm.answered_at, alarm.answered_by_id = timezone.now(), by
    alarm.save(update_fields=["answered_at", "answered_by"])
    stream.tell(TOPICS[AlarmKind(alarm.kind)], "alarm_answered", uid=alarm.uid)


@verb("alarms.call_supervisor")
def call_supervisor(*, by: Actor) -> Alarm:
    """Ask the supervisor into one's call, without a sound on this side. Twice is the same alarm."""
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    standing = Alarm.objects.live().filter(kind=AlarmKind.SILENT, raised_by=by.user_id).first()
    if standing is not None:
        return standing
    call = Call.objects.filter(operator=by.user_id, status__in=LIVE_CALL).order_by("-pk").first()
    draft = Draft.objects.open().filter(operator=by.user_id).order_by("-seen_at").first()
    return raise_step(AlarmKind.SILENT, raised_by_id=by.user_id, call=call, draft=draft)


@verb("alarms.answer")
def answer(alarm: Alarm, *, by: Actor) -> Alarm:
    """Somebody has taken an alarm on: it stops sounding everywhere. Locks the alarm."""
    if not isinstance(by, Staff):
        raise Forbidden
    alarm = Alarm.objects.locked().get(pk=alarm.pk)
    if alarm.answered_at is not None:
        return alarm
    _answered(alarm, by.user_id)
    events.record(alarm, case=alarm.case_id, kind=alarm.kind)
    if alarm.raised_by_id is not None:
        stream.tell(stream.personal(alarm.raised_by_id), "alarm_answered", uid=alarm.uid, kind=alarm.kind)
    return alarm
