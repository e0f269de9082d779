"""What time alone does to the facts: water runs out, a dialysis lies further back, waiting grows longer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .facts import Facts, named
from .rules import Comparison, Group, Rules
from .verdict import score

# Observed lengths that run down, and how much of their unit one hour takes.
RUN_DOWN = {
    "insulin_days": 1 / 24,
    "critical_medicine_days": 1 / 24,
    "medicine_days": 1 / 24,
    "dialysis_next_days": 1 / 24,
    "oxygen_hours": 1.0,
}
# What only grows until somebody says otherwise; whether an infant was fed meanwhile nobody knows, so that is asked.
GROW = {"dialysis_since_hours": 1.0}
# Facts derived from needs run down by the day, but oxygen, which is reckoned in hours.
DERIVED_DOWN = dict.fromkeys(("water_days", "food_days", "baby_food_days", "fuel_days", "medicine_days"), 1 / 24)
SPEED = {**DERIVED_DOWN, **RUN_DOWN, "waiting_hours": -1.0, **{name: -speed for name, speed in GROW.items()}}
# A threshold is met a moment after, never a rounding before.
MOMENT = 0.02


def aged(facts: Facts, hours: float) -> Facts:
    """The facts as they will be in so many hours if nobody calls and nothing is delivered."""
    return replace(
        facts,
        observations={name: aged_value(name, value, hours) for name, value in facts.observations.items()},
        needs={code: None if left is None else max(0.0, left - hours / 24) for code, left in facts.needs.items()},
        waiting_hours=facts.waiting_hours + hours,
    )


def aged_value(name: str, value: float, hours: float) -> float:
    """An observed length so many hours after it was told; never below zero. Flags and events stay as they were."""
    return max(0.0, value - RUN_DOWN.get(name, 0.0) * hours) + GROW.get(name, 0.0) * hours


def hours_to_change(facts: Facts, rules: Rules, *, within: float) -> float | None:
    """In how many hours time alone changes the class or the reasons; None when not within so many.

    Only thresholds of the rules can change a class, so only the moments when a fact reaches one are tried.
    """
    now = score(facts, rules)
    before = now.cls, [reason.code for reason in now.reasons]
    for hours in sorted({at for at in _moments(facts, rules) if 0 < at <= within}):
        then = score(aged(facts, hours), rules)
        if (then.cls, [reason.code for reason in then.reasons]) != before:
            return hours
    return None


def _moments(facts: Facts, rules: Rules) -> Iterator[float]:
    names = named(facts)
    for floor in rules.floors:
        for part in _comparisons(floor.when):
            if part.fact in SPEED and part.fact in names:
                yield (float(names[part.fact]) - float(part.value)) / SPEED[part.fact] + MOMENT


def _comparisons(condition: Comparison | Group) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
        return
    for part in condition.parts:
        yield from _comparisons(part)
