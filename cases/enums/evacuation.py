"""Evacuation: requests, seats, corridors, convoys."""

from datetime import timedelta
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums.moves import moves


class Direction(TextChoices):
    UKRAINE = "ukraine", _("to Ukraine")
    RUSSIA = "russia", _("to Russia")


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


# What was seen on the ground is put right until the convoy is closed: hence the ways back from what a seat became.
EVACUATION_MOVES: Final = moves(
    {
        "registered": f"verified held waiting_list {_OUT}",
        "verified": f"held waiting_list {_OUT}",
        "waiting_list": f"held verified registered {_OUT}",
        "held": f"confirmed verified registered waiting_list no_show refused_boarding boarded {_OUT}",
        "confirmed": f"boarded held verified waiting_list no_show refused_boarding {_OUT}",
        "boarded": "arrived diverted lost_contact refused_boarding deceased held confirmed verified no_show",
        "arrived": "safe lost_contact deceased boarded diverted no_show refused_boarding",
        "diverted": "arrived safe lost_contact deceased boarded verified no_show refused_boarding",
        "lost_contact": "boarded arrived safe safe_by_own_means reported_safe verified deceased",
        "reported_safe": "boarded safe safe_by_own_means lost_contact verified",
        "no_show": "boarded verified held cancelled safe_by_own_means reported_safe lost_contact deceased",
        "refused_boarding": "boarded verified held no_show cancelled declined",
        "declined": "boarded registered verified",
        "postponed": "boarded registered verified cancelled",
        "cancelled": "boarded verified registered",
        "changed_direction": "verified registered",
        "safe_by_own_means": "boarded lost_contact",
        "safe": "",
        "deceased": "",
    }
)


LIVE_EVACUATION: Final = (
    "registered verified held confirmed boarded arrived waiting_list postponed no_show changed_direction "
    "refused_boarding diverted lost_contact reported_safe"
).split()


# Statuses that follow from the seats, and those from which people may be given seats.
FROM_SEATS: Final = ("held", "confirmed", "boarded")
# Who came to where they wanted to go, or to another place.
CAME: Final = ("arrived", "diverted")
# Of these each adult is still to be heard before they are safe.
HEARD_FROM: Final = ("arrived", "diverted", "reported_safe", "lost_contact")
SEEKS_SEATS: Final = ("registered", "verified", "waiting_list", "held", "confirmed")


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


SEAT_MOVES: Final = moves(
    {
        "held": "confirmed boarded released no_show refused parked",
        "confirmed": "boarded released no_show refused parked",
        "boarded": "arrived diverted accounted held confirmed",
        "parked": "held confirmed released",
        "arrived": "boarded",
        "diverted": "boarded",
        "accounted": "boarded",
        "released": "boarded no_show refused",
        "no_show": "boarded released refused",
        "refused": "boarded released no_show",
    }
)


# The places of a leg or a vehicle that a kind of seat takes one of.
PLACE_OF: Final = {SeatKind.SEAT: "seats", SeatKind.WHEELCHAIR: "wheelchairs", SeatKind.STRETCHER: "stretchers"}
SEAT_TAKES_PLACE: Final = ("held", "confirmed", "boarded")
# A parked one counts, and blocks nobody.
LIVE_SEAT: Final = (*SEAT_TAKES_PLACE, "parked")


class CorridorStatus(TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


CORRIDOR_MOVES: Final = moves(
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


CONVOY_MOVES: Final = moves(
    {
        "planned": "cleared suspended cancelled",
        "cleared": "boarding planned suspended cancelled",
        "boarding": "departed cleared suspended cancelled",
        "departed": "halted arrived returned dispersed",
        "halted": "departed returned dispersed arrived",
        "arrived": "reconciled departed",
        "returned": "reconciled",
        "dispersed": "reconciled",
        "suspended": "planned cancelled",
        "reconciled": "",
        "cancelled": "",
    }
)


# Where a convoy stands again when what the dispatcher reported of the road was a mistake. No word from the ground goes
# these ways: what contradicts them waits for somebody.
CONVOY_MOVES_BACK: Final = moves({"halted": "departed", "returned": "departed halted", "dispersed": "departed halted"})


# On the way; what is said on the ground of one of these counts until it is reconciled.
UNDER_WAY: Final = ("boarding", "departed", "halted", "arrived", "returned", "dispersed")
# Before departure; people are given seats on those of OPEN_CONVOY only.
OPEN_CONVOY: Final = ("planned", "cleared")
BEFORE_DEPARTURE: Final = ("planned", "cleared", "boarding")


# So long what one of the staff proposed waits for a second person, and then it lapses. Each post is on duty once within
# a day and a night, so whoever may confirm it was there; and a person who cannot decide is not as they were a day ago.
SECOND_WITHIN: Final = timedelta(hours=24)
# Whether a way is safe is known for hours, not for days: who was to leave within six hours is called first (`telling`).
RESUME_WITHIN: Final = timedelta(hours=6)


class SuspendedWhy(TextChoices):
    """Why a corridor stands still: no military information."""

    UNSAFE = "unsafe", _("Not safe now")
    BLOCKED = "blocked", _("The way is blocked")
    AUTHORITY = "authority", _("The agreement was withdrawn")
    VEHICLES = "vehicles", _("No vehicles")
    WEATHER = "weather", _("Weather")
    OTHER = "other", _("Another reason")


class VehicleKind(TextChoices):
    BUS = "bus", _("Bus")
    VAN = "van", _("Van")
    ADAPTED = "adapted", _("Adapted vehicle")
    AMBULANCE = "ambulance", _("Ambulance")
    PRIVATE = "private", _("Private car")
    ESCORT = "escort", _("Escort")


class WithdrawnWhy(TextChoices):
    """Why a driver who was vetted drives nobody any more."""

    THEMSELVES = "themselves", _("They do not drive any more")
    PAPERS = "papers", _("The document or the plate is not right")
    REFEREES = "referees", _("A referee does not vouch for them")
    CONDUCT = "conduct", _("Something was said against them")
    CAR = "car", _("The car is not fit")
    OTHER = "other", _("Another reason")


class JoinedWhy(TextChoices):
    """Why a convoy under way has more places than were planned."""

    JOINED = "joined", _("A vehicle joined on the way")
    REPLACES = "replaces", _("In place of one that broke down")
    ESCORT = "escort", _("An escort took people along")
    LATE = "late", _("It was there, and nobody had entered it")


class Publicity(TextChoices):
    CONFIRMED_ONLY = "confirmed_only", _("Confirmed travellers only")
    REGISTERED = "registered", _("Registered people")
    PUBLIC = "public", _("Public")
