"""The verdict: same, maybe or different, with what speaks for and against it."""

from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import Final

from cases.planning.matching import levels
from cases.planning.matching.levels import Level
from cases.planning.matching.profile import Profile
from cases.planning.matching.roles import Reading, readings

# Weights of agreement and contradiction, in the manner of log-odds; the threshold of review is REVIEW.
WEIGHTS: Final[dict[str, dict[Level, float]]] = {
    "given": {
        Level.SAME: 4, Level.LOOSE: 3.5, Level.NEAR: 2.5, Level.INITIAL: 1, Level.ALIKE: 0.5, Level.DIFFERS: -6,
    },
    "surname": {Level.SAME: 5, Level.PART: 4, Level.NEAR: 3.5, Level.ALIKE: 1, Level.DIFFERS: -5},
    "patronymic": {Level.SAME: 3, Level.NEAR: 2, Level.ALIKE: 0, Level.DIFFERS: -7},
    "sex": {Level.DIFFERS: -6},
    "birth": {Level.SAME: 5, Level.PART: 3, Level.NEAR: 1.5, Level.ALIKE: -1, Level.DIFFERS: -5},
    "phone": {Level.SAME: 5, Level.NEAR: 2, Level.DIFFERS: -0.5},
    "settlement": {Level.SAME: 2, Level.DIFFERS: -0.5},
}  # fmt: skip
KIN: Final = (0.0, 1.5, 3.0)
CHANGED_SURNAME: Final = -2.0  # a woman's surname may change, if the rest agrees
REVIEW: Final = 5.0
# What a fact beside the names counts for towards "same"; two are asked for, and three where a name has slipped.
FACTS: Final[dict[tuple[str, Level], int]] = {
    ("phone", Level.SAME): 2,
    ("birth", Level.SAME): 2,
    ("birth", Level.PART): 1,
    ("patronymic", Level.SAME): 1,
    ("settlement", Level.SAME): 1,
}
ENOUGH, ENOUGH_AFTER_A_SLIP = 2, 3
AGREES: Final = (Level.SAME, Level.LOOSE, Level.NEAR)


class Verdict(StrEnum):
    SAME = "same"
    MAYBE = "maybe"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Match:
    """`score` from 0 to 100 (50 is the threshold of review); `evidence` as (field, level) and kin as ("kin", count)."""

    verdict: Verdict
    score: int
    evidence: tuple[tuple[str, str], ...]


def compare(one: Profile, other: Profile) -> Match:
    """Compare two records in the likeliest reading of both names."""
    found = [_compare(one, mine, other, theirs) for mine in readings(one.name) for theirs in readings(other.name)] or [
        _compare(one, NOBODY, other, NOBODY)
    ]
    total, agreed, verdict = max(found, key=lambda result: (result[2] != Verdict.DIFFERENT, result[0]))
    score = round(100 / (1 + exp((REVIEW - total) / 2.5)))
    return Match(verdict, score, tuple((name, str(level)) for name, level in agreed.items()))


NOBODY: Final = Reading(None, None, ())


def _compare(one: Profile, mine: Reading, other: Profile, theirs: Reading) -> tuple[float, dict[str, str], Verdict]:
    at = {
        "given": levels.given(mine, theirs),
        "surname": levels.surname(mine, theirs),
        "patronymic": levels.patronymic(mine, theirs),
        "sex": levels.sex(one, mine, other, theirs),
        "birth": levels.birth(one, other),
        "phone": levels.phone(one, other),
        "settlement": levels.settlement(one, other),
    }
    kin = min(levels.kin(one, other), len(KIN) - 1)
    total = sum(WEIGHTS[name].get(level, 0.0) for name, level in at.items()) + KIN[kin]
    if at["surname"] is Level.DIFFERS and _may_have_married(one, mine, other, theirs, at):
        total += CHANGED_SURNAME - WEIGHTS["surname"][Level.DIFFERS]
    told: dict[str, str] = {name: level for name, level in at.items() if level is not Level.UNKNOWN}
    if kin:
        told["kin"] = str(kin)
    return total, told, _verdict(at, kin, total)


def _may_have_married(one: Profile, mine: Reading, other: Profile, theirs: Reading, at: dict[str, Level]) -> bool:
    women = levels.sexes(one, mine) == levels.sexes(other, theirs) == frozenset("f")
    return women and at["given"] in AGREES


def _verdict(at: dict[str, Level], kin: int, total: float) -> Verdict:
    if _contradicted(at):
        return Verdict.DIFFERENT
    if _sure(at, kin):
        return Verdict.SAME
    return Verdict.MAYBE if total >= REVIEW else Verdict.DIFFERENT


def _contradicted(at: dict[str, Level]) -> bool:
    """What no sum outweighs; only a telephone and a birth year or patronymic that agree leave it to a person."""
    hard = [name for name in ("given", "sex") if at[name] is Level.DIFFERS]
    if at["birth"] is Level.DIFFERS and not (at["phone"] is Level.SAME and at["patronymic"] in AGREES):
        hard.append("birth")
    if not hard:
        return False
    phone, dated = at["phone"] is Level.SAME, at["birth"] in (Level.SAME, Level.PART)
    named = at["surname"] in (*AGREES, Level.PART)
    if hard == ["sex"]:
        return not (at["given"] in AGREES and named and phone and dated)
    return not (hard == ["given"] and phone and dated and named)


def _sure(at: dict[str, Level], kin: int) -> bool:
    """Both names and the birth agree, nothing contradicts, and enough beside them agrees too."""
    if Level.DIFFERS in (at["sex"], at["patronymic"]):
        return False
    if at["given"] not in AGREES or at["surname"] not in (Level.SAME, Level.NEAR, Level.PART):
        return False
    # Grandfather and grandson bear one name and one father's name, with one telephone, in one house.
    if at["birth"] not in (Level.SAME, Level.PART):
        return False
    facts = sum(FACTS.get((name, level), 0) for name, level in at.items()) + kin
    exact = at["given"] is Level.SAME and at["surname"] is Level.SAME and at["patronymic"] is not Level.NEAR
    # Two telephones contradict little, and yet a village has namesakes of one year.
    return facts >= (ENOUGH if exact else ENOUGH_AFTER_A_SLIP) + (at["phone"] is Level.DIFFERS)
