"""Who people are: roles of staff, and what is known of persons and households."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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


CROWDS: Final = (Group.SITE, Group.INSTITUTION)  # a headcount and a contact; nobody has to be named


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


ABSENT: Final = (Presence.SEPARATED, Presence.MISSING)  # not with the household, and looked for


class DecisionBy(TextChoices):
    SELF = "self", _("Themselves")
    GUARDIAN = "guardian", _("Guardian")
    BEST_INTERESTS = "best_interests", _("Best interests")


class InterestsOutcome(TextChoices):
    """What became of a decision in somebody's best interests that one of the staff proposed."""

    AGREED = "agreed", _("Confirmed by a second person")
    REFUSED = "refused", _("Refused or taken back")
    OVERTAKEN = "overtaken", _("Overtaken by what was decided since")
    LAPSED = "lapsed", _("Nobody confirmed or refused it in time")


class YesNoUnknown(TextChoices):
    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNKNOWN = "unknown", _("Not known")


class GivenBy(TextChoices):
    SELF = "self", _("Themselves")
    GUARDIAN = "guardian", _("Guardian")
    CALLER = "caller", _("The caller for the household")


class MatchVerdict(TextChoices):
    SAME = "same", _("The same person")
    MAYBE = "maybe", _("Perhaps the same person")


class MatchState(TextChoices):
    OPEN = "open", _("To be decided")
    MERGED = "merged", _("One household")
    APART = "apart", _("Two people")


class LinkState(TextChoices):
    PROPOSED = "proposed", _("To be decided")
    CONFIRMED = "confirmed", _("May be told")
    REFUSED = "refused", _("May not be told")
