"""What the telephone exchange told us, and written messages: both come in through signed doors."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.actors import Actor, System
from cases.enums import TelephonyKind, WrittenState
from cases.models.base import AreaRows, Rows, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField


class TelephonyRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        return self if isinstance(actor, System) else self.none()


class TelephonyEvent(models.Model):
    """One event of a call, kept once under the exchange's own key. They may come late, twice, and in any order."""

    call = models.ForeignKey("cases.Call", on_delete=models.PROTECT, related_name="telephony")
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=120)
    kind = text_choice(TelephonyKind)
    at = models.DateTimeField()
    agent = models.CharField(max_length=60, blank=True, default="")
    received_at = models.DateTimeField(default=timezone.now)

    objects = TelephonyRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", TelephonyKind, "telephony_kind_known"),
            models.UniqueConstraint(fields=["provider", "event_id"], name="telephony_event_once"),
        ]


class WrittenRows(AreaRows):
    """Seen where their case is; one without a case by all who read cases."""


class Written(Sealing):
    """One line of a written conversation, from them or to them. Its text is sealed under the contact's key."""

    call = models.ForeignKey("cases.Call", on_delete=models.PROTECT, related_name="written")
    contact = models.ForeignKey("cases.ContactPoint", on_delete=models.PROTECT, related_name="written")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="written")
    outgoing = models.BooleanField(default=False)
    author = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField(max_text=8_000)
    state = text_choice(WrittenState)
    provider_id = models.CharField(max_length=160, null=True, unique=True)  # noqa: DJ001 - unique where there is one
    error_code = models.CharField(max_length=40, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    objects = WrittenRows.as_manager()

    class Meta:
        constraints = [
            one_of("state", WrittenState, "written_state_known"),
            models.CheckConstraint(condition=Q(outgoing=False) | Q(author__isnull=False), name="written_by_somebody"),
        ]
        indexes = [models.Index(fields=["contact", "at"], name="written_talk")]
