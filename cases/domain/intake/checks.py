"""What a call cannot have said, and what is asked back."""

from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.domain.intake.facts import MAX_NOTE, EvacuationFacts, Intake
from cases.enums import Group
from cases.errors import AskedBack, Invalid
from cases.models import Disposition, ObservationCode

LARGE_FAMILY: Final = 20


MOST_PEOPLE: Final = 200
MAX_HEADCOUNT: Final = 20_000


def check(facts: Intake) -> None:
    """Refuse what cannot be, ask back what is unlikely; `field` names the input."""
    _check_dispositions(facts)
    if len(facts.notes) > MAX_NOTE:
        raise Invalid(_("This note is too long. Keep it under 20,000 characters."), field="notes")
    if not facts.number and not facts.anonymous and facts.channel != "paper":
        raise Invalid(_("Write the number or address, or mark the caller as anonymous."), field="number")
    if len(facts.people) > MOST_PEOPLE:
        raise Invalid(_("More than 200 people in one call: choose “Site” and write only how many."), field="people")
    if facts.headcount is not None:
        _check_headcount(*facts.headcount, facts)
    if facts.evacuation is not None:
        _check_dates(facts.evacuation)
    if facts.observations:
        known = ObservationCode.objects.filter(code__in=facts.observations).count()
        if known != len(facts.observations):
            raise Invalid(field="observations")
    if any(value < 0 or value > 100_000 for value in facts.observations.values()):
        raise Invalid(_("This number cannot be right."), field="observations")
    if any(need.days_left is not None and not 0 <= need.days_left <= 365 for need in facts.needs):
        raise Invalid(_("Days left are between 0 and 365."), field="needs")


def _check_dispositions(facts: Intake) -> None:
    if not facts.dispositions:
        raise Invalid(_("Choose how the call ended."), field="disposition")
    known = set(Disposition.objects.filter(code__in=facts.dispositions).values_list("code", flat=True))
    if known != set(facts.dispositions):
        raise Invalid(field="disposition")


def _check_headcount(low: int, high: int, facts: Intake) -> None:
    if not 0 < low <= high:
        raise Invalid(_("The number of people is at least 1, and a range goes upwards: 100-150."), field="people")
    if high > MAX_HEADCOUNT:
        raise Invalid(_("More than 20,000 people in one place: check the number with the caller."), field="people")
    crowd = facts.group in (Group.SITE, Group.INSTITUTION)
    if high > LARGE_FAMILY and not crowd and not facts.sure:
        raise AskedBack(
            _("So many in one household? If they shelter together, choose “Site”; if it is right, say so below."),
            field="people",
        )


def _check_dates(wanted: EvacuationFacts) -> None:
    today = timezone.localdate()
    if wanted.earliest and wanted.earliest < today:
        raise Invalid(_("The departure cannot be before today."), field="earliest")
    if wanted.latest and wanted.latest < (wanted.earliest or today):
        raise Invalid(_("The last possible day is before the first."), field="latest")
    if wanted.animals > 50 or wanted.luggage > 200:
        raise Invalid(_("This number cannot be right."), field="animals")
