"""Consent, sharing, and why sealed data is opened."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums.moves import moves


class ReferralStatus(TextChoices):
    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Consent withdrawn")
    EXPIRED = "expired", _("Expired")


REFERRAL_MOVES: Final = moves(
    {
        "offered": "accepted rejected revoked expired",
        "accepted": "in_progress done rejected revoked",
        "in_progress": "done rejected revoked",
        "done": "",
        "rejected": "",
        "revoked": "",
        "expired": "",
    }
)


OPEN_REFERRAL: Final = ("offered", "accepted", "in_progress")
LIVE_REFERRAL: Final = (*OPEN_REFERRAL, "done")
# Shared fields that say who somebody is or where.
TELLING: Final = frozenset({"names", "contact", "address"})
TAKEN_ON_REFERRAL: Final = ("accepted", "in_progress")


class ConsentPurpose(TextChoices):
    PROCESSING = "processing", _("Keeping the data")
    CONTACT = "contact", _("Being contacted")
    SHARE_PARTNER = "share_partner", _("Sharing with a partner organisation")
    SHARE_OTHER_SIDE = "share_other_side", _("Sharing with the other side")
    SPLIT = "split", _("Travelling apart from the household")


class ConsentBasis(TextChoices):
    CONSENT = "consent", _("Consent")
    VITAL_INTEREST = "vital_interest", _("Vital interest")


class PartnerKind(TextChoices):
    MEDICAL = "medical", _("Medical")
    RELIEF = "relief", _("Relief")
    EVACUATION = "evacuation", _("Evacuation")
    TRACING = "tracing", _("Tracing")
    PROTECTION = "protection", _("Protection")


class Why(TextChoices):
    """Why sealed data was opened; every Disclosure carries one."""

    LIVE_CALL = "live_call", _("On the line")
    OWNER = "owner", _("Works on the case")
    SEND = "send", _("Sending a message")
    MATCH = "match", _("Finding the caller")
    REFERRAL = "referral", _("Referred with consent")
    EMERGENCY = "emergency", _("Emergency, not on the line")
    COMPLAINT = "complaint", _("A complaint or a question about the data")
    CORRECTION = "correction", _("A correction")
    AUDIT = "audit", _("Audit")
    TRIAGE = "triage", _("Triage")
    HANDOVER = "handover", _("The note of the last shift")
    DRAFT = "draft", _("One's own unfinished call")
    MAINTENANCE = "maintenance", _("Key rotation")
    MANIFEST = "manifest", _("The list of a convoy")


STATED_REASONS: Final = (Why.EMERGENCY, Why.COMPLAINT, Why.CORRECTION, Why.AUDIT)
