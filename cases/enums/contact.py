"""Contacts, channels and calls."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums.moves import moves


class ContactKind(TextChoices):
    PHONE = "phone", _("Phone")
    SHORT_CODE = "short_code", _("Short code")
    EMAIL = "email", _("E-mail")
    TELEGRAM = "telegram", _("Telegram")
    WHATSAPP = "whatsapp", _("WhatsApp")


class Channel(TextChoices):
    PHONE = "phone", _("Phone")
    TELEGRAM = "telegram", _("Telegram")
    WHATSAPP = "whatsapp", _("WhatsApp")
    SMS = "sms", _("SMS")
    EMAIL = "email", _("E-mail")
    PAPER = "paper", _("Paper form")


class MessageChannel(TextChoices):
    """How messages go out. A ring is for staff alone: the telephone server rings the telephone it knows them by."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    TELEGRAM = "telegram", _("Telegram")
    WHATSAPP = "whatsapp", _("WhatsApp")
    RING = "ring", _("Telephone ring")


class ContactMode(TextChoices):
    VOICE = "voice", _("Voice only")
    TEXT_ONLY = "text_only", _("Text only")
    NONE = "none", _("Do not contact")


class Identity(TextChoices):
    UNKNOWN = "unknown", _("Not known")
    DOUBTFUL = "doubtful", _("Doubtful")
    CONFIRMED = "confirmed", _("Confirmed")


class CallStatus(TextChoices):
    RINGING = "ringing", _("Ringing")
    IN_PROGRESS = "in_progress", _("On the line")
    WRAP_UP = "wrap_up", _("Wrap-up")
    COMPLETED = "completed", _("Completed")
    ABANDONED = "abandoned", _("Abandoned")
    DROPPED = "dropped", _("Broke off")
    CALLBACK_DUE = "callback_due", _("To be called back")
    CALLBACK_DONE = "callback_done", _("Called back")
    CALLBACK_FAILED = "callback_failed", _("Could not be called back")


CALL_MOVES: Final = moves(
    {
        "ringing": "in_progress abandoned dropped",
        "in_progress": "wrap_up dropped ringing",
        "wrap_up": "completed dropped",
        "completed": "",
        "abandoned": "callback_due",
        "dropped": "callback_due",
        "callback_due": "callback_done callback_failed",
        "callback_failed": "callback_due",
        "callback_done": "",
    }
)
LIVE_CALL: Final = ("in_progress", "wrap_up")
# Channels on which somebody speaks; on the others they write, and nothing rings.
SPOKEN: Final = ("phone",)
