"""A page that died with something on it: after a minute what was heard becomes a case by itself."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import calls, drafts, events, jobs, stream
from cases.domain.intake.checks import soften
from cases.domain.intake.facts import Intake
from cases.domain.intake.recording import record_step
from cases.enums import CallbackReason, CallStatus, Why
from cases.models import Draft, Job

KEEPER: Final = System("drafts")
# Where ringing could betray somebody, a supervisor decides whether they are called back.
DANGEROUS: Final = frozenset(
    {"shelling_now", "imminent_violence", "broke_off_with_explosions", "child_with_strangers", "suicidal_plan"}
)


@jobs.inside("draft", verb="intake.keep_dropped")
def keep_dropped(job: Job) -> timedelta | None:
    """Record a dropped draft that has a settlement or a need. The page may come back: it then completes this case.

    Locks the draft, then as `record`. A page that still shows signs of life is looked at again later.
    """
    policy.require()
    draft = Draft.objects.locked().select_related("data_key").filter(pk=job.subject or 0).first()
    if draft is None or draft.ended_at is not None or not draft.wants_case:
        return None
    left = draft.seen_at + drafts.DROPPED_AFTER - timezone.now()
    if left > timedelta():
        return left
    reveal([draft], by=KEEPER, why=Why.DRAFT, fields=["body"])
    facts = Intake.from_json(json.loads(str(draft.body))["facts"])
    facts = soften(replace(facts, dispositions=()))
    call = record_step(facts, draft=draft, status=CallStatus.DROPPED, by=KEEPER)
    events.record(draft, "drafts.kept", case=call.cases.first())
    if call.provider_id is None and call.status in (CallStatus.IN_PROGRESS, CallStatus.DROPPED):
        needs_word = bool(DANGEROUS & set(facts.observations))
        calls.to_be_called_back(call, CallStatus.DROPPED, CallbackReason.DROPPED, needs_word=needs_word)
    stream.tell(stream.DESK, "drafts")
    return None
