"""Who works when, what they can do, and why they do not take a case."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Skill(TextChoices):
    MEDICAL = "medical", _("Medical training")
    CHILD_PROTECTION = "child_protection", _("Child protection")


class AbsenceReason(TextChoices):
    SICK = "sick", _("Ill")
    LEAVE = "leave", _("On leave")
    TRAINING = "training", _("At a training")
    OTHER = "other", _("Another reason")


class DeclineReason(TextChoices):
    NO_TIME = "no_time", _("No time for it now")
    KNOWS_THEM = "knows_them", _("I know these people")
    LANGUAGE = "language", _("I do not speak their language")
    SKILL = "skill", _("It needs somebody with other training")
    OFF_SOON = "off_soon", _("My shift ends")
    OTHER = "other", _("Another reason")
