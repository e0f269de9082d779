"""What is known of a person on one side of a comparison."""

import re
from dataclasses import dataclass, field
from typing import Any

from cases.errors import Invalid
from cases.planning import placenames
from cases.privacy import addresses

YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
DATE = re.compile(r"(?<!\d)(?:(\d{4})-(\d\d)-(\d\d)|(\d\d?)[./](\d\d?)[./](\d{4}))(?!\d)")
SHORT_YEAR = re.compile(r"^\D{0,3}(\d\d)\D{0,6}$")
OLDEST_CENTURY_BREAK = 30  # "57" is 1957, "12" is 2012


@dataclass(frozen=True, slots=True)
class Profile:
    """One record of a person, opened. Unknown fields are empty.

    `born` is (year, month, day) with zeros for what is unknown; `about` widens the year by that many years where it
    was reckoned from an age. `places` are folded names, in any writing; `kin` are the given names of the others in the
    household.
    """

    name: str
    sex: str = ""
    born: tuple[int, int, int] = (0, 0, 0)
    about: int = 0
    phones: frozenset[str] = field(default_factory=frozenset)
    places: frozenset[str] = field(default_factory=frozenset)
    kin: tuple[str, ...] = ()

    @classmethod
    def read(cls, *, name: str, sex: str = "", birth: str = "", phone: str = "", settlement: str = "") -> "Profile":
        """A profile from text as people type it; what cannot be read is taken as unknown."""
        return cls(
            name=name,
            sex={"f": "f", "m": "m", "ж": "f", "м": "m", "ч": "m", "w": "f"}.get(sex.strip().lower()[:1], ""),
            born=read_birth(birth),
            phones=frozenset(number for said in re.split(r"[,;/]", phone) if (number := read_phone(said))),
            places=frozenset({folded} if (folded := placenames.fold(settlement)) else set()),
        )


def read_birth(text: str) -> tuple[int, int, int]:
    """A birth date or year as typed ("1957", "57", "12.03.1957", "1957-03-12"); zeros for what is unknown."""
    date = DATE.search(text)
    if date is not None:
        year, month, day, other_day, other_month, other_year = (int(part or 0) for part in date.groups())
        return (year, month, day) if year else (other_year, other_month, other_day)
    year_only = YEAR.search(text)
    if year_only is not None:
        return (int(year_only[1]), 0, 0)
    short = SHORT_YEAR.match(text.strip())
    if short is not None:
        two = int(short[1])
        return (2000 + two if two < OLDEST_CENTURY_BREAK else 1900 + two, 0, 0)
    return (0, 0, 0)


def reckoned(said: str, age: float | None, year: int) -> dict[str, Any]:
    """`born` and `about` of a Profile: the birth as it was said, else the year that an age told then leaves open."""
    birth = read_birth(said)
    if birth[0] or age is None:
        return {"born": birth}
    return {"born": (year - int(age), 0, 0), "about": 1}


def read_phone(text: str) -> str:
    """A number in its one form; of what is no possible number the digits, where there are enough to compare."""
    if not text.strip():
        return ""
    try:
        return addresses.phone(text)[1]
    except Invalid:
        digits = re.sub(r"\D", "", text)
        return digits if len(digits) >= 9 else ""
