"""The rules of triage, read from data that a coordinator can mend and a doctor can sign."""

from __future__ import annotations

import operator
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .facts import DERIVED, Named

LANGUAGES = ("en", "uk", "ru")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
KINDS = ("flag", "number")
PLACEHOLDERS = frozenset({"value", "days", "hours"})
# The classes a case can have, most urgent first: its clocks, its queue and the database know no others.
CLASSES = ("P1", "P2", "P3", "P4")
MOST = 1_000_000
LARGE_SITE = "large_site"
PROTECTED = "protection_contact"

Texts = Mapping[str, str]


class RulesError(ValueError):
    """The rules file cannot be used. `problems` lists everything wrong with it, in plain words."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Comparison:
    """`fact operator value`. Never true of a number nobody told; a flag not told is false."""

    fact: str
    symbol: str
    value: float | bool
    is_flag: bool

    def holds(self, facts: Named) -> bool:
        known = facts.get(self.fact, False if self.is_flag else None)
        return known is not None and OPERATORS[self.symbol](known, self.value)

    def facts_used(self) -> Iterator[str]:
        yield self.fact


@dataclass(frozen=True)
class Group:
    """Every part (`all`) or at least one (`any`)."""

    every: bool
    parts: tuple[Comparison | Group, ...]

    def holds(self, facts: Named) -> bool:
        results = (part.holds(facts) for part in self.parts)
        return all(results) if self.every else any(results)

    def facts_used(self) -> Iterator[str]:
        for part in self.parts:
            yield from part.facts_used()


@dataclass(frozen=True)
class Floor:
    """A case that meets `when` is at least of class `cls`.

    Floors of one `topic` speak of one thing: only the first that holds gives its reason.
    """

    code: str
    cls: str
    topic: str
    protected: bool
    value: str
    when: Comparison | Group
    says: Texts


@dataclass(frozen=True)
class Clock:
    """Minutes until a case must be acknowledged, and until its caller must be spoken to again."""

    acknowledge: int
    recontact: int


@dataclass(frozen=True)
class Rules:
    """One version of the rules. `classes` runs from the most to the least urgent."""

    version: int
    classes: tuple[str, ...]
    default_class: str
    clocks: Mapping[str, Clock]
    floors: tuple[Floor, ...]
    weights: Mapping[str, Any]
    site_class_up_from: int
    site_groups: frozenset[str]
    large_site_says: Texts
    protected_says: Texts
    units: Mapping[str, Mapping[str, tuple[str, ...]]]
    observations: Mapping[str, str]

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Rules:
        """Read and check the rules. Raises RulesError with every problem found, not only the first."""
        return Reader(data).rules()

    @property
    def protected_facts(self) -> frozenset[str]:
        """Names of the facts that may be stored and shown only sealed, for the protection officer."""
        return frozenset(name for f in self.floors if f.protected for name in f.when.facts_used())

    def says(self, code: str) -> Texts:
        """The sentence of a reason. Raises KeyError for a code these rules do not know."""
        open_floors = {floor.code: floor.says for floor in self.floors if not floor.protected}
        return {**open_floors, LARGE_SITE: self.large_site_says, PROTECTED: self.protected_says}[code]


class Reader:
    """Reads a rules file and notes what is wrong with it as it goes."""

    def __init__(self, data: Any) -> None:
        self.problems: list[str] = []
        if not isinstance(data, dict):
            raise RulesError(["the rules are one object in braces"])
        self.data: Mapping[str, Any] = data
        observed = self.part("observations", dict)
        for name, kind in observed.items():
            if kind not in KINDS:
                self.problems.append(f"observation {name}: the kind is {kind!r}, not flag or number")
        self.kinds: Mapping[str, str] = {**observed, **DERIVED}
        self.classes = tuple(self.part("classes", list))
        if self.classes != CLASSES:
            self.problems.append(f"classes: they are {', '.join(CLASSES)}, in this order")
            self.classes = CLASSES

    def is_table(self, name: str) -> bool:
        return isinstance(self.data.get(name), dict)

    def rules(self) -> Rules:
        floors = tuple(self.floor(entry) for entry in self.part("floors", list))
        self.check_floors(floors)
        self.check_weights()
        built = Rules(
            version=self.part("version", int),
            classes=self.classes,
            default_class=self.one_of_classes(self.part("default_class", str), "default_class"),
            clocks=MappingProxyType({name: self.clock(name) for name in self.classes}),
            floors=floors,
            weights=self.part("weights", dict),
            site_class_up_from=self.site_size(),
            site_groups=frozenset(self.words(self.part("site_groups", list), "site_groups")),
            large_site_says=self.texts(self.part("large_site_says", dict), "large_site_says", True),
            protected_says=self.texts(self.part("protected_says", dict), "protected_says", False),
            units=self.units(),
            observations=MappingProxyType(dict(self.data["observations"]) if self.is_table("observations") else {}),
        )
        if self.problems:
            raise RulesError(self.problems)
        return built

    def part(self, name: str, kind: type) -> Any:
        found = self.data.get(name)
        if isinstance(found, kind) and not (kind is int and isinstance(found, bool)):
            return found
        self.problems.append(f"{name}: missing, or not of the kind {kind.__name__}")
        return kind()

    def site_size(self) -> int:
        size: int = self.part("site_class_up_from", int)
        if size < 1:
            self.problems.append("site_class_up_from: how many people, 1 or more")
        return size

    def words(self, entries: list[Any], where: str) -> list[str]:
        if not all(isinstance(entry, str) for entry in entries):
            self.problems.append(f"{where}: codes in quotation marks, and nothing else")
        return [entry for entry in entries if isinstance(entry, str)]

    def one_of_classes(self, name: Any, where: str) -> str:
        if name not in self.classes:
            self.problems.append(f"{where}: unknown class {name!r}; known are {', '.join(self.classes)}")
        return str(name)

    def clock(self, name: str) -> Clock:
        minutes = self.part("clocks", dict).get(name)
        keys = ("acknowledge", "recontact")
        if not isinstance(minutes, dict) or any(not _is_positive(minutes.get(key)) for key in keys):
            self.problems.append(f"clocks: {name} needs acknowledge and recontact, in minutes above 0, at most {MOST}")
            return Clock(0, 0)
        return Clock(minutes["acknowledge"], minutes["recontact"])

    def units(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        units = self.part("units", dict)
        for unit in ("days", "hours"):
            for language in LANGUAGES:
                forms = units[unit].get(language) if isinstance(units.get(unit), dict) else None
                if not isinstance(forms, list) or len(forms) != 4 or not all(isinstance(form, str) for form in forms):
                    self.problems.append(f"units: {unit} in {language} needs 4 forms (1, 2, 5, 1.5)")
        if self.problems:
            return {}
        return {unit: {lang: tuple(units[unit][lang]) for lang in LANGUAGES} for unit in ("days", "hours")}

    def floor(self, entry: Any) -> Floor:
        code = str(entry.get("code", "")) if isinstance(entry, dict) else ""
        if not code:
            self.problems.append(f"floors: an entry has no code: {entry!r}")
            entry = {}
        where, value = f"floor {code}", entry.get("value") or ""
        if not isinstance(value, str):
            self.problems.append(f"{where}: its value is the name of a number, in quotation marks")
            value = ""
        if value and self.kinds.get(value) != "number":
            self.problems.append(f"{where}: its value {value!r} is no known number")
        if not isinstance(entry.get("protected"), bool):
            self.problems.append(f"{where}: protected must be true or false")
        return Floor(
            code=code,
            cls=self.one_of_classes(entry.get("class"), where),
            topic=str(entry.get("topic") or code),
            protected=entry.get("protected") is True,
            value=value,
            when=self.condition(entry.get("when"), where),
            says=self.texts(entry.get("says"), where, bool(value)),
        )

    def condition(self, data: Any, where: str) -> Comparison | Group:
        if isinstance(data, dict) and len(data) == 1:
            joiner, parts = next(iter(data.items()))
            if joiner in ("all", "any") and isinstance(parts, list) and parts:
                return Group(joiner == "all", tuple(self.condition(part, where) for part in parts))
        elif isinstance(data, list) and len(data) == 3:
            return self.comparison(data[0], data[1], data[2], where)
        self.problems.append(f"{where}: a condition is all: […], any: […] or [fact, operator, value]")
        return Group(False, ())

    def comparison(self, fact: Any, symbol: Any, value: Any, where: str) -> Comparison:
        kind = self.kinds.get(fact) if isinstance(fact, str) else None
        if kind is None:
            self.problems.append(f"{where}: unknown fact {fact!r}")
        if not isinstance(symbol, str) or symbol not in OPERATORS:
            self.problems.append(f"{where}: unknown operator {symbol!r}; known are {' '.join(OPERATORS)}")
        elif kind == "flag" and (symbol not in ("==", "!=") or not isinstance(value, bool)):
            self.problems.append(f"{where}: {fact} is yes or no; compare it by == or != with true or false")
        elif kind == "number" and not _is_number(value):
            self.problems.append(f"{where}: {fact} is a number; {value!r} is not")
        return Comparison(str(fact), str(symbol), value, kind == "flag")

    def texts(self, data: Any, where: str, has_value: bool) -> Texts:
        texts = data if isinstance(data, dict) else {}
        for language in LANGUAGES:
            text = texts.get(language)
            if isinstance(text, str) and text.strip():
                self.check_placeholders(text, f"{where}: the text in {language}", has_value)
            else:
                self.problems.append(f"{where}: no text in {language}")
        return MappingProxyType(dict(texts))

    def check_placeholders(self, text: str, where: str, has_value: bool) -> None:
        try:
            parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
            used = {name for _, name, _, _ in parts}
            if any(form or conversion for _, _, form, conversion in parts):
                self.problems.append(f"{where}: a placeholder is a name in braces, and nothing else")
        except ValueError as error:
            self.problems.append(f"{where}: {error}")
            return
        if used - PLACEHOLDERS:
            self.problems.append(f"{where}: unknown placeholder {sorted(str(name) for name in used - PLACEHOLDERS)}")
        if used and not has_value:
            self.problems.append(f"{where}: it shows a value, but the floor names none")

    def check_floors(self, floors: tuple[Floor, ...]) -> None:
        codes = [floor.code for floor in floors]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            self.problems.append(f"floor {code}: there are two of this code")
        secret = {name for floor in floors if floor.protected for name in floor.when.facts_used()}
        for floor in floors:
            told = secret.intersection((*floor.when.facts_used(), floor.value))
            if told and not floor.protected:
                self.problems.append(f"floor {floor.code}: it would give away the protected {sorted(told)}")

    def check_weights(self) -> None:
        weights = self.part("weights", dict)
        for name in ("specific", "mobility", "age"):
            table = weights.get(name)
            if not isinstance(table, dict) or not all(_is_amount(points) for points in table.values()):
                self.problems.append(f"weights: {name} must give points, 0 or more, to each code")
        for name in ("people", "waiting_hours"):
            self.check_pair(weights.get(name), f"weights: {name}", ("each", "at_most"))
        days_left = weights.get("days_left")
        if not isinstance(days_left, dict):
            self.problems.append("weights: days_left must be a table of facts")
            return
        for fact, pair in days_left.items():
            self.check_pair(pair, f"weights: {fact}", ("points", "horizon"))
            if self.kinds.get(fact) != "number":
                self.problems.append(f"weights: unknown fact {fact!r} in days_left")
            elif isinstance(pair, dict) and not _is_positive(pair.get("horizon")):
                self.problems.append(f"weights: the horizon of {fact} must be above 0")

    def check_pair(self, pair: Any, where: str, keys: tuple[str, str]) -> None:
        if not isinstance(pair, dict) or not all(_is_amount(pair.get(key)) for key in keys):
            self.problems.append(f"{where} needs {keys[0]} and {keys[1]}, both numbers, 0 or more")


def _is_number(value: object) -> bool:
    """A number that can be reckoned with: JSON also holds 1e400 and a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST <= value <= MOST


def _is_amount(value: Any) -> bool:
    """Points are never taken away: a queue has no place below nothing."""
    return _is_number(value) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0
