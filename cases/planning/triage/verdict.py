"""From facts and rules to a class, points within the class, and reasons that can be said aloud."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .facts import Facts, Named, PersonFacts, named
from .rules import LARGE_SITE, PROTECTED, Floor, Rules

BANDS = ((1, "0-1"), (5, "1-4"), (12, "5-11"), (18, "12-17"), (60, "18-59"), (70, "60-69"))


@dataclass(frozen=True)
class Reason:
    """Why a case has its class. A protected one carries neither its own code nor its value."""

    code: str
    value: float | None = None
    protected: bool = False


@dataclass(frozen=True)
class Verdict:
    """`points` order the queue within the class: more come first."""

    cls: str
    points: int
    reasons: tuple[Reason, ...]
    rules_version: int


def score(facts: Facts, rules: Rules) -> Verdict:
    """The class, the points and the reasons, most urgent first. Pure and repeatable."""
    names = named(facts)
    met = sorted((f for f in rules.floors if f.when.holds(names)), key=lambda f: rules.classes.index(f.cls))
    cls = met[0].cls if met else rules.default_class
    reasons = _reasons(met, names)
    people = max(facts.headcount_low, facts.headcount_high, len(facts.people))
    if facts.group in rules.site_groups and people >= rules.site_class_up_from:
        cls = rules.classes[max(0, rules.classes.index(cls) - 1)]
        reasons = (*reasons, Reason(LARGE_SITE, float(people)))
    return Verdict(cls, _points(facts, names, rules.weights), reasons, rules.version)


def say(reason: Reason, rules: Rules, language: str) -> str:
    """One reason as a short sentence. Raises KeyError for a code or a language not known."""
    text = rules.says(PROTECTED if reason.protected else reason.code)[language]
    if reason.value is None:
        return text
    number = _number(reason.value, language)
    counted = {
        unit: f"{number} {forms[language][plural_form(reason.value, language)]}" for unit, forms in rules.units.items()
    }
    return text.format(value=number, **counted)


def plural_form(count: float, language: str) -> int:
    """Which of the four forms a number takes: 1 день, 2 дні, 5 днів, 1,5 дня (CLDR plural rules)."""
    if count != int(count):
        return 3
    whole = abs(int(count))
    if language == "en":
        return 0 if whole == 1 else 2
    if whole % 10 == 1 and whole % 100 != 11:
        return 0
    return 1 if whole % 10 in (2, 3, 4) and whole % 100 not in (12, 13, 14) else 2


def _number(value: float, language: str) -> str:
    if value == int(value):
        return str(int(value))
    return f"{value:.1f}".replace(".", "." if language == "en" else ",")


def _reasons(met: list[Floor], names: Named) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    topics: set[str] = set()
    for floor in met:
        if floor.protected:
            # One neutral line whatever and however many: even a count would tell something.
            reason = Reason(PROTECTED, None, True)
        else:
            value = names.get(floor.value) if floor.value else None
            reason = Reason(floor.code, None if value is None else float(value))
        if floor.topic not in topics and reason not in reasons:
            reasons.append(reason)
        topics.add(floor.topic)
    return tuple(reasons)


def _points(facts: Facts, names: Named, weights: Mapping[str, Any]) -> int:
    # fsum does not depend on the order, which sets and stored JSON do not keep: a replay must agree.
    return int(round(math.fsum(_parts(facts, names, weights)), 6))


def _parts(facts: Facts, names: Named, weights: Mapping[str, Any]) -> Iterator[float]:
    for person in facts.people:
        yield from (weights["specific"].get(code, 0) for code in person.specific)
        yield weights["age"].get(band_of(person), 0)
        yield weights["mobility"].get(person.mobility, 0)
    for fact, weight in weights["days_left"].items():
        if fact in names:
            yield weight["points"] * (1 - min(max(float(names[fact]), 0.0) / weight["horizon"], 1.0))
    for weight, count in (("people", names["people_count"]), ("waiting_hours", names["waiting_hours"])):
        yield min(float(count) * weights[weight]["each"], weights[weight]["at_most"])


def band_of(person: PersonFacts) -> str:
    """The age band of the years when they are known, else the band that was told."""
    if person.age_years is None:
        return person.age_band
    return next((band for end, band in BANDS if person.age_years < end), "70+")
