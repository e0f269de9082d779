"""Places, deliveries, messages and jobs."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums.moves import moves


class PlaceKind(TextChoices):
    COUNTRY = "country", _("Country")
    OBLAST = "oblast", _("Oblast")
    RAION = "raion", _("Raion")
    SETTLEMENT = "settlement", _("Settlement")


class Access(TextChoices):
    UNKNOWN = "unknown", _("Not known")
    OPEN = "open", _("Can be reached")
    LIMITED = "limited", _("Limited")
    CLOSED = "closed", _("Cannot be reached")


class DeliveryStatus(TextChoices):
    REQUESTED = "requested", _("Requested")
    RESERVED = "reserved", _("Reserved")
    PACKED = "packed", _("Packed")
    DISPATCHED = "dispatched", _("On its way")
    DELIVERED = "delivered", _("Delivered")
    RECEIPTED = "receipted", _("Receipt given")
    RETURNED = "returned", _("Returned")
    LOST = "lost", _("Lost")
    ACCESS_DENIED = "access_denied", _("Access denied")
    CANCELLED = "cancelled", _("Cancelled")


DELIVERY_MOVES: Final = moves(
    {
        "requested": "reserved cancelled",
        "reserved": "packed requested cancelled",
        "packed": "dispatched reserved cancelled",
        "dispatched": "delivered returned lost access_denied",
        "delivered": "receipted",
        "access_denied": "returned requested",
        "returned": "requested cancelled",
        "receipted": "",
        "lost": "requested",
        "cancelled": "",
    }
)


class MessageStatus(TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    SUPPRESSED = "suppressed", _("Not sent")
    EXPIRED = "expired", _("Expired")
    DEAD = "dead", _("Could not be sent")


MESSAGE_MOVES: Final = moves(
    {
        "queued": "sending suppressed expired dead",
        "sending": "sending sent queued expired dead suppressed",
        "sent": "delivered",
        "delivered": "",
        "suppressed": "",
        "expired": "",
        "dead": "queued",
    }
)


# Whoever it was for does not know what it said.
NEVER_ARRIVED: Final = ("suppressed", "expired", "dead")


class SuppressedReason(TextChoices):
    NO_TEXT = "no_text", _("Texts are not allowed")
    NO_CONTACT = "no_contact", _("No contact wanted")
    NO_ADDRESS = "no_address", _("No address for this channel")
    ERASED = "erased", _("The data was erased")
    DECEASED = "deceased", _("Reported dead")


class JobLane(TextChoices):
    URGENT = "urgent", "urgent"
    NORMAL = "normal", "normal"
    BULK = "bulk", "bulk"


class JobState(TextChoices):
    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    DEAD = "dead", "dead"
