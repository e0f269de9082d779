"""The triage rules: one draft at a time, written in the rooms; what is published stands, and open cases follow it."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import policy
from cases.actors import Actor
from cases.domain import events, jobs
from cases.domain.verbs import verb
from cases.enums import JobLane, JobState
from cases.errors import IllegalMove, Refusal, StalePage
from cases.models import Case, Job, ObservationCode, TriageRules
from cases.planning.triage import Rules, RulesError

CHUNK: Final = 500
# What is being scored at the moment of publishing still goes by the rules before: it is over by then.
UNDER_WAY: Final = timedelta(seconds=5)


class RulesUnusable(Refusal):
    """`problems` lists everything wrong with the rules, in plain words."""

    code = "rules_unusable"
    status = 422
    sentence = gettext_lazy("These rules cannot be used yet. What is wrong stands beside them.")

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(field="body")
        self.problems = problems


class NewerRules(Refusal):
    code = "newer_rules"
    sentence = gettext_lazy(
        "Newer rules were published while this draft stood. Copy what you need of it, discard it and start another."
    )


@verb("rules.start_draft")
def start_draft(*, by: Actor) -> TriageRules:
    """The draft that stands, or a new one: the next number, with the rules of the newest version. Locks the newest."""
    TriageRules.objects.locked().latest("number")
    newest = TriageRules.objects.latest("number")  # read again: a colleague's draft may be what was waited for
    if newest.published_at is None:
        return newest
    number = newest.number + 1
    draft = TriageRules.objects.create(number=number, body={**newest.body, "version": number})
    events.record(draft, number=number)
    return draft


@verb("rules.save_draft")
def save_draft(draft: TriageRules, *, body: Any, version: int, by: Actor) -> TriageRules:
    """Keep these rules as the draft, under its own number. `version` is the one that the page was opened with.

    Locks the draft. Raises RulesUnusable, StalePage, IllegalMove where it was published meanwhile.
    """
    draft = _standing(draft, version)
    draft.body = checked(body, draft.number)
    draft.version += 1
    draft.save(update_fields=["body", "version"])
    events.record(draft, number=draft.number)
    return draft


@verb("rules.discard")
def discard(draft: TriageRules, *, version: int, by: Actor) -> None:
    """Throw the draft away; one that is gone already stays gone. Locks the draft. Raises StalePage, IllegalMove."""
    row = TriageRules.objects.locked().filter(pk=draft.pk).first()
    if row is None:
        policy.require()
        return
    row = _standing(row, version)
    events.record(row, number=row.number)
    row.delete()


@verb("rules.publish")
def publish(draft: TriageRules, *, version: int, signed_by: str, by: Actor) -> TriageRules:
    """Put the draft into force; every open case is scored again by it, in the background. Cannot be undone.

    `signed_by` is the doctor who signed the floors, empty where nobody did yet. Publishing twice changes nothing.
    Locks the draft. Raises RulesUnusable, StalePage, NewerRules.
    """
    row = TriageRules.objects.locked().get(pk=draft.pk)
    if row.published_at is not None:
        return row
    row = _standing(row, version)
    if TriageRules.objects.filter(number__gt=row.number).exists():
        raise NewerRules
    row.body = checked(row.body, row.number)
    row.published_at, row.signed_by, row.version = timezone.now(), signed_by.strip(), row.version + 1
    row.save(update_fields=["body", "published_at", "signed_by", "version"])
    events.record(row, number=row.number, signed=bool(row.signed_by))
    _enqueue_chunk(row.uid, after=0, due_at=row.published_at + UNDER_WAY)
    return row


def _standing(draft: TriageRules, version: int) -> TriageRules:
    row = TriageRules.objects.locked().filter(pk=draft.pk).first()
    if row is None or row.published_at is not None:
        raise IllegalMove
    if row.version != version:
        raise StalePage
    return row


def checked(body: Any, number: int) -> dict[str, Any]:
    """The rules under this number. Raises RulesUnusable with everything that is wrong with them."""
    found = {**body, "version": number} if isinstance(body, dict) else body
    try:
        rules = Rules.load(found)
    except RulesError as error:
        raise RulesUnusable(error.problems) from error
    problems = [*_unwritable(found), *_given_away(rules), *_unknown(rules)]
    if problems:
        raise RulesUnusable(tuple(problems))
    return dict(found)


def _unwritable(body: Mapping[str, Any]) -> list[str]:
    """Characters that JSON can name and no text can hold (PostgreSQL, 8.14 "JSON Types")."""
    text = json.dumps(body, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return [_("a character that is none: %(what)s") % {"what": ascii(error.object[error.start])}]
    return [_("a character that is none: %(what)s") % {"what": "\\u0000"}] if "\\u0000" in text else []


def _given_away(rules: Rules) -> list[str]:
    """What the hotline protects stays protected, whatever the draft says: a reason would name it to everybody."""
    secret = set(ObservationCode.objects.filter(protected=True).values_list("code", flat=True))
    told = {floor.code: sorted(secret.intersection((*floor.when.facts_used(), floor.value))) for floor in rules.floors}
    open_floors = [floor.code for floor in rules.floors if not floor.protected]
    return [
        _("floor %(code)s: it names the protected %(what)s; set protected to true")
        % {"code": code, "what": ", ".join(told[code])}
        for code in open_floors
        if told[code]
    ]


def _unknown(rules: Rules) -> list[str]:
    """An observation that nobody can tell meets no floor, and one of another kind the wrong one."""
    kinds = dict(ObservationCode.objects.values_list("code", "kind"))
    wrong = [code for code, kind in rules.observations.items() if kinds.get(code) != kind]
    return [
        _("observation %(code)s: the hotline has none of this code and kind; see “What is heard on a call”")
        % {"code": code}
        for code in wrong
    ]


def _enqueue_chunk(uid: object, *, after: int, due_at: datetime | None = None) -> None:
    jobs.enqueue("rescore_all", f"rescore_all:{uid}:{after}", subject=after, lane=JobLane.BULK, due_at=due_at)


@jobs.inside("rescore_all", verb="rules.rescore_all")
def rescore_all(job: Job) -> None:
    """Have the next open cases scored again, and come back for those after them.

    `subject` is the last case that was taken. Each is a job of its own: what fails holds up no other, and a case that
    waits for one already gets no second.
    """
    policy.require()
    rows = Case.objects.open().filter(pk__gt=job.subject or 0).order_by("pk")
    found = list(rows.values_list("pk", "uid")[:CHUNK])
    jobs.enqueue_many(Job(kind="rescore", key=f"rescore:{uid}", subject=pk, lane=JobLane.BULK) for pk, uid in found)
    # Those that wait for their own time are due now; one that runs now is over in a moment and is due again.
    standing = Job.objects.filter(key__in=[f"rescore:{uid}" for _pk, uid in found], state=JobState.WAITING)
    later = standing.filter(due_at__gt=timezone.now())
    jobs.bring_forward(later.select_for_update(skip_locked=True))
    if len(found) == CHUNK:
        _enqueue_chunk(job.key.split(":")[1], after=found[-1][0])
