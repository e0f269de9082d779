"""What the desk shows besides the form: choices with their labels, in the reader's language."""

from dataclasses import dataclass

from django.utils.translation import get_language

from cases.models import ConsentText, Disposition, NeedType, ObservationCode, SpecificNeedCode
from cases.models.base import in_language

FIRST_NEEDS = ("WATER", "FOOD", "MEDS", "BABY", "MEDEVAC", "RESCUE", "UXO", "OXYGEN", "TRACE", "NFI")


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything to choose from, read in four statements."""

    needs: list[NeedType]
    observations: list[ObservationCode]
    dispositions: list[Disposition]
    consents: list[ConsentText]


def choices() -> Choices:
    needs = sorted(
        NeedType.objects.filter(active=True),
        key=lambda need: (FIRST_NEEDS.index(need.code) if need.code in FIRST_NEEDS else 99, need.sort),
    )
    latest: dict[tuple[str, str], ConsentText] = {}
    for text in ConsentText.objects.order_by("number"):
        latest[text.purpose, text.partner_kind] = text
    return Choices(
        needs=needs,
        observations=list(ObservationCode.objects.filter(active=True).exclude(code="protected")),
        dispositions=list(Disposition.objects.filter(active=True)),
        consents=list(latest.values()),
    )


def specific_labels() -> dict[str, str]:
    """The specific needs in the reader's language; a protected one is only "Protection contact"."""
    codes = {row.code: row for row in SpecificNeedCode.objects.all()}
    return {code: codes["PROTECTED"].label if row.protected else row.label for code, row in codes.items()}


def sentence(text: ConsentText, language: str | None = None) -> str:
    """The sentence in the language of the caller, or of the reader."""
    return in_language(text, "text", language or get_language())
