"""How well a name fits what somebody typed to find it."""

from cases.planning.matching import levels
from cases.planning.matching.levels import Level
from cases.planning.matching.profile import Profile
from cases.planning.matching.roles import Reading, readings
from cases.planning.matching.verdict import WEIGHTS


def likeness(typed: Profile, found: Profile) -> float:
    """The weight of what agrees, above zero where it is worth showing; a word that contradicts takes it below."""
    scores = [_likeness(mine, theirs) for mine in readings(typed.name) for theirs in readings(found.name)]
    return max(scores, default=0.0) + WEIGHTS["birth"].get(levels.birth(typed, found), 0.0)


def _likeness(typed: Reading, found: Reading) -> float:
    at = {
        "given": levels.given(typed, found),
        "surname": levels.surname(typed, found),
        "patronymic": levels.patronymic(typed, found),
    }
    if Level.DIFFERS in (at["given"], at["surname"]) or Level.ALIKE in (at["given"], at["surname"]):
        return -1.0
    if typed.surnames and not found.surnames and typed.given is None:
        return -1.0
    return sum(WEIGHTS[name].get(level, 0.0) for name, level in at.items())
