"""The machine's rounds made now, and who has a case afterwards."""

from django.utils import timezone

from cases import tasks
from cases.domain import jobs
from cases.models import Assignment, Case, Job

assert tasks.HANDLERS  # importing them is what registers every kind of job


def run(kind: str) -> int:
    """Run the waiting jobs of a kind as if their time had come; returns how many ran."""
    waiting = Job.objects.filter(kind=kind, state="waiting")
    waiting.update(due_at=timezone.now())
    return jobs.run(waiting.values_list("key", flat=True))


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def owner(case: Case) -> int | None:
    """The user who owns a case now."""
    return Assignment.objects.filter(case=case, ended_at__isnull=True).values_list("owner", flat=True).first()
