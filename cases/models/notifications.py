"""Templates with versions, and messages. A message's text is rendered at send and never stored."""

from django.db import models
from django.db.models import Q

from cases.enums import Language, MessageChannel, MessageStatus, SuppressedReason
from cases.models.base import AreaRows, Row, in_language, one_of, text_choice


class Template(models.Model):
    """What a message says, in three languages. `variables` are the only names its text may use."""

    code = models.CharField(max_length=40)
    number = models.PositiveIntegerField(default=1)
    audience = models.CharField(max_length=8, choices=[("staff", "staff"), ("caller", "caller")])
    variables = models.JSONField(default=list)
    subject_en = models.CharField(max_length=160, blank=True)
    subject_uk = models.CharField(max_length=160, blank=True)
    subject_ru = models.CharField(max_length=160, blank=True)
    body_en = models.TextField()
    body_uk = models.TextField()
    body_ru = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="template_version_once"),
            models.CheckConstraint(condition=Q(audience__in=["staff", "caller"]), name="template_audience_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"


class Broadcast(Row):
    """One text to many, in one act."""

    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="+")
    started_by = models.CharField(max_length=40)


class MessageRows(AreaRows):
    """Seen where their case is; one without a case by all who read cases."""


class Message(Row):
    """One message to a member of staff or to a caller's contact. `params` hold nothing personal."""

    key = models.CharField(max_length=120, unique=True)
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="+")
    channel = text_choice(MessageChannel)
    language = text_choice(Language)
    user = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    reach = models.ForeignKey("cases.Reach", null=True, on_delete=models.PROTECT, related_name="messages")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="messages")
    broadcast = models.ForeignKey(Broadcast, null=True, on_delete=models.PROTECT, related_name="messages")
    params = models.JSONField(default=dict)
    status = text_choice(MessageStatus, default=MessageStatus.QUEUED)
    suppressed_reason = text_choice(SuppressedReason, blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    receipt = models.CharField(max_length=120, blank=True, default="")
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    objects = MessageRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", MessageStatus, "message_status_known"),
            one_of("suppressed_reason", SuppressedReason, "message_suppressed_known", blank=True),
            models.CheckConstraint(
                condition=Q(user__isnull=False, reach__isnull=True) | Q(user__isnull=True, reach__isnull=False),
                name="message_to_one_recipient",
            ),
            models.CheckConstraint(
                condition=~Q(status="suppressed") | ~Q(suppressed_reason=""), name="message_suppressed_for_a_reason"
            ),
        ]

    @property
    def said(self) -> str:
        """What it is about, in the reader's language: its subject, which names nobody."""
        return in_language(self.template, "subject").format_map(self.params)
