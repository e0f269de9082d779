"""One person while the line is being read."""

from __future__ import annotations

from dataclasses import dataclass, field

from .draft import CHILD_BANDS, PersonDraft, band_of_age
from .names import arrange, sex_of
from .words import Mark

MOST_NAMES = 3
PRAM_UNTIL = 4  # years: before that a "коляска" is a pram


@dataclass
class Builder:
    """Collects what is said of one person; `draft` draws the conclusions."""

    role: str = ""
    band: str = ""
    sex: str = ""
    sex_typed: bool = False
    age: float | None = None
    birth_year: int | None = None
    names: list[str] = field(default_factory=list)
    mobility: str = ""
    wheel_words: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    pregnant: bool = False
    week: int | None = None
    alone: bool = False
    rest: list[str] = field(default_factory=list)

    @property
    def has_age(self) -> bool:
        return self.age is not None or self.birth_year is not None

    @property
    def has_head(self) -> bool:
        return bool(self.is_named or self.mobility or self.codes)

    @property
    def is_named(self) -> bool:
        return bool(self.role or self.sex or self.names)

    def take(self, mark: Mark, words: list[str]) -> None:
        """Note an attribute: mobility, a code, pregnancy, being alone."""
        match mark.kind:
            case "mobility":
                self.mobility = mark.value if self.mobility in ("", "walks") else self.mobility
                if mark.value == "wheelchair":
                    self.wheel_words = words
            case "code":
                self.codes.add(mark.value)
            case "codes":
                self.codes |= mark.codes
            case "pregnant":
                self.pregnant = True
                self.sex = self.sex or "f"
            case "alone" | "one":
                self.alone = True
        if not self.sex and mark.band == "f":
            self.sex = "f"

    def draft(self, this_year: int | None) -> PersonDraft:
        self._put_pram_aside()
        band = self._band(this_year)
        surname, given, patronymic = arrange(self.names) if self.names else ("", "", "")
        return PersonDraft(
            surname=surname,
            given=given,
            patronymic=patronymic,
            sex=self.sex or sex_of(surname, patronymic),
            age_years=self.age,
            birth_year=self.birth_year,
            age_band=band,
            mobility=self.mobility,
            specific=self._specific(band, this_year),
            pregnancy_week=self.week,
            rest=" ".join(self.rest),
            role=self.role,
            pregnant=self.pregnant or self.week is not None,
            alone=self.alone,
        )

    def _put_pram_aside(self) -> None:
        if self.mobility == "wheelchair" and self.age is not None and self.age < PRAM_UNTIL:
            self.mobility = ""
            self.rest.extend(self.wheel_words)

    def _years(self, this_year: int | None) -> float | None:
        if self.age is None and self.birth_year is not None and this_year is not None:
            # The younger of the two possible ages: the birthday may still be to come.
            return max(0, this_year - self.birth_year - 1)
        return self.age

    def _band(self, this_year: int | None) -> str:
        years = self._years(this_year)
        return self.band if years is None else band_of_age(years)

    def _specific(self, band: str, this_year: int | None) -> frozenset[str]:
        codes, years = set(self.codes), self._years(this_year)
        if years is not None:
            codes.discard("ER")
            if years > 60:
                codes.add("ER")
        if self.alone and band in CHILD_BANDS:
            codes.add("SC")
        return frozenset(codes)
