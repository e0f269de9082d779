"""What the desk shows besides the form: choices with their labels, in the reader's language."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.utils.translation import get_language

from cases.models import ConsentText, Disposition, NeedType, ObservationCode, Script, SpecificNeedCode, TriageRules
from cases.models.base import in_language
from cases.planning.triage import Rules
from cases.queries import scripts
from cases.queries.triage import rules_in_force

FIRST_NEEDS = ("WATER", "FOOD", "MEDS", "BABY", "MEDEVAC", "RESCUE", "UXO", "OXYGEN", "TRACE", "NFI")


# Said by a key of their own, or standing for what is sealed.
NOT_ASKED = ("hidden", "key")


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything to choose from, to say and to weigh. One object for all pages, until somebody changes a row of it.

    `standing` names this state of the tables: pages made from it are the same as long as it is.
    """

    standing: str
    needs: list[NeedType]
    observations: list[ObservationCode]
    dispositions: list[Disposition]
    consents: list[ConsentText]
    scripts: dict[str, Script]
    rules: Rules


REFERENCE = (NeedType, ObservationCode, Disposition, ConsentText, Script, TriageRules)
ROWS = "(SELECT string_agg(xmin::text || ctid::text, '') FROM {table})"
# Which version of each row there is (PostgreSQL, 5.6 "System Columns"): any change, and its undoing, shows.
STANDING = "SELECT " + ", ".join(ROWS.format(table=model._meta.db_table) for model in REFERENCE)


def choices() -> Choices:
    """What stands in the reference tables now: one small statement, and one more a table after a change."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING)
        return _as_they_stand(cursor.fetchone())


@lru_cache(maxsize=2)
def _as_they_stand(standing: tuple[str, ...]) -> Choices:
    """Every page reads them, and every saving of a draft: kept for this state of the tables."""
    needs = sorted(
        NeedType.objects.filter(active=True),
        key=lambda need: (FIRST_NEEDS.index(need.code) if need.code in FIRST_NEEDS else 99, need.sort),
    )
    latest: dict[tuple[str, str], ConsentText] = {}
    for text in ConsentText.objects.order_by("number"):
        latest[text.purpose, text.partner_kind] = text
    return Choices(
        standing=hashlib.sha256(repr(standing).encode()).hexdigest(),
        needs=needs,
        observations=list(ObservationCode.objects.filter(active=True).exclude(group__in=NOT_ASKED)),
        dispositions=list(Disposition.objects.filter(active=True)),
        consents=list(latest.values()),
        scripts=scripts.latest(),
        rules=rules_in_force()[1],
    )


def specific_labels() -> dict[str, str]:
    """The specific needs in the reader's language; a protected one is only "Protection contact"."""
    codes = {row.code: row for row in SpecificNeedCode.objects.all()}
    return {code: codes["PROTECTED"].label if row.protected else row.label for code, row in codes.items()}


def sentence(text: ConsentText, language: str | None = None) -> str:
    """The sentence in the language of the caller, or of the reader."""
    return in_language(text, "text", language or get_language())
