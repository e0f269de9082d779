"""What the day itself says no to, each with a stable code and what to do about it."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.errors import Refusal


class NotYourConvoy(Refusal):
    code = "not_your_convoy"
    sentence = _("You are not on the crew of this convoy. Ask the dispatcher.")


class NotFrozen(Refusal):
    code = "manifest_not_frozen"
    sentence = _("The list of this convoy is not frozen yet. Ask the dispatcher.")


class NotCleared(Refusal):
    code = "convoy_not_cleared"
    sentence = _("The list is frozen when the convoy is cleared to go, until it has departed.")


class DeviceRevoked(Refusal):
    code = "device_revoked"
    sentence = _("This phone was taken off the convoy. Ask the dispatcher for the list on another one.")


class DeviceExpired(Refusal):
    code = "device_expired"
    sentence = _("The time of this list is over. What waits here is still sent.")


class StillAboard(Refusal):
    code = "somebody_unaccounted"
    sentence = _("Not everybody is accounted for. Say what became of each person who is still aboard or missing.")


class StillContested(Refusal):
    code = "words_do_not_fit"
    sentence = _("What was said does not add up. Decide on each line that waits first.")


class NothingToSettle(Refusal):
    code = "nothing_to_settle"
    sentence = _("There is nothing to decide here any more. Reload the page.")


class NoPlaceYet(Refusal):
    code = "no_place_yet"
    sentence = _("They are aboard without a place. Enter what they ride in, or say of each person where they are.")


class NotYourWord(Refusal):
    code = "said_by_a_phone"
    sentence = _(
        "A phone of the crew said this, or it never counted. Only what a dispatcher reported is taken back here."
    )


class StandsOnIt(Refusal):
    code = "something_stands_on_it"

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)


SAID_SINCE: Final = _(
    "Something else was said of the convoy since. It stands where that put it, and not by this report."
)
ENDED_SINCE: Final = _("Somebody of the convoy is accounted for since. Say first where they are, then take it back.")
MISSING_SINCE: Final = _("Somebody is missing since the roll-call. Say first where they are, then take it back.")
TOO_FULL: Final = _("A vehicle is out since, and the others have too few places. Put that right, then take it back.")


class ManyLines(Refusal):
    code = "too_many_entries"
    sentence = _("Send at most 200 at a time.")


class DocumentNotSeen(Refusal):
    code = "document_not_seen"
    sentence = _("Look at a document of who receives the child first. Without it, keep the child and call us.")


class StillBeingCalled(Refusal):
    code = "still_being_called"
    sentence = _("They are still called. Contact is lost after five tries over 72 hours, given up by a supervisor.")


class OfferedBefore(Refusal):
    code = "offered_before"
    sentence = _("They were offered places once more already. Take the request up by hand when they ask again.")
