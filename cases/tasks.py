"""Celery's doors: ids in, one line each. The modules with job handlers are imported so that they register."""

from celery import shared_task

from cases.domain import (
    assignment,
    calls,
    escalation,
    evacuation,
    events,
    field,
    handover,
    inbox,
    intake,
    jobs,
    matching,
    naming,
    notifications,
    partners,
    presence,
    rules,
    triage,
    watch,
)

HANDLERS = (
    assignment.auto,
    assignment.expire,
    assignment.rehome,
    assignment.off_at_end,
    triage.rescore_due,
    escalation.fire,
    notifications.deliver,
    partners.expire,
    intake.keep_dropped,
    calls.settle,
    presence.end_break,
    inbox.late,
    inbox.deliver,
    handover.left,
    handover.stranded,
    matching.look,
    naming.indexed_again,
    rules.rescore_all,
    evacuation.lapse,
    evacuation.look,
    evacuation.offer,
    evacuation.call,
    evacuation.write,
    evacuation.write_again,
    evacuation.lapse_interests,
    evacuation.lapse_resume,
    evacuation.lapse_publicity,
    field.roll_call,
    field.room,
    field.arrival_watch,
    field.welfare,
    field.unheard,
    field.safe_call,
)


@shared_task(name="cases.run", acks_late=True, ignore_result=True)
def run(keys: list[str]) -> None:
    jobs.run(keys)


@shared_task(name="cases.sweep", acks_late=True, ignore_result=True)
def sweep() -> None:
    jobs.sweep()
    events.seal()


@shared_task(name="cases.watch", acks_late=True, ignore_result=True)
def watch_all() -> None:
    watch.look()


@shared_task(name="cases.nightly", acks_late=True, ignore_result=True)
def nightly() -> None:
    watch.nightly()
