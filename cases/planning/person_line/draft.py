"""What one typed line says of one person, and how a line can be refused."""

from __future__ import annotations

from dataclasses import dataclass

OLDEST = 120
MOST_PERSONS = 50
BANDS = ((1, "0-1"), (5, "1-4"), (12, "5-11"), (18, "12-17"), (60, "18-59"), (70, "60-69"))
CHILD_BANDS = frozenset({"0-1", "1-4", "5-11", "12-17", "child"})


class LineError(ValueError):
    """The line cannot be right. `code`: age | birth_year | count | too_many | too_many_ages |
    pregnancy_week | headcount | nobody. `fragment`: the words to show beside the message."""

    def __init__(self, code: str, fragment: str) -> None:
        self.code = code
        self.fragment = fragment
        super().__init__(f"{code}: {fragment}")


@dataclass(frozen=True)
class PersonDraft:
    """A person as typed, to be looked over by the operator before it is saved.

    Empty means not said. `sex`: f | m. `age_years`: a baby's in parts of a year. `age_band`:
    0-1 | 1-4 | 5-11 | 12-17 | 18-59 | 60-69 | 70+ | child | adult. `mobility`: walks | assisted |
    wheelchair | bedridden. `specific`: UNHCR codes. `role`: the noun as typed (бабушка, husband).
    `alone`: said to be alone. `rest`: words not understood.
    """

    surname: str = ""
    given: str = ""
    patronymic: str = ""
    sex: str = ""
    age_years: float | None = None
    birth_year: int | None = None
    age_band: str = ""
    mobility: str = ""
    specific: frozenset[str] = frozenset()
    pregnancy_week: int | None = None
    rest: str = ""
    role: str = ""
    pregnant: bool = False
    alone: bool = False


def band_of_age(years: float) -> str:
    """The age band of DOMAIN's household intake: "0-1" is under one year, "70+" from 70 on."""
    return next((band for end, band in BANDS if years < end), "70+")
