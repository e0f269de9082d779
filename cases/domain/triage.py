"""Triage: the class of a case, its points and reasons, and the clocks that follow from it."""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases.actors import Actor, System
from cases.domain import assignment, clocks, events, jobs, lifecycle
from cases.domain.verbs import verb
from cases.enums import OPEN_CASE, CaseStatus, ClockKind, JobLane, JobState, PriorityClass
from cases.errors import IllegalMove, NoteNeeded
from cases.models import Case, Job, Note, Score
from cases.planning.triage import Facts, Rules, hours_to_change, score
from cases.queries.triage import facts_of, rules_in_force

MAX_POINTS = 10_000
# Points grow with waiting and with what runs out: an open case is weighed again at least so often.
FRESH_FOR: Final = timedelta(hours=6)
RESCORED: Final = tuple(status for status in OPEN_CASE if status != CaseStatus.RESOLVED)


def step(case: Case, *, by: Actor, only_up: bool = False) -> Score:
    """Score a locked or new case from its facts; moves a new or reopened one to triaged, restarts clocks on a change.

    A class set by hand stands until the facts ask for a more urgent one, or the case is reopened. `only_up`: what a
    doubtful caller says may raise the class, never lower it.
    """
    rules_row, rules = rules_in_force()
    before = _last_verdict(case) if case.overridden else case.priority
    facts = facts_of(case, by=by)
    verdict = score(facts, rules)
    result = Score.objects.create(
        data_key=case.household.data_key,
        case=case,
        rules=rules_row,
        facts=json.dumps(facts.to_json(), ensure_ascii=False),
        priority=verdict.cls,
        points=min(verdict.points, MAX_POINTS),
        reasons=[asdict(reason) for reason in verdict.reasons],
    )
    first = case.status in (CaseStatus.NEW, CaseStatus.REOPENED)
    rises = verdict.cls < min(before, case.priority)  # "P1" comes before "P2"
    bound = case.overridden and not first
    changed = rises or (verdict.cls != case.priority and not bound and not only_up)
    if case.overridden and (rises or first):
        case.overridden = False
        case.save(update_fields=["overridden"])
    if changed or not (bound or only_up):
        _set(case, verdict.cls, result.points)
    _watch_time(case, facts, rules, first=case.status == CaseStatus.NEW)
    if changed and rises:
        assignment.hurry_step(case)
    if first or changed:
        _start_clocks(case, rules, first=case.status == CaseStatus.NEW)
        codes = [reason.code for reason in verdict.reasons]
        events.record(case, "triage.scored", case=case, priority=case.priority, points=case.points, reasons=codes)
    if first:
        lifecycle.move(case, CaseStatus.TRIAGED)
    return result


@jobs.inside("rescore", verb="triage.rescore_due")
def rescore_due(job: Job) -> timedelta | None:
    """Time has changed the facts (water ran out, insulin is nearly gone): score again. Locks the case.

    A score is kept when the class or a reason changed or the rules did; points alone move the case in the queue.
    """
    by = System("triage")
    case = Case.objects.locked().select_related("household__data_key").filter(pk=job.subject or 0).first()
    if case is None or case.status not in RESCORED:
        return None
    rules_row, rules = rules_in_force()
    facts = facts_of(case, by=by)
    verdict, last = score(facts, rules), _last_score(case)
    reasons = [asdict(reason) for reason in verdict.reasons]
    if (last.rules_id, last.priority, last.reasons) != (rules_row.pk, verdict.cls, reasons):
        step(case, by=by)
    elif not case.overridden and case.points != min(verdict.points, MAX_POINTS):
        _set(case, case.priority, min(verdict.points, MAX_POINTS))
    return _until_next(facts, rules)


def _until_next(facts: Facts, rules: Rules) -> timedelta:
    """When time alone gives this case another class, or its place in the queue wants freshening."""
    hours = hours_to_change(facts, rules, within=FRESH_FOR / timedelta(hours=1))
    return FRESH_FOR if hours is None else timedelta(hours=hours)


def _watch_time(case: Case, facts: Facts, rules: Rules, *, first: bool) -> None:
    """Step: the case is scored again when time changes its class."""
    key, due_at = f"rescore:{case.uid}", timezone.now() + _until_next(facts, rules)
    if not first:
        # One that runs now is left alone: it holds its job and waits for this case, and scores again after it.
        waiting = Job.objects.filter(key=key, state=JobState.WAITING).select_for_update(skip_locked=True)
        if Job.objects.filter(pk__in=waiting.values("pk")).update(due_at=due_at):
            return
    jobs.enqueue("rescore", key, subject=case.pk, lane=JobLane.BULK, due_at=due_at)


def clocks_step(case: Case) -> None:
    """Step: an open case that has no live clock gets those of its class."""
    if not case.clocks.filter(state__in=clocks.LIVE).exists():
        _start_clocks(case, rules_in_force()[1])


def _last_verdict(case: Case) -> str:
    """The class the rules gave before somebody set another by hand."""
    return _last_score(case).priority


def _last_score(case: Case) -> Score:
    return case.scores.filter(overridden_by__isnull=True).latest()


def _set(case: Case, priority: str, points: int) -> None:
    case.priority, case.points = priority, points
    case.save(update_fields=["priority", "points"])


def _start_clocks(case: Case, rules: Rules, *, first: bool = False) -> None:
    minutes = rules.clocks[case.priority]
    after = {
        ClockKind.ACKNOWLEDGE: timedelta(minutes=minutes.acknowledge),
        ClockKind.RECONTACT: timedelta(minutes=minutes.recontact),
    }
    clocks.start(case, after, first=first)


@verb("triage.rescore")
def rescore(case: Case, *, by: Actor) -> Case:
    """Score again, since facts changed. Locks the case."""
    case = Case.objects.locked().select_related("household").get(pk=case.pk)
    step(case, by=by)
    return case


@verb("triage.override")
def override(case: Case, *, priority: PriorityClass, note: str, by: Actor) -> Case:
    """Set the class by hand, with a note that says why. Raises NoteNeeded. Locks the case."""
    case = Case.objects.locked().select_related("household__data_key").get(pk=case.pk)
    if case.master_id is not None:  # merged meanwhile: the note would stand where nobody looks
        raise IllegalMove
    if not note.strip():
        raise NoteNeeded(field="note")
    latest = case.scores.latest()
    author = getattr(by, "user_id", None)
    written = Note.objects.create(data_key=case.household.data_key, case=case, author_id=author, text=note.strip())
    Score.objects.create(
        data_key=case.household.data_key,
        case=case,
        rules=latest.rules,
        facts=json.dumps({}),
        priority=priority,
        points=case.points,
        reasons=latest.reasons,
        overridden_by_id=author,
        note=written,
    )
    before, case.overridden = case.priority, True
    case.save(update_fields=["overridden"])
    _set(case, priority, case.points)
    _start_clocks(case, rules_in_force()[1])
    events.record(case, case=case, **{"from": before, "to": str(priority)})
    return case


@verb("triage.lift")
def lift(case: Case, *, note: str, by: Actor) -> Case:
    """Take a class set by hand back to what the rules say now, with a note that says why. Locks the case.

    One that was not set by hand stays as it is. Raises NoteNeeded, IllegalMove.
    """
    case = Case.objects.locked().select_related("household__data_key").get(pk=case.pk)
    if case.master_id is not None or not case.is_open:  # merged or closed meanwhile: nobody looks there
        raise IllegalMove
    if not case.overridden:
        return case
    if not note.strip():
        raise NoteNeeded(field="note")
    author = getattr(by, "user_id", None)
    Note.objects.create(data_key=case.household.data_key, case=case, author_id=author, text=note.strip())
    before, case.overridden = case.priority, False
    case.save(update_fields=["overridden"])
    step(case, by=by)
    events.record(case, case=case, **{"from": before, "to": str(case.priority)})
    return case
