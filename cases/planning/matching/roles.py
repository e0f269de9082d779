"""Which word of a name is what: every reading that makes sense, since people say names in any order."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from cases.privacy import names
from cases.privacy.names import Word

MOST_READINGS = 24


@dataclass(frozen=True, slots=True)
class Reading:
    """A name taken apart. `initials` are letters that stand for names, in their order."""

    given: Word | None
    patronymic: Word | None
    surnames: tuple[Word, ...]
    initials: tuple[Word, ...] = ()


@lru_cache(maxsize=20_000)
def readings(text: str) -> tuple[Reading, ...]:
    """The readings of a name as typed, and as if the keyboard had been switched."""
    found = dict.fromkeys(reading for way in names.ways(text) for reading in _readings(way))
    return tuple(found)[:MOST_READINGS]


def _readings(words: tuple[Word, ...]) -> Iterator[Reading]:
    initials = tuple(word for word in words if word.initial)
    whole = [word for word in words if not word.initial]
    for given, patronymic in product(_givens(whole), _patronymics(whole)):
        if given is not None and given == patronymic:
            continue
        rest = tuple(at for at in range(len(whole)) if at not in (given, patronymic))
        yield Reading(
            given=whole[given] if given is not None else None,
            patronymic=whole[patronymic] if patronymic is not None else None,
            surnames=tuple(whole[at] for at in rest),
            initials=initials,
        )


def _givens(whole: list[Word]) -> list[int | None]:
    """Where the given name may stand: a word of the table; else one that is nearly in it; else any."""
    exact: list[int | None] = [at for at, word in enumerate(whole) if word.given]
    if exact:
        return exact if len(whole) > len(exact) else [*exact, None]
    nearly: list[int | None] = [at for at, word in enumerate(whole) if not word.fathers]
    return [*nearly, None]


def _patronymics(whole: list[Word]) -> list[int | None]:
    found: list[int | None] = [at for at, word in enumerate(whole) if word.fathers and not word.given]
    return [*found, None] if len(whole) - len(found) < 2 or len(found) > 1 else found or [None]
