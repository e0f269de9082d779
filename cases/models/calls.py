"""Calls over any channel, and which cases each was about."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cases.enums import CallDirection, CallStatus, Channel, Identity, Language
from cases.models.base import AreaRows, Reference, Row, Sealing, in_areas, one_of, text_choice
from cases.privacy.sealed import SealedTextField


class Disposition(Reference):
    """How a call ended; one primary, any number besides."""

    may_open_case = models.BooleanField(default=True)


class CallRows(AreaRows):
    def visible_in(self, paths: Iterable[str]) -> Self:
        """The calls about a case in these areas, and those about none."""
        areas = list(paths)
        if "" in areas or not areas:
            return self.filter(in_areas(areas, ""))
        links = CallCase.objects.filter(call=OuterRef("pk"))
        return self.filter(~Exists(links) | Exists(links.filter(in_areas(areas, "case__household__settlement"))))


class Call(Sealing):
    """One contact with the line. `heard_at` is when it was said, `created_at` when it was entered."""

    channel = text_choice(Channel, default=Channel.PHONE)
    language = text_choice(Language, default=Language.RU)
    status = text_choice(CallStatus)
    caller = models.ForeignKey("cases.Caller", null=True, on_delete=models.PROTECT, related_name="calls")
    contact = models.ForeignKey("cases.ContactPoint", null=True, on_delete=models.PROTECT, related_name="calls")
    operator = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    identity = text_choice(Identity, default=Identity.UNKNOWN)
    anonymous = models.BooleanField(default=False)
    heard_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    notes = SealedTextField(null=True, max_text=100_000)
    proposal = SealedTextField(null=True, max_text=400_000)
    proposal_settled_at = models.DateTimeField(null=True)
    direction = text_choice(CallDirection, max_length=3, default=CallDirection.IN)
    reply_by = models.DateTimeField(null=True)
    held_since = models.DateTimeField(null=True)
    abuse_warnings = models.PositiveSmallIntegerField(default=0)
    heavy = models.BooleanField(default=False)
    told_back_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 - unique where there is one
    cases = models.ManyToManyField("cases.Case", through="cases.CallCase", related_name="calls")

    objects = CallRows.as_manager()

    class Meta:
        constraints = [
            one_of("channel", Channel, "call_channel_known"),
            one_of("status", CallStatus, "call_status_known"),
            one_of("identity", Identity, "call_identity_known"),
            one_of("language", Language, "call_language_known"),
            one_of("direction", CallDirection, "call_direction_known"),
            models.CheckConstraint(
                # A call at work is somebody's; NULL would pass an equality.
                condition=~Q(status__in=["in_progress", "wrap_up"]) | Q(operator__isnull=False),
                name="call_live_has_an_operator",
            ),
            models.CheckConstraint(condition=Q(abuse_warnings__lte=2), name="call_two_warnings"),
        ]
        indexes = [
            models.Index(fields=["operator"], name="call_live", condition=Q(status__in=["in_progress", "wrap_up"])),
            models.Index(fields=["heard_at"], name="call_heard"),
            models.Index(fields=["heard_at"], name="call_ringing", condition=Q(status="ringing")),
        ]


class CallDisposition(models.Model):
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="dispositions")
    code = models.ForeignKey(Disposition, to_field="code", on_delete=models.PROTECT, db_column="code")
    primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "code"], name="call_disposition_once"),
            models.UniqueConstraint(fields=["call"], condition=Q(primary=True), name="call_one_primary_disposition"),
        ]


class CallCase(Row):
    """A call may concern several cases, a case many calls. A doubtful caller's call only proposes."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="links")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="call_links")
    proposes = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "case"], name="call_case_once")]
        indexes = [models.Index(fields=["case", "call"], name="call_case_proposes", condition=Q(proposes=True))]
