"""Given names and what people are called by them: the table in `seeds/given_names.csv`, which people can extend."""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from cases.privacy.names.spelling import deletions, skeleton, skeletons, unfolded, words

SHORTEST_SLIP: Final = 3  # of two letters nothing is left that could tell names apart
# Pet endings that any name may take (Светуля, Максимчик), as the skeleton shows them.
PET_ENDINGS: Final = tuple(
    (
        "ocka ecka enka onka ulka iulka inka uwka ulia ula usa una uwa usk usik ecko ocko enko onko wka nka "
        "cik qik ik ko ka ok ek uk us qa han oha uha eha iaha aha on ian an"
    ).split()
)
SHORTEST_ROOT: Final = 3
OFFICIAL: Final = 2  # of the spellings of a row: the Russian, the Ukrainian
ADJECTIVE: Final = re.compile("(?:ая|яя|aia|aya|aja)$")


@dataclass(frozen=True)
class GivenNames:
    """The table of given names: keys by spelling, by skeleton, and by the root of a patronymic."""

    spelled: dict[str, frozenset[str]]
    folded: dict[str, frozenset[str]]
    fathers: dict[str, frozenset[str]]
    sexes: dict[str, str]
    letters: dict[str, frozenset[str]]
    mark: str

    def of(self, word: str) -> frozenset[str]:
        """The names a word may stand for: as it is spelled in the table, or else as it sounds."""
        if word in self.spelled:
            return self.spelled[word]
        if ADJECTIVE.search(word):  # Белая sounds like Белла and is none
            return frozenset()
        return frozenset().union(*(self.folded.get(one, frozenset()) for one in skeletons(word)))

    def nearly(self, word: str) -> frozenset[str]:
        """The names a word may have been meant for: one slip away, or a pet form that the table has not."""
        return _nearly(self.mark, word)

    @cached_property
    def slips(self) -> dict[str, frozenset[str]]:
        """Keys by every skeleton of the table with one letter missing."""
        found: dict[str, set[str]] = defaultdict(set)
        for word, keys in self.spelled.items():
            for form in {skeleton(word), unfolded(word)}:
                if len(form) >= SHORTEST_SLIP:
                    for shorter in deletions(form):
                        found[shorter] |= keys
        return _frozen(found)

    @cached_property
    def roots(self) -> dict[str, frozenset[str]]:
        """Keys by the root that pet forms are made of: sveta → svet."""
        found: dict[str, set[str]] = defaultdict(set)
        for folded, keys in self.folded.items():
            if len(root(folded)) >= SHORTEST_ROOT:
                found[root(folded)] |= keys
        return _frozen(found)


@lru_cache(maxsize=50_000)
def _nearly(_mark: str, word: str) -> frozenset[str]:
    """Kept for each table: `_mark` tells it from the one before somebody extended it."""
    table = given_names()
    found: set[str] = set()
    for folded in {*skeletons(word), unfolded(word)}:
        if len(folded) < SHORTEST_SLIP - 1:
            continue
        found |= table.slips.get(folded, frozenset())
        for shorter in deletions(folded):
            found |= table.folded.get(shorter, frozenset()) if len(shorter) >= SHORTEST_SLIP - 1 else frozenset()
            found |= table.slips.get(shorter, frozenset())
        for ending in PET_ENDINGS:
            if folded.endswith(ending):
                found |= table.roots.get(root(folded.removesuffix(ending)), frozenset())
    return frozenset(found)


def seed_file() -> Path:
    return Path(settings.BASE_DIR) / "seeds" / "given_names.csv"


def given_names() -> GivenNames:
    """The table in its file, read once."""
    return _read_in(settings.BASE_DIR)


@lru_cache(maxsize=4)
def _read_in(_base: Path) -> GivenNames:
    return _read(seed_file())


@lru_cache(maxsize=4)
def _read(path: Path) -> GivenNames:
    spelled: dict[str, set[str]] = defaultdict(set)
    folded: dict[str, set[str]] = defaultdict(set)
    fathers: dict[str, set[str]] = defaultdict(set)
    letters: dict[str, set[str]] = defaultdict(set)
    sexes: dict[str, str] = {}
    text = path.read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        key = row["key"]
        sexes[key] = row["sex"]
        for word in words(row["spellings"]):
            spelled[word].add(key)
            folded[skeleton(word)].add(key)
            letters[key].update(_first_letters(word))
        if row["sex"] == "m":
            for word in _official(words(row["spellings"])):
                fathers[root(skeleton(word))].add(key)
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]
    return GivenNames(_frozen(spelled), _frozen(folded), _frozen(fathers), sexes, _frozen(letters), mark)


def _official(spellings: list[str]) -> Iterable[str]:
    """What a patronymic is made of: the names as documents have them, which stand first, and no beginning of them."""
    for at, word in enumerate(spellings):
        if at < OFFICIAL or not any(other != word and other.startswith(word) for other in spellings):
            yield word


def _first_letters(word: str) -> Iterable[str]:
    """What an initial of this word may be written as, in the skeleton: "Ю." and "Yu." are iu, "Y." is i."""
    folded = skeleton(word)
    yield from (folded[:1], folded[:2], skeleton(word[0]) or folded[:1])


def _frozen(found: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(keys) for name, keys in found.items()}


def root(folded: str) -> str:
    """What a father's name has in common with the patronymic: nikolai and mikola → nikol, mikol."""
    return folded.rstrip("aeiou") or folded
