"""Facts as a person writes them by hand: read with everything that is wrong with them, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final

from cases.enums import AgeBand, Direction, Group, Mobility, Sex

from .facts import DERIVED, Facts, PersonFacts

MOST_YEARS: Final = 130
MOST_PEOPLE: Final = 1_000_000
MOST_OF_ANYTHING: Final = 100_000
FIELDS: Final = tuple(field.name for field in fields(Facts))
OF_A_PERSON: Final = tuple(field.name for field in fields(PersonFacts))


class FactsError(ValueError):
    """Facts that cannot be scored. `problems` lists everything wrong with them, each with what to do."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Codes:
    """What may be named: observations with their kind, needs, specific needs."""

    observations: Mapping[str, str]
    needs: Collection[str]
    specific: Collection[str]


def read(text: str, codes: Codes) -> Facts:
    """The facts of one JSON object. Raises FactsError."""
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except FactsError:
        raise
    except (ValueError, RecursionError) as error:
        raise FactsError([f"this is not JSON ({error}); write one object in braces a line"]) from error
    return Reader(codes).facts(data)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that stands twice would lose the first of its values without a word."""
    names = [name for name, _value in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FactsError([f"{name!r} stands twice; keep one" for name in twice])
    return dict(pairs)


def _no_number(name: str) -> Any:
    raise FactsError([f"{name} is no number; leave out what is not known"])


class Reader:
    """Takes one value after another out of the object, and notes what is wrong with it."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.problems: list[str] = []

    def facts(self, data: Any) -> Facts:
        if not isinstance(data, dict):
            raise FactsError(["the facts are an object in braces, such as {}"])
        known = self.known(data, FIELDS, "")
        facts = Facts(
            observations=self.table(known, "observations", self.observed, self.codes.observations),
            needs=self.table(known, "needs", self.days, self.codes.needs, keeps_null=True),
            people=tuple(self.person(entry, at) for at, entry in enumerate(self.list_of(known, "people"), 1)),
            headcount_low=self.whole(known, "headcount_low"),
            headcount_high=self.whole(known, "headcount_high"),
            group=self.one_of(known, "group", Group.values) or str(Group.UNKNOWN),
            evacuation=self.yes_no(known, "evacuation"),
            direction=self.one_of(known, "direction", Direction.values),
            waiting_hours=self.amount(known.get("waiting_hours", 0), "waiting_hours", MOST_OF_ANYTHING),
        )
        if self.problems:
            raise FactsError(self.problems)
        return facts

    def known(self, data: dict[str, Any], names: tuple[str, ...], where: str) -> dict[str, Any]:
        """The object without what is null, which is the same as absent; a name it does not have is a problem."""
        for name in data:
            if name not in names:
                self.problems.append(f"{where}unknown field {name!r}; known are {', '.join(names)}")
        return {name: value for name, value in data.items() if value is not None}

    def person(self, entry: Any, at: int) -> PersonFacts:
        where = f"person {at}: "
        if not isinstance(entry, dict):
            self.problems.append(f"{where}it is an object in braces, such as {{}}")
            return PersonFacts()
        known = self.known(entry, OF_A_PERSON, where)
        years = known.get("age_years")
        return PersonFacts(
            age_years=None if years is None else self.amount(years, f"{where}age_years", MOST_YEARS),
            age_band=self.one_of(known, "age_band", AgeBand.values, where),
            sex=self.one_of(known, "sex", Sex.values, where),
            mobility=self.one_of(known, "mobility", Mobility.values, where),
            specific=frozenset(self.specific(self.list_of(known, "specific", where), where)),
        )

    def specific(self, entries: list[Any], where: str) -> list[str]:
        for code in entries:
            self.check_code(code, self.codes.specific, f"{where}specific")
        return [code for code in entries if isinstance(code, str)]

    def table(
        self,
        known: dict[str, Any],
        name: str,
        read_one: Callable[[Any, str], float | None],
        codes: Collection[str],
        *,
        keeps_null: bool = False,
    ) -> dict[str, Any]:
        """Code → value. Null is as absent, but for a need: that was asked for, and nobody said how long it lasts."""
        told = known.get(name, {})
        if not isinstance(told, dict):
            self.problems.append(f"{name}: it is an object of codes and values, such as {{}}")
            return {}
        for code in told:
            self.check_code(code, codes, name)
        wanted = {code: value for code, value in told.items() if code in codes and (keeps_null or value is not None)}
        return {code: read_one(value, code) for code, value in wanted.items()}

    def check_code(self, code: Any, codes: Collection[str], where: str) -> None:
        if isinstance(code, str) and code in codes:
            return
        if isinstance(code, str) and code in DERIVED:
            self.problems.append(f"{where}: {code!r} is worked out from needs and people; leave it out")
        else:
            near = get_close_matches(str(code), codes, 1)
            meant = f"did you mean {near[0]}?" if near else "the codes stand in docs/triage.md"
            self.problems.append(f"{where}: unknown code {code!r}; {meant}")

    def observed(self, value: Any, code: str) -> float:
        if self.codes.observations[code] == "number":
            return self.amount(value, f"observations: {code}", MOST_OF_ANYTHING)
        if value not in (0, 1):
            self.problems.append(f"observations: {code} is 1 (yes) or 0 (asked and denied), not {_said(value)}")
        return float(value in (1,))

    def days(self, value: Any, code: str) -> float | None:
        return None if value is None else self.amount(value, f"needs: days left of {code}", MOST_OF_ANYTHING)

    def amount(self, value: Any, where: str, most: int) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
            return float(value)
        self.problems.append(f"{where} is a number from 0 to {most}, not {_said(value)}")
        return 0.0

    def whole(self, known: dict[str, Any], name: str) -> int:
        value = self.amount(known.get(name, 0), name, MOST_PEOPLE)
        if value != int(value):
            self.problems.append(f"{name} is a whole number, not {_said(value)}")
        return int(value)

    def yes_no(self, known: dict[str, Any], name: str) -> bool:
        value = known.get(name, False)
        if not isinstance(value, bool):
            self.problems.append(f"{name} is true or false, not {_said(value)}")
        return value is True

    def one_of(self, known: dict[str, Any], name: str, choices: list[str], where: str = "") -> str:
        value = known.get(name, "")
        if value == "" or (isinstance(value, str) and value in choices):
            return str(value)
        self.problems.append(f"{where}{name} is one of {', '.join(choices)}, not {_said(value)}")
        return ""

    def list_of(self, known: dict[str, Any], name: str, where: str = "") -> list[Any]:
        value = known.get(name, [])
        if isinstance(value, list):
            return value
        self.problems.append(f"{where}{name} is a list in brackets, such as []")
        return []


def _said(value: Any) -> str:
    return repr(value)[:60] if isinstance(value, str) else json.dumps(value)[:60]
