"""Codes, statuses, and beside each status the moves it allows.

A table here is the only place that says which move is legal; `domain.lifecycle` is the only place that makes one.
"""

from collections.abc import Mapping
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

Moves = Mapping[str, frozenset[str]]


def _moves(table: dict[str, str]) -> Moves:
    return {start: frozenset(ends.split()) for start, ends in table.items()}


class Language(TextChoices):
    EN = "en", _("English")
    UK = "uk", _("Ukrainian")
    RU = "ru", _("Russian")


class Role(TextChoices):
    OPERATOR = "operator", _("Operator")
    COORDINATOR = "coordinator", _("Coordinator")
    PROTECTION = "protection", _("Protection officer")
    MEDIC = "medic", _("Medic")
    DISPATCHER = "dispatcher", _("Dispatcher")
    FIELD = "field", _("Field team")
    SUPERVISOR = "supervisor", _("Supervisor")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


class Direction(TextChoices):
    UKRAINE = "ukraine", _("to Ukraine")
    RUSSIA = "russia", _("to Russia")


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


class ContactMode(TextChoices):
    VOICE = "voice", _("Voice only")
    TEXT_ONLY = "text_only", _("Text only")
    NONE = "none", _("Do not contact")


class Relation(TextChoices):
    SELF = "self", _("For themselves")
    HOUSEHOLD = "household", _("Lives there too")
    RELATIVE = "relative", _("Relative")
    NEIGHBOUR = "neighbour", _("Neighbour")
    OFFICIAL = "official", _("Official")
    OTHER = "other", _("Somebody else")


class Group(TextChoices):
    FAMILY = "family", _("Family")
    TRAVELLING = "travelling_together", _("Travelling together")
    SITE = "site", _("Site: a cellar, a school")
    INSTITUTION = "institution", _("Institution")
    UNKNOWN = "unknown", _("Not known yet")


class Sex(TextChoices):
    FEMALE = "f", _("Woman")
    MALE = "m", _("Man")


class AgeBand(TextChoices):
    INFANT = "0-1", _("under 1")
    TODDLER = "1-4", "1-4"
    CHILD_SMALL = "5-11", "5-11"
    TEEN = "12-17", "12-17"
    ADULT_WORKING = "18-59", "18-59"
    OLDER = "60-69", "60-69"
    OLD = "70+", "70+"
    CHILD = "child", _("child")
    ADULT = "adult", _("adult")


class Mobility(TextChoices):
    WALKS = "walks", _("walks")
    ASSISTED = "assisted", _("with help")
    WHEELCHAIR = "wheelchair", _("wheelchair")
    BEDRIDDEN = "bedridden", _("bedridden")


class FitToTravel(TextChoices):
    UNKNOWN = "unknown", _("Not known yet")
    SEATED = "seated", _("Seated")
    ASSISTED = "assisted", _("With help")
    STRETCHER = "stretcher", _("On a stretcher")
    WITH_MEDIC = "with_medic", _("With a medic")
    NOT_FIT = "not_fit", _("Not fit to travel")


class Presence(TextChoices):
    WITH_HOUSEHOLD = "with_household", _("With the household")
    SEPARATED = "separated", _("Separated")
    MISSING = "missing", _("Missing")
    DECEASED = "deceased", _("Deceased")


class Identity(TextChoices):
    UNKNOWN = "unknown", _("Not known")
    DOUBTFUL = "doubtful", _("Doubtful")
    CONFIRMED = "confirmed", _("Confirmed")


class PriorityClass(TextChoices):
    P1 = "P1", _("Immediate")
    P2 = "P2", _("Urgent")
    P3 = "P3", _("Soon")
    P4 = "P4", _("Routine")


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


CALL_MOVES: Final = _moves(
    {
        "ringing": "in_progress abandoned dropped",
        "in_progress": "wrap_up dropped",
        "wrap_up": "completed",
        "completed": "",
        "abandoned": "callback_due",
        "dropped": "callback_due",
        "callback_due": "callback_done callback_failed",
        "callback_failed": "callback_due",
        "callback_done": "",
    }
)


class CaseStatus(TextChoices):
    NEW = "new", _("New")
    TRIAGED = "triaged", _("Triaged")
    ASSIGNED = "assigned", _("Assigned")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING_CALLER = "waiting_caller", _("Waiting for the caller")
    WAITING_PARTNER = "waiting_partner", _("Waiting for a partner")
    WAITING_ACCESS = "waiting_access", _("Waiting for access")
    WAITING_STOCK = "waiting_stock", _("Waiting for stock")
    RESOLVED = "resolved", _("Resolved")
    REOPENED = "reopened", _("Reopened")
    CLOSED = "closed", _("Closed")
    DUPLICATE = "duplicate", _("Duplicate")
    CANCELLED = "cancelled", _("Cancelled")


_WAITING = "waiting_caller waiting_partner waiting_access waiting_stock"
CASE_MOVES: Final = _moves(
    {
        "new": "triaged duplicate cancelled",
        "triaged": "assigned duplicate cancelled",
        "assigned": "in_progress triaged duplicate cancelled",
        "in_progress": f"{_WAITING} resolved triaged duplicate cancelled",
        **dict.fromkeys(_WAITING.split(), "in_progress resolved triaged duplicate cancelled"),
        "resolved": "closed reopened",
        "closed": "reopened",
        "reopened": "triaged",
        "duplicate": "triaged",
        "cancelled": "reopened",
    }
)
OPEN_CASE: Final = ("new", "triaged", "assigned", "in_progress", *_WAITING.split(), "resolved", "reopened")
OWNED_CASE: Final = ("assigned", "in_progress", *_WAITING.split())


class CloseReason(TextChoices):
    HELPED = "helped", _("Helped")
    SAFE = "safe", _("Safe")
    REFERRED = "referred", _("Referred and accepted")
    UNREACHABLE = "unreachable", _("Could not be reached")
    WITHDRAWN = "withdrawn", _("Withdrawn by the caller")
    NOT_POSSIBLE = "not_possible", _("Could not be helped")


class NeedStatus(TextChoices):
    OPEN = "open", _("Open")
    PLANNED = "planned", _("Planned")
    DISPATCHED = "dispatched", _("On its way")
    MET = "met", _("Met")
    PARTLY_MET = "partly_met", _("Partly met")
    UNMET = "unmet", _("Unmet")
    CANCELLED = "cancelled", _("Cancelled")


NEED_MOVES: Final = _moves(
    {
        "open": "planned met partly_met unmet cancelled",
        "planned": "dispatched open met partly_met unmet cancelled",
        "dispatched": "met partly_met unmet planned",
        "partly_met": "planned met unmet",
        "unmet": "open",
        "met": "open",
        "cancelled": "open",
    }
)
OPEN_NEED: Final = ("open", "planned", "dispatched", "partly_met")


class EvacuationStatus(TextChoices):
    REGISTERED = "registered", _("Registered")
    VERIFIED = "verified", _("Verified")
    HELD = "held", _("Places held")
    CONFIRMED = "confirmed", _("Confirmed")
    BOARDED = "boarded", _("Boarded")
    ARRIVED = "arrived", _("Arrived")
    SAFE = "safe", _("Safe")
    WAITING_LIST = "waiting_list", _("Waiting list")
    DECLINED = "declined", _("Declined")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")
    NO_SHOW = "no_show", _("Did not come")
    CHANGED_DIRECTION = "changed_direction", _("Changed direction")
    REFUSED_BOARDING = "refused_boarding", _("Refused boarding")
    DIVERTED = "diverted", _("Diverted")
    LOST_CONTACT = "lost_contact", _("Contact lost")
    SAFE_BY_OWN_MEANS = "safe_by_own_means", _("Safe by their own means")
    REPORTED_SAFE = "reported_safe", _("Reported safe by somebody else")
    DECEASED = "deceased", _("Deceased")


_OUT = "declined postponed cancelled changed_direction safe_by_own_means reported_safe lost_contact deceased"
EVACUATION_MOVES: Final = _moves(
    {
        "registered": f"verified held waiting_list {_OUT}",
        "verified": f"held waiting_list {_OUT}",
        "waiting_list": f"held verified {_OUT}",
        "held": f"confirmed verified waiting_list no_show refused_boarding boarded {_OUT}",
        "confirmed": f"boarded held verified no_show refused_boarding {_OUT}",
        "boarded": "arrived diverted lost_contact refused_boarding deceased",
        "arrived": "safe lost_contact deceased",
        "diverted": "arrived safe lost_contact deceased",
        "lost_contact": "arrived safe safe_by_own_means reported_safe verified deceased",
        "reported_safe": "safe safe_by_own_means lost_contact verified",
        "no_show": "verified cancelled safe_by_own_means reported_safe lost_contact deceased",
        "refused_boarding": "verified cancelled declined",
        "declined": "registered verified",
        "postponed": "registered verified cancelled",
        "cancelled": "verified registered",
        "changed_direction": "verified registered",
        "safe_by_own_means": "lost_contact",
        "safe": "",
        "deceased": "",
    }
)
LIVE_EVACUATION: Final = (
    "registered verified held confirmed boarded arrived waiting_list postponed no_show changed_direction "
    "refused_boarding diverted lost_contact reported_safe"
).split()


class SeatKind(TextChoices):
    SEAT = "seat", _("Seat")
    WHEELCHAIR = "wheelchair", _("Wheelchair place")
    STRETCHER = "stretcher", _("Stretcher")


class SeatStatus(TextChoices):
    HELD = "held", _("Held")
    CONFIRMED = "confirmed", _("Confirmed")
    BOARDED = "boarded", _("Boarded")
    ARRIVED = "arrived", _("Arrived")
    DIVERTED = "diverted", _("Diverted")
    ACCOUNTED = "accounted", _("Accounted for")
    RELEASED = "released", _("Released")
    NO_SHOW = "no_show", _("Did not come")
    REFUSED = "refused", _("Refused")
    PARKED = "parked", _("Parked: the convoy is suspended")


SEAT_MOVES: Final = _moves(
    {
        "held": "confirmed boarded released no_show refused parked",
        "confirmed": "boarded released no_show refused parked",
        "boarded": "arrived diverted accounted",
        "parked": "held confirmed released",
        "arrived": "",
        "diverted": "",
        "accounted": "",
        "released": "",
        "no_show": "",
        "refused": "",
    }
)
SEAT_TAKES_PLACE: Final = ("held", "confirmed", "boarded")


class CorridorStatus(TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


CORRIDOR_MOVES: Final = _moves(
    {"planned": "open closed", "open": "suspended closed", "suspended": "open closed", "closed": ""}
)


class ConvoyStatus(TextChoices):
    PLANNED = "planned", _("Planned")
    CLEARED = "cleared", _("Cleared")
    BOARDING = "boarding", _("Boarding")
    DEPARTED = "departed", _("Departed")
    HALTED = "halted", _("Halted")
    ARRIVED = "arrived", _("Arrived")
    RECONCILED = "reconciled", _("Reconciled")
    SUSPENDED = "suspended", _("Suspended")
    CANCELLED = "cancelled", _("Cancelled")
    RETURNED = "returned", _("Returned")
    DISPERSED = "dispersed", _("Dispersed")


CONVOY_MOVES: Final = _moves(
    {
        "planned": "cleared suspended cancelled",
        "cleared": "boarding planned suspended cancelled",
        "boarding": "departed suspended cancelled",
        "departed": "halted arrived returned dispersed",
        "halted": "departed returned dispersed arrived",
        "arrived": "reconciled",
        "returned": "reconciled",
        "dispersed": "reconciled",
        "suspended": "planned cancelled",
        "reconciled": "",
        "cancelled": "",
    }
)


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


DELIVERY_MOVES: Final = _moves(
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


class ReferralStatus(TextChoices):
    OFFERED = "offered", _("Offered")
    ACCEPTED = "accepted", _("Accepted")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Consent withdrawn")
    EXPIRED = "expired", _("Expired")


REFERRAL_MOVES: Final = _moves(
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
LIVE_REFERRAL: Final = ("offered", "accepted", "in_progress", "done")


class MessageStatus(TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    SUPPRESSED = "suppressed", _("Not sent")
    EXPIRED = "expired", _("Expired")
    DEAD = "dead", _("Could not be sent")


MESSAGE_MOVES: Final = _moves(
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


class ClockKind(TextChoices):
    ACKNOWLEDGE = "acknowledge", _("Acknowledge")
    RECONTACT = "recontact", _("Contact again")
    PROMISE = "promise", _("Promise")
    CHECK_IN = "check_in", _("Check-in")
    FOLLOW_UP = "follow_up", _("Follow-up call")


class ClockState(TextChoices):
    RUNNING = "running", _("Running")
    FIRED = "fired", _("Late")
    MET = "met", _("Met")
    STOPPED = "stopped", _("Stopped")


class DecisionBy(TextChoices):
    SELF = "self", _("Themselves")
    GUARDIAN = "guardian", _("Guardian")
    BEST_INTERESTS = "best_interests", _("Best interests")


class YesNoUnknown(TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNKNOWN = "unknown", _("Not known")


class ConsentPurpose(TextChoices):
    PROCESSING = "processing", _("Keeping the data")
    CONTACT = "contact", _("Being contacted")
    SHARE_PARTNER = "share_partner", _("Sharing with a partner organisation")
    SHARE_OTHER_SIDE = "share_other_side", _("Sharing with the other side")
    SPLIT = "split", _("Travelling apart from the household")


class ConsentBasis(TextChoices):
    CONSENT = "consent", _("Consent")
    VITAL_INTEREST = "vital_interest", _("Vital interest")


class GivenBy(TextChoices):
    SELF = "self", _("Themselves")
    GUARDIAN = "guardian", _("Guardian")
    CALLER = "caller", _("The caller for the household")


class PartnerKind(TextChoices):
    MEDICAL = "medical", _("Medical")
    RELIEF = "relief", _("Relief")
    EVACUATION = "evacuation", _("Evacuation")
    TRACING = "tracing", _("Tracing")
    PROTECTION = "protection", _("Protection")


class Publicity(TextChoices):
    CONFIRMED_ONLY = "confirmed_only", _("Confirmed travellers only")
    REGISTERED = "registered", _("Registered people")
    PUBLIC = "public", _("Public")


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
    MAINTENANCE = "maintenance", _("Key rotation")


STATED_REASONS: Final = (Why.EMERGENCY, Why.COMPLAINT, Why.CORRECTION, Why.AUDIT)
