"""The roster: who is planned to work when, and who is away. Whether somebody is here now stands on their post."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from cases.actors import Actor, Staff
from cases.enums import AbsenceReason
from cases.models.base import Row, Rows, one_of, text_choice
from cases.models.staff import User

HOURS = Func("starts_at", "ends_at", RangeBoundary(), function="TSTZRANGE", output_field=DateTimeRangeField())


class RosterRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """Colleagues see the roster; it names nobody from outside."""
        return self if isinstance(actor, Staff) else self.none()


class ShiftRows(RosterRows):
    def at(self, moment: datetime) -> Self:
        return self.planned().filter(starts_at__lte=moment, ends_at__gt=moment)

    def planned(self) -> Self:
        return self.filter(cancelled_at__isnull=True)


class AbsenceRows(RosterRows):
    def at(self, moment: datetime) -> Self:
        return self.filter(Q(until__isnull=True) | Q(until__gt=moment), since__lte=moment)


class Shift(Row):
    """Planned hours of one person. Two of theirs never overlap."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, editable=False)

    objects = ShiftRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_began"),
            ExclusionConstraint(
                name="shift_one_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (HOURS, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message="These hours overlap another shift of theirs.",
            ),
        ]
        indexes = [models.Index(fields=["user", "starts_at"], name="shift_of_somebody")]
        ordering = ("starts_at", "pk")

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"


class Absence(Row):
    """Somebody is away. `until` empty: nobody knows yet; coming on duty ends it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="absences")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    reason = text_choice(AbsenceReason)

    objects = AbsenceRows.as_manager()

    class Meta:
        constraints = [
            one_of("reason", AbsenceReason, "absence_reason_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="absence_ends_after_it_began"
            ),
        ]
        indexes = [models.Index(fields=["user", "since"], name="absence_of_somebody")]
        ordering = ("-since", "pk")

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d}"
