"""The day itself: what a team on the ground may say about a person, a stop and a convoy."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class FieldAct(TextChoices):
    """What somebody on the ground saw or did; the first group before the departure of a person, the second after it."""

    BOARDED = "boarded", _("Boarded")
    REFUSED = "refused", _("Does not want to go")
    TURNED_AWAY = "turned_away", _("Could not be taken")
    NO_SHOW = "no_show", _("Did not come")

    ARRIVED = "arrived", _("Arrived")
    DIVERTED = "diverted", _("Arrived at another place")
    CHANGED_VEHICLE = "changed_vehicle", _("Goes on in another vehicle")
    HOSPITALISED = "hospitalised", _("In hospital")
    LEFT_BY_CHOICE = "left_by_choice", _("Left of their own will")
    DIED = "died", _("Died")
    TAKEN_ASIDE = "taken_aside_at_check", _("Taken aside at a check")
    RELEASED_TO = "released_to", _("Handed over to whom they were to be")
    RETURNED = "returned", _("Brought back to where they began")
    MISSING = "missing", _("Missing")

    PRESENT = "present", _("Present at the roll-call")
    HELPED = "helped", _("Given medical help")
    TAKEN_BACK = "taken_back", _("Taken back")
    WALK_UP = "walk_up", _("Turned up unannounced")

    STOP_LEFT = "stop_left", _("Left the stop")
    HALTED = "halted", _("Halted")
    WENT_ON = "went_on", _("Went on")
    TURNED_BACK = "turned_back", _("Turned back")
    DISPERSED = "dispersed", _("Dispersed")
    CAME = "came", _("Came to its destination")


# Before somebody leaves with the convoy, and how their way with it ended.
STARTS: Final = ("boarded", "refused", "turned_away", "no_show")
ACCOUNTS: Final = "changed_vehicle hospitalised left_by_choice died taken_aside_at_check released_to returned".split()
ENDS: Final = ("arrived", "diverted", *ACCOUNTS, "missing")
OF_A_PERSON: Final = (*STARTS, *ENDS, "present", "helped")
# What is said of the whole convoy, and where it stands then.
OF_THE_CONVOY: Final = {
    "stop_left": "departed",
    "halted": "halted",
    "went_on": "departed",
    "turned_back": "returned",
    "dispersed": "dispersed",
    "came": "arrived",
}


class EntryOutcome(TextChoices):
    APPLIED = "applied", _("Counted")
    WAITING = "waiting", _("Somebody must decide")
    REFUSED = "refused", _("Kept, and not counted")
    SETTLED = "settled", _("Decided")


class CrewDuty(TextChoices):
    BOARDING = "boarding", _("Boarding")
    ESCORT = "escort", _("Escort")
    MEDIC = "medic", _("Medic")
    ARRIVAL = "arrival", _("Reception")
    MARSHAL = "marshal", _("Marshal at the old stop")


class IncidentKind(TextChoices):
    HALTED = "halted", _("Halted")
    TURNED_BACK = "turned_back", _("Turned back")
    DISPERSED = "dispersed", _("Dispersed")
    OTHER = "other", _("Something else")


class SafeHow(TextChoices):
    HEARD = "heard", _("We heard them ourselves")
    SEEN = "seen", _("Seen by the reception")
