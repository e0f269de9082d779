"""What a name is found by: tokens that are only ever kept as keyed digests (`privacy.blind`).

They begin with what they are of: "g:" a given name of the table, "s:" any other name's stem, "p:" a patronymic. What is
there for slips is apart: "d:" a stem with one letter missing, "n:" a given name that may have been meant. To meet in a
token is no proof: Кузнецов and Кузнецова do, and are two people. `SCHEME` rises when tokens are made otherwise.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cases.privacy.names.given import given_names
from cases.privacy.names.spelling import deletions
from cases.privacy.names.words import Word, said, ways

SCHEME: Final = "2"
SHORTEST_SLIP: Final = 3  # of two letters nothing is left that could tell them apart


def scheme() -> str:
    """Which way of making tokens made them: the code's own, and the table of given names as it is now."""
    return hashlib.sha256(f"{SCHEME}:{given_names().mark}".encode()).hexdigest()[:12]


def tokens(text: str) -> frozenset[str]:
    """Every meaning that each word of a name may have."""
    return frozenset(token for word, place in _placed(said(text)) for token in _meanings(word, place))


def index_tokens(text: str) -> frozenset[str]:
    """The same, and what it is found by when either side has slipped by one letter."""
    extra = frozenset(token for word, place in _placed(said(text)) for token in _room_for_slips(word, place))
    return tokens(text) | extra


@dataclass(frozen=True, slots=True)
class Asked:
    """One word that was asked for: it is met exactly by one of `exact`, or one letter off by one of `slipped`.

    A patronymic is `optional`: whoever was written down may have told none.
    """

    exact: frozenset[str]
    slipped: frozenset[str]
    optional: bool = False


def asked(text: str) -> list[tuple[Asked, ...]]:
    """The ways to understand what was typed, as typed first: then as if the keyboard had been switched."""
    found = (tuple(_word_asked(word, place) for word, place in _placed(words)) for words in ways(text))
    return [way for way in dict.fromkeys(found) if way]


def _word_asked(word: Word, place: "Place") -> Asked:
    exact = frozenset(_meanings(word, place))
    slipped = {f"g:{key}" for key in word.nearly} | {f"n:{key}" for key in word.given}
    for form in (*word.surnames, *word.forms):
        slipped.add(f"d:{form}")
        if len(form) >= SHORTEST_SLIP:
            slipped |= {f"{kind}:{shorter}" for shorter in deletions(form) for kind in "sd"}
    return Asked(exact, frozenset(slipped) - exact, optional=bool(word.fathers) and not word.given and not place.first)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands: first, and whether another word can only be the surname."""

    first: bool
    beside_surname: bool


def _placed(words: Sequence[Word]) -> list[tuple[Word, Place]]:
    """The words of a name but initials, each with its place."""
    whole = [word for word in words if not word.initial]
    surnames = [word for word in whole if not word.given and not word.fathers]
    return [(word, Place(at == 0, bool(surnames))) for at, word in enumerate(whole)]


def _meanings(word: Word, place: Place) -> Iterator[str]:
    if word.given:
        yield from (f"g:{key}" for key in word.given)
        return
    if word.fathers and not place.first:
        yield from (f"p:{key}" for key in word.fathers)
        if not _may_be_surname(word, place):
            return
    yield from (f"s:{stem}" for stem in word.surnames)


def _may_be_surname(word: Word, place: Place) -> bool:
    """Роман Абрамович: a surname may look like a patronymic, where no other word is the surname."""
    return word.ends_like_surname and not place.beside_surname


def _room_for_slips(word: Word, place: Place) -> Iterator[str]:
    if word.given or (word.fathers and not place.first and not _may_be_surname(word, place)):
        return
    yield from (f"n:{key}" for key in word.nearly)
    for form in (*word.surnames, *word.forms):
        if len(form) >= SHORTEST_SLIP:
            yield from (f"d:{shorter}" for shorter in deletions(form))
    yield from (f"d:{form}" for form in word.forms)
