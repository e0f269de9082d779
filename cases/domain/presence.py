"""Who is free to answer. Calls move it by themselves; a person chooses free, break, or away."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, jobs, stream
from cases.domain.verbs import verb
from cases.enums import CHOSEN_PRESENCE, LIVE_CALL, SPOKEN, PresenceState
from cases.errors import Forbidden, Invalid, Refusal
from cases.models import Call, Job, Presence

# Off the line after a heavy call, outside occupancy ("Those who answer").
COOL_DOWN: Final = timedelta(minutes=15)


class WrapUpFirst(Refusal):
    code = "wrap_up_first"
    sentence = _("Your last call is not saved yet. Say how it ended, save it, and you are free.")


def step(user_id: int, state: PresenceState, *, call: Call | None = None, until: datetime | None = None) -> None:
    """Step: set somebody's presence and tell their pages; a verb that knows better has asked the policy."""
    now = timezone.now()
    Presence.objects.update_or_create(
        user_id=user_id, defaults={"state": state, "since": now, "call": call, "until": until}
    )
    stream.tell(stream.personal(user_id), "presence", state=state)
    if until is not None:
        jobs.enqueue("presence", f"presence:{user_id}", subject=user_id, due_at=until)


def after_call(user_id: int, call: Call, *, heavy: bool) -> None:
    """Step: a call is recorded. A heavy one gives fifteen minutes off the line; who has the next one stays on it."""
    row = Presence.objects.filter(user=user_id).first()
    if heavy:
        step(user_id, PresenceState.COOL_DOWN, until=timezone.now() + COOL_DOWN)
    elif row is not None and row.call_id == call.pk and row.state in (PresenceState.ON_CALL, PresenceState.WRAP_UP):
        step(user_id, PresenceState.FREE)


@verb("presence.choose")
def choose(state: str, *, by: Actor) -> None:
    """Be free, on a break, or away. Raises WrapUpFirst while a call of one's own is not recorded."""
    policy.require()
    if not isinstance(by, Staff):
        raise Forbidden
    if state not in CHOSEN_PRESENCE:
        raise Invalid(field="state")
    if Call.objects.filter(operator=by.user_id, status__in=LIVE_CALL, channel__in=SPOKEN).exists():
        raise WrapUpFirst
    step(by.user_id, PresenceState(state))
    events.record(Presence.objects.get(user=by.user_id), state=state)


@jobs.inside("presence", verb="presence.end_break")
def end_break(job: Job) -> timedelta | None:
    """The break after a heavy call is over: away, until they say that they are free again. Locks the presence."""
    policy.require()
    row = Presence.objects.select_for_update(no_key=True).filter(user=job.subject or 0).first()
    if row is None or row.until is None or row.state != PresenceState.COOL_DOWN:
        return None
    left = row.until - timezone.now()
    if left > timedelta():
        return left
    step(row.user_id, PresenceState.BREAK)
    return None
