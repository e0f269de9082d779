"""What a call cannot have said, and what is asked back."""

from dataclasses import replace
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.domain.intake.facts import MAX_NOTE, EvacuationFacts, Intake
from cases.enums import CROWDS
from cases.errors import AskedBack, Invalid, Refusal
from cases.models import Case, Disposition, Draft, ObservationCode
from cases.planning import reference
from cases.queries import clash

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


class Clash(Refusal):
    """A colleague changed the same thing meanwhile. `fields` says what, `token` marks what there is to see now."""

    code = "clash"
    sentence = _("A colleague changed the same case while you typed. See both below, and choose.")

    def __init__(self, fields: list[str], token: str) -> None:
        super().__init__()
        self.fields, self.token = fields, token


def clashes(draft: Draft | None, case: Case, facts: Intake, agreed: str) -> Clash | None:
    """What of a locked case this call would overwrite though it was changed since the call was begun.

    None when there is nothing, or when `agreed` marks that the operator has seen it as it stands.
    """
    if draft is None or not draft.base or draft.case_id != case.pk:
        return None
    now = clash.stamps(case)
    fields = clash.changed(draft.base, now, overwritten(facts))
    token = clash.token(now)
    return Clash(fields, token) if fields and agreed != token else None


def soften(facts: Intake) -> Intake:
    """Facts of a page that is still being typed: what is only half there goes to the note, and stops nothing."""
    kept = []
    ref = reference.heard(facts.continues) if facts.continues else None
    if facts.continues and not (ref and Case.objects.open().filter(ref=ref).exists()):
        kept.append(facts.continues)
        facts = replace(facts, continues="")
    if (facts.safe_from is None) != (facts.safe_to is None):
        kept.append(f"{facts.safe_from or ''}–{facts.safe_to or ''}")
        facts = replace(facts, safe_from=None, safe_to=None)
    return replace(facts, notes="\n".join([facts.notes, *kept]).strip()) if kept else facts


def overwritten(facts: Intake) -> list[str]:
    """The fields of the case that these facts would replace."""
    way = facts.evacuation
    said = {
        "settlement": facts.settlement,
        "address": facts.address,
        "headcount": facts.headcount,
        "direction": way and way.direction,
        "destination": way and way.destination,
        "earliest": way and way.earliest,
        "latest": way and way.latest,
        "animals": way and way.animals,
    }
    return [name for name, value in said.items() if value] + [f"{clash.NEED}{wish.code}" for wish in facts.needs]


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
    crowd = facts.group in CROWDS
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
