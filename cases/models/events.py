"""What happened (Event), and who opened what (Disclosure): two append-only tables."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases import policy
from cases.actors import Actor, Partner, Staff, System
from cases.enums import Why
from cases.models.base import Rows, in_areas, one_of, text_choice


class EventRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """Readers of the audit: what is about no case, and about cases in the areas of the posts that read it."""
        match actor:
            case System():
                return self
            case Staff():
                areas = policy.reading_paths(actor, policy.MAY_READ_AUDIT)
                return self.filter(in_areas(areas, "case__household__settlement"))
            case Partner():
                return self.none()


class DisclosureRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """All of it to readers of the audit: a line names codes and uids, and nobody's case."""
        if isinstance(actor, System) or (isinstance(actor, Staff) and actor.roles & policy.MAY_READ_AUDIT):
            return self
        return self.none()


class Event(models.Model):
    """Audit, timeline, partner cursor and stream in one. Readers of changes go by `seq`, which the sealer gives.

    `data` holds codes, counts and field names, never personal data. `actor` is a code such as "staff:5".
    """

    at = models.DateTimeField(default=timezone.now)
    verb = models.CharField(max_length=48)
    actor = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    subject_uid = models.UUIDField(null=True)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="events")
    data = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True, unique=True)
    hash = models.BinaryField(null=True)

    objects = EventRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(seq__isnull=True, hash__isnull=True) | Q(seq__gt=0, hash__isnull=False),
                name="event_sealed_whole",
            )
        ]
        indexes = [
            models.Index(fields=["id"], name="event_unsealed", condition=Q(seq__isnull=True)),
            models.Index(fields=["case", "id"], name="event_timeline"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"


class Disclosure(models.Model):
    """One opening of sealed data: who, why, which rows and fields."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=40)
    why = text_choice(Why)
    table = models.CharField(max_length=60)
    rows = models.JSONField()
    fields = models.JSONField()
    stated = models.BooleanField(default=False)

    objects = DisclosureRows.as_manager()

    class Meta:
        constraints = [one_of("why", Why, "disclosure_why_known")]

    def __str__(self) -> str:
        return f"{self.table} {self.pk}"
