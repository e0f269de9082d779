"""The case, its needs and its clocks."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums.moves import moves


class PriorityClass(TextChoices):
    P1 = "P1", _("Immediate")
    P2 = "P2", _("Urgent")
    P3 = "P3", _("Soon")
    P4 = "P4", _("Routine")


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


CASE_MOVES: Final = moves(
    {
        "new": "triaged duplicate cancelled",
        "triaged": "assigned duplicate cancelled",
        "assigned": "in_progress triaged duplicate cancelled",
        "in_progress": f"{_WAITING} resolved triaged duplicate cancelled",
        **dict.fromkeys(_WAITING.split(), "in_progress resolved triaged duplicate cancelled"),
        "resolved": "closed reopened duplicate",
        "closed": "reopened",
        "reopened": "triaged duplicate",
        "duplicate": "triaged reopened",
        "cancelled": "reopened",
    }
)


OPEN_CASE: Final = ("new", "triaged", "assigned", "in_progress", *_WAITING.split(), "resolved", "reopened")


WAITING_CASE: Final = tuple(_WAITING.split())
# Nobody has begun to help yet, whoever owns it.
NOT_ACTED_ON: Final = ("new", "triaged", "assigned", "reopened")


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


NEED_MOVES: Final = moves(
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


class ClockKind(TextChoices):
    ACKNOWLEDGE = "acknowledge", _("Acknowledge")
    RECONTACT = "recontact", _("Contact again")
    PROMISE = "promise", _("Promise")
    CHECK_IN = "check_in", _("Check-in")
    FOLLOW_UP = "follow_up", _("Follow-up call")
    FACT_CHECK = "fact_check", _("Fact check of the evacuation")
    SEARCH = "search", _("Search for somebody missing")
    WELFARE = "welfare", _("Welfare call: they did not come")
    SAFE_CALL = "safe_call", _('"We are safe" call')


# What somebody was told would happen.
PROMISED: Final = ("promise", "follow_up")


class ClockState(TextChoices):
    RUNNING = "running", _("Running")
    FIRED = "fired", _("Late")
    MET = "met", _("Met")
    STOPPED = "stopped", _("Stopped")
