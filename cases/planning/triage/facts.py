"""What triage knows of a case, and the named facts that the rules' conditions may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Named = dict[str, float | bool]

# The derived facts and their kinds; the observed ones are declared by the rules file itself.
DERIVED: Mapping[str, str] = {
    "water_days": "number",
    "food_days": "number",
    "baby_food_days": "number",
    "fuel_days": "number",
    "medicine_days": "number",
    "oxygen_hours": "number",
    "vital_days_unknown": "flag",
    "missing_person": "flag",
    "rescue_asked": "flag",
    "medical_evacuation_asked": "flag",
    "ordnance_reported": "flag",
    "has_infant": "flag",
    "has_child": "flag",
    "has_older": "flag",
    "has_over_70": "flag",
    "has_disabled": "flag",
    "has_ill": "flag",
    "has_bedridden": "flag",
    "has_pregnant": "flag",
    "has_frail": "flag",
    "frail_alone": "flag",
    "unaccompanied_child": "flag",
    "evacuation": "flag",
    "child_in_evacuation": "flag",
    "older_in_evacuation": "flag",
    "disabled_in_evacuation": "flag",
    "people_count": "number",
    "waiting_hours": "number",
}

DAYS_LEFT_OF = {
    "WATER": "water_days",
    "FOOD": "food_days",
    "BABY": "baby_food_days",
    "FUEL": "fuel_days",
    "MEDS": "medicine_days",
}
ASKED_FOR = {
    "TRACE": "missing_person",
    "RESCUE": "rescue_asked",
    "MEDEVAC": "medical_evacuation_asked",
    "UXO": "ordnance_reported",
}
# Needs whose lack is dangerous within days: asked for without a length, they count as short.
VITAL = ("WATER", "FOOD", "BABY", "MEDS", "OXYGEN")
# Observations that already say how long the medicine lasts.
MEDICINE_LENGTHS = ("insulin_days", "critical_medicine_days", "medicine_days")

CHILD_BANDS = frozenset({"0-1", "1-4", "5-11", "12-17", "child"})
OLDER_BANDS = frozenset({"60-69", "70+"})
IMPAIRED = frozenset({"assisted", "wheelchair", "bedridden"})


@dataclass(frozen=True)
class PersonFacts:
    """One person as triage sees them: no name, no protected wording.

    `age_years` wins over `age_band`; `specific` holds UNHCR codes.
    """

    age_years: float | None = None
    age_band: str = ""
    sex: str = ""
    mobility: str = ""
    specific: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "specific", frozenset(self.specific))

    def has(self, family: str) -> bool:
        """Whether any specific need is this code or one below it (`DS` for `DS-BD`)."""
        return any(code == family or code.startswith(f"{family}-") for code in self.specific)

    @property
    def is_infant(self) -> bool:
        return self.age_band == "0-1" if self.age_years is None else self.age_years < 1

    @property
    def is_child(self) -> bool:
        return self.age_band in CHILD_BANDS if self.age_years is None else self.age_years < 18

    @property
    def is_older(self) -> bool:
        """Over 60 (UNHCR `ER`). A band is doubtful at its lower end and counts as older."""
        by_age = self.age_band in OLDER_BANDS if self.age_years is None else self.age_years > 60
        return by_age or self.has("ER")

    @property
    def is_over_70(self) -> bool:
        """In the eighth decade or later: who says "70" has had the seventieth birthday."""
        return self.age_band == "70+" if self.age_years is None else self.age_years >= 70

    @property
    def is_disabled(self) -> bool:
        return self.has("DS") or self.mobility in IMPAIRED

    def to_json(self) -> dict[str, Any]:
        return {
            "age_years": self.age_years,
            "age_band": self.age_band,
            "sex": self.sex,
            "mobility": self.mobility,
            "specific": sorted(self.specific),
        }


@dataclass(frozen=True)
class Facts:
    """All that a score depends on. Stored beside the score, so that it can be replayed.

    `observations`: code → value, a flag being 1.0 (0.0: asked and denied).
    `needs`: code → days left; 0 none now, None not known.
    `headcount_low`, `headcount_high`: 0 when not known. `waiting_hours`: since the case was heard.
    Holds protected observations: wherever it is stored, it is stored sealed.
    """

    observations: Mapping[str, float] = field(default_factory=dict)
    needs: Mapping[str, float | None] = field(default_factory=dict)
    people: tuple[PersonFacts, ...] = ()
    headcount_low: int = 0
    headcount_high: int = 0
    group: str = "unknown"
    evacuation: bool = False
    direction: str = ""
    waiting_hours: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "observations", {k: float(v) for k, v in self.observations.items()})
        object.__setattr__(self, "needs", {k: None if v is None else max(0.0, float(v)) for k, v in self.needs.items()})
        object.__setattr__(self, "people", tuple(self.people))
        object.__setattr__(self, "waiting_hours", max(0.0, float(self.waiting_hours)))

    def to_json(self) -> dict[str, Any]:
        """A JSON object with a stable order, equal for equal facts; of people only what is known, as there are many."""
        return {
            "observations": dict(sorted(self.observations.items())),
            "needs": dict(sorted(self.needs.items())),
            "people": [
                {name: said for name, said in one.to_json().items() if said not in (None, "", [])}
                for one in self.people
            ],
            "headcount_low": self.headcount_low,
            "headcount_high": self.headcount_high,
            "group": self.group,
            "evacuation": self.evacuation,
            "direction": self.direction,
            "waiting_hours": self.waiting_hours,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """The inverse of `to_json`. A key this version does not know raises TypeError."""
        people = tuple(PersonFacts(**person) for person in data.get("people", ()))
        return cls(**{**data, "people": people})


def named(facts: Facts) -> Named:
    """The facts under the names that conditions use. A number not known is absent.

    Observations keep their own names; of two lengths for the same thing the shorter one counts.
    """
    names: Named = dict(facts.observations)
    names.update(_shortages(facts))
    names.update(_people(facts))
    names["evacuation"] = facts.evacuation
    for who in ("child", "older", "disabled"):
        names[f"{who}_in_evacuation"] = facts.evacuation and bool(names[f"has_{who}"])
    names["people_count"] = float(max(len(facts.people), facts.headcount_low, facts.headcount_high))
    names["waiting_hours"] = facts.waiting_hours
    return names


def _shortages(facts: Facts) -> Named:
    found: Named = {}
    for need, days in facts.needs.items():
        if need in ASKED_FOR:
            found[ASKED_FOR[need]] = True
        if days is not None and need in DAYS_LEFT_OF:
            found[DAYS_LEFT_OF[need]] = days
        if days is not None and need == "OXYGEN":
            found["oxygen_hours"] = days * 24
    if facts.observations.get("no_water_hours"):
        found["water_days"] = 0.0
    _drop_repeated_medicine(found, facts.observations)
    for name in ("medicine_days", "oxygen_hours"):
        if name in facts.observations:
            found[name] = min(facts.observations[name], found.get(name, facts.observations[name]))
    found["vital_days_unknown"] = any(_length_unknown(facts, need) for need in VITAL)
    return found


def _drop_repeated_medicine(found: Named, seen: Mapping[str, float]) -> None:
    """Drop "medicine, 2 days" beside "insulin, 2 days": one lack is not told twice.

    Only when the named medicine ends no later, so that the class cannot become milder.
    """
    graver = [seen[name] for name in ("insulin_days", "critical_medicine_days") if name in seen]
    if graver and found.get("medicine_days", min(graver) - 1) >= min(graver):
        del found["medicine_days"]


def _length_unknown(facts: Facts, need: str) -> bool:
    if need not in facts.needs or facts.needs[need] is not None:
        return False
    told = {"MEDS": MEDICINE_LENGTHS, "OXYGEN": ("oxygen_hours",), "WATER": ("no_water_hours",)}
    return not any(name in facts.observations for name in told.get(need, ()))


def _people(facts: Facts) -> Named:
    people, seen = facts.people, facts.observations
    found: Named = {
        "has_infant": any(p.is_infant for p in people) or seen.get("infant_unfed_hours") is not None,
        "has_child": any(p.is_child for p in people),
        "has_older": any(p.is_older for p in people),
        "has_over_70": any(p.is_over_70 for p in people),
        "has_disabled": any(p.is_disabled for p in people),
        "has_ill": any(p.has("SM") for p in people),
        "has_bedridden": any(p.mobility == "bedridden" for p in people),
        "has_pregnant": _is_pregnant(seen),
        "unaccompanied_child": _is_unaccompanied(people, seen),
    }
    frail = ("has_infant", "has_pregnant", "has_over_70", "has_ill", "has_bedridden")
    found["has_frail"] = any(found[name] for name in frail)
    weak = found["has_frail"] or found["has_older"] or found["has_disabled"]
    # Alone is said, never counted: a household of one row may be one of many in the house.
    found["frail_alone"] = bool(seen.get("alone")) and weak
    return found


def _is_pregnant(seen: Mapping[str, float]) -> bool:
    told = ("pregnant", "pregnancy_week", "labour", "bleeding_in_pregnancy")
    return any(seen.get(name) for name in told)


def _is_unaccompanied(people: tuple[PersonFacts, ...], seen: Mapping[str, float]) -> bool:
    if seen.get("child_alone") or seen.get("child_with_strangers"):
        return True
    return any(p.has("SC") and (p.is_child or _age_unknown(p)) for p in people)


def _age_unknown(person: PersonFacts) -> bool:
    return person.age_years is None and person.age_band == ""
