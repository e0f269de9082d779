"""Everything that happens later, the processes that do it, and what was already done once."""

from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils import timezone

from cases.actors import Actor, System
from cases.enums import JobLane, JobState
from cases.models.base import Rows, one_of, text_choice

# What a household is told of ends the key of the job that tells it: a uid as text. Those that tell it was a mistake end
# otherwise.
ACT: Final = Right("key", 36)
TELLING: Final = Q(kind__in=["call_household", "write_household"])


class JobRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, System) else self.none()

    def open(self) -> Self:
        return self.filter(state__in=[JobState.WAITING, JobState.RUNNING])

    def told_of(self, act: str) -> Self:
        """Those by which households are, or were, told of `act`, a uid; done or not."""
        return self.filter(TELLING).alias(act=ACT).filter(act=act)


class Job(models.Model):
    """One thing to do at `due_at`. `key` is unique while open; jobs of one `order_key` run in order of their id."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    lane = text_choice(JobLane, max_length=8, default=JobLane.NORMAL)
    due_at = models.DateTimeField(default=timezone.now)
    order_key = models.CharField(max_length=80, blank=True, default="")
    subject = models.BigIntegerField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True, default="")
    state = text_choice(JobState, max_length=8, default=JobState.WAITING)
    error_code = models.CharField(max_length=40, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    objects = JobRows.as_manager()

    class Meta:
        constraints = [
            one_of("lane", JobLane, "job_lane_known"),
            one_of("state", JobState, "job_state_known"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(state__in=["waiting", "running"]), name="job_key_once_while_open"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="job_due", condition=Q(state="waiting")),
            models.Index(fields=["kind", "due_at"], name="job_waiting_kind", condition=Q(state="waiting")),
            models.Index(fields=["worker"], name="job_running", condition=Q(state="running")),
            models.Index(fields=["order_key", "id"], name="job_order", condition=Q(state__in=["waiting", "running"])),
            models.Index(ACT, name="job_told_of", condition=TELLING),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Worker(models.Model):
    """A process that runs jobs; silent for six seconds, its jobs are taken back."""

    name = models.CharField(max_length=64, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Idempotency(models.Model):
    """What a client's key already made. The answer is rendered again from `result`, never stored."""

    client = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    verb = models.CharField(max_length=48)
    body = models.BinaryField()
    result = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="idempotency_once")]
