"""The desk: who is free to answer, what waits to be answered, and what calls a colleague."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PresenceState(TextChoices):
    FREE = "free", _("Free")
    ON_CALL = "on_call", _("On a call")
    WRAP_UP = "wrap_up", _("Wrapping up")
    BREAK = "break", _("On a break")
    COOL_DOWN = "cool_down", _("After a heavy call")
    OFF = "off", _("Not at the desk")


# What an operator may choose; the others follow from calls.
CHOSEN_PRESENCE: Final = ("free", "break", "off")


class DraftMode(TextChoices):
    STANDARD = "standard", _("Standard call")
    SURGE = "surge", _("Many callers, one event")
    SITE = "site", _("Site")
    YES_NO = "yes_no", _("Yes or no")


class AlarmKind(TextChoices):
    RED_KEY = "red_key", _("Red key")
    SILENT = "silent", _("An operator asks for you")
    ABUSE = "abuse", _("Abusive call")
    HEAVY = "heavy", _("After a heavy call")
    UNANSWERED = "unanswered", _("A message waits for its first answer")
    FAILED = "failed", _("An answer could not be sent")
    LEFT_BEHIND = "left_behind", _("Nobody went on with an unfinished call")
    CODE_WORD = "code_word", _("A code word is guessed at")
    PRYING = "prying", _("Many households were opened by one person")
    LATE = "late", _("Late, and not met")
    NOBODY = "nobody", _("Nobody can take a case")
    OVER = "over", _("A convoy has fewer places than people")
    COUNT = "count", _("What was said of a convoy does not add up")
    MISSING = "missing", _("Somebody of a convoy is missing")
    SECOND = "second", _("A decision for somebody waits for a second person")


class CallDirection(TextChoices):
    IN = "in", _("Incoming")
    OUT = "out", _("Outgoing")


class CallbackReason(TextChoices):
    ABANDONED = "abandoned", _("Hung up before anybody answered")
    DROPPED = "dropped", _("The line broke off")
    SILENT = "silent", _("Silent call")
    UNRECORDED = "unrecorded", _("Answered, and nothing was recorded")
    PROMISED = "promised", _("Promised")


class CallbackWay(TextChoices):
    CALL = "call", _("Call")
    WRITE = "write", _("Write, never call")


class CallbackState(TextChoices):
    OPEN = "open", _("Waiting")
    LEASED = "leased", _("Somebody is calling")
    DONE = "done", _("Reached")
    FAILED = "failed", _("Not reached")
    CANCELLED = "cancelled", _("Not needed any more")


LIVE_CALLBACK: Final = ("open", "leased")


class CallbackOutcome(TextChoices):
    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    SOMEBODY_ELSE = "somebody_else", _("Somebody else answered")
    NOT_IN_SERVICE = "not_in_service", _("Number not in service")


class WrittenState(TextChoices):
    RECEIVED = "received", _("Received")
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Could not be sent")


class TelephonyKind(TextChoices):
    RINGING = "ringing", "ringing"
    ANSWERED = "answered", "answered"
    HELD = "held", "held"
    RESUMED = "resumed", "resumed"
    TRANSFERRED = "transferred", "transferred"
    ENDED = "ended", "ended"
    ABANDONED = "abandoned", "abandoned"


class ScriptMoment(TextChoices):
    OPENING = "opening", _("First words")
    BLEEDING = "bleeding", _("Bleeding")
    BIRTH = "birth", _("Birth")
    SHELTER = "shelter", _("Shelling now")
    SILENT = "silent", _("Silent call")
    ORDNANCE = "ordnance", _("Unexploded ordnance")
    CHILD = "child", _("A child is calling")
    DURESS = "duress", _("Cannot speak freely")
    SUICIDAL = "suicidal", _("Speaks of suicide")
    ABUSIVE = "abusive", _("Abusive caller")
    FISHING = "fishing", _("Asks for routes and times")
    COMBATANT = "combatant", _("A combatant")
    CANNOT_COME = "cannot_come", _("We cannot come")
    BRING = "bring", _("What to bring")
    ENDING = "ending", _("Last words")
