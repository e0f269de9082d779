"""The red key: a place, or not even that, makes a P1 case at once; everything else is added after."""

from dataclasses import replace
from typing import Final

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import alarms, drafts, presence
from cases.domain.intake.checks import soften
from cases.domain.intake.facts import Intake
from cases.domain.intake.recording import record_step
from cases.domain.verbs import verb
from cases.enums import SPOKEN, AlarmKind, CallStatus, PresenceState
from cases.errors import Forbidden, Invalid
from cases.models import Alarm, Call, Case

RED_KEY: Final = "red_key"


@verb("intake.red_key")
def red_key(facts: Intake, *, key: str, by: Actor) -> Case:
    """Make a P1 case of what is typed so far and sound the room, before names, consents or how the call ended.

    The page under `key` goes on: what is saved later completes this same call and case. Pressed again it makes no
    second case; an alarm that was answered sounds anew. Locks the draft, then as `record`.
    """
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    draft = drafts.of_key(key)
    if draft is None or draft.ended_at is not None:
        raise Invalid(field="key")
    if draft.operator_id != by.user_id:
        raise drafts.Elsewhere
    facts = soften(facts)
    told = replace(facts, observations={**facts.observations, RED_KEY: 1.0}, dispositions=())
    call = record_step(told, draft=draft, status=CallStatus.IN_PROGRESS, by=by)
    case = call.cases.select_related("household__settlement").latest("pk")
    if not case.red_key:
        case.red_key = True
        case.save(update_fields=["red_key"])
    if call.channel in SPOKEN:
        presence.step(by.user_id, PresenceState.ON_CALL, call=call)
    _sound(case, call, by)
    return case


def _sound(case: Case, call: Call, by: Staff) -> None:
    if not Alarm.objects.live().filter(kind=AlarmKind.RED_KEY, case=case).exists():
        place = case.household.settlement
        alarms.raise_step(AlarmKind.RED_KEY, case=case, call=call, place=place, raised_by_id=by.user_id)
