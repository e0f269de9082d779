"""Settlements in the order in which they are likely meant by what was typed so far."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from .spelling import fold, stem, stems

EN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
RU = "ёйцукенгшщзхъфывапролджэячсмитьбю"
UK = "'йцукенгшщзхїфівапролджєячсмитьбю"
LAYOUTS = (
    str.maketrans(EN, RU),
    str.maketrans(EN, UK),
    str.maketrans(RU, EN),
    str.maketrans(UK, EN),
)

# What a name typed on the wrong layout would not hold once the layout is put right.
STRAY = re.compile(r"[^\w\s'’-]")

EXACT, JOINED, SAME_STEM = 1.0, 0.98, 0.96
PREFIX, WORDS_BEGUN, WORD_BEGUN, NAMED_AMONG = 0.80, 0.74, 0.66, 0.70
SLIPPED, SLIPPED_PREFIX, LIKELY = 0.64, 0.50, 0.60
ONE_SLIP_FROM, TWO_SLIPS_FROM = 5, 8  # letters
SLIP_COST, WRONG_LAYOUT_COST, WORTH_SHOWING = 0.08, 0.05, 0.3


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling of a settlement or of a query, prepared for comparing."""

    folded: str
    joined: str
    stemmed: str
    words: tuple[str, ...]
    word_stems: frozenset[str]
    letters: int


@lru_cache(maxsize=200_000)
def prepared(text: str) -> Name:
    folded = fold(text)
    stemmed = stem(folded)
    return Name(
        folded=folded,
        joined=folded.replace(" ", ""),
        stemmed=stemmed,
        words=tuple(folded.split()),
        word_stems=frozenset(stemmed.split()),
        letters=_letters(folded) | _letters(stemmed),
    )


def _letters(text: str) -> int:
    """The set of letters as bits; digits share a few of them, which only weakens a filter."""
    bits = 0
    for letter in text:
        if letter != " ":
            bits |= 1 << (ord(letter) & 31)
    return bits


@dataclass(frozen=True, slots=True)
class Query:
    name: Name
    stems: tuple[str, ...]
    starts: tuple[str, ...]
    letters: int  # of the stems' common part: what the name must have, but for the slips allowed
    slips: int
    cost: float


def rank(query: str, candidates: Iterable[tuple[int, Iterable[str]]], limit: int) -> list[tuple[int, float]]:
    """The ids of the likeliest candidates with a score from 0.3 to 1, best first, at most `limit`.

    A candidate counts by its best name. Namesakes tie and come in the order of their ids.
    Tolerates one slip from 5 letters and two from 8, and a wrong keyboard layout.
    """
    if limit < 1:
        return []
    known = [(key, [prepared(name) for name in names]) for key, names in candidates]
    best: dict[int, float] = {}
    for reading in readings(query):
        for key, names in known:
            score = max((_score(reading, name) for name in names if _may_be(reading, name)), default=0.0)
            score = round(score - reading.cost, 4)
            if score >= WORTH_SHOWING and score > best.get(key, 0.0):
                best[key] = score
        if best and max(best.values()) >= LIKELY:
            break  # read as typed it makes sense: no need to suppose a wrong keyboard
    return heapq.nsmallest(limit, best.items(), key=lambda pair: (-pair[1], pair[0]))


def readings(query: str) -> tuple[Query, ...]:
    """The query as typed, and as it would read had the keyboard been switched."""
    typed = query.strip().lower()
    switched = [typed.translate(table) for table in LAYOUTS]
    texts = [(typed, 0.0)] + [(text, WRONG_LAYOUT_COST) for text in switched if not STRAY.search(text)]
    found: dict[str, Query] = {}
    for text, cost in texts:
        name = prepared(text)
        if name.folded and name.folded not in found:
            found[name.folded] = _query(name, cost)
    return tuple(found.values())


def _query(name: Name, cost: float) -> Query:
    starts = tuple(stem(word) for word in name.words)
    forms = stems(name.folded)
    size = len(name.joined)
    slips = (size >= ONE_SLIP_FROM) + (size >= TWO_SLIPS_FROM)
    return Query(name, forms, starts, _letters(min(forms, key=len)), slips, cost)


def _may_be(query: Query, name: Name) -> bool:
    """A cheap necessary condition: each letter that only the query has needs a slip of its own."""
    if (query.letters & ~name.letters).bit_count() <= query.slips:
        return True
    return len(query.name.words) > 1 and name.word_stems <= query.name.word_stems


def _score(query: Query, name: Name) -> float:
    asked = query.name
    if asked.folded == name.folded:
        return EXACT
    if asked.joined == name.joined:
        return JOINED
    if name.stemmed in query.stems:
        return SAME_STEM
    share = min(len(asked.joined) / max(len(name.joined), 1), 1.0)
    if name.folded.startswith(asked.folded) or name.stemmed.startswith(query.stems):
        return PREFIX + 0.1 * share
    if len(asked.words) > 1 and _begins_words(query.starts, name.words):
        return WORDS_BEGUN + 0.05 * share
    if name.word_stems and name.word_stems <= asked.word_stems:
        return NAMED_AMONG + 0.005 * min(len(name.joined), 20)
    if any(word.startswith((asked.folded, query.stems[0])) for word in name.words[1:]):
        return WORD_BEGUN + 0.05 * share
    return _slipped(query, name)


def _begins_words(starts: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether each typed word begins a word of the name, in any order."""
    return len(starts) <= len(words) and all(any(w.startswith(start) for w in words) for start in starts)


def _slipped(query: Query, name: Name) -> float:
    """By how few slips the query could be this name, or the beginning of it."""
    asked = query.name
    allowed = query.slips
    if not allowed:
        return 0.0
    longer = len(name.folded) - len(asked.folded)
    if abs(longer) <= allowed:
        slips = distance(asked.folded, name.folded, allowed)
        if slips <= allowed:
            return SLIPPED - SLIP_COST * (slips - 1)
    if abs(len(name.stemmed) - len(query.stems[0])) <= allowed and len(query.stems[0]) >= ONE_SLIP_FROM - 1:
        slips = distance(query.stems[0], name.stemmed, allowed)
        if slips <= allowed:
            return SLIPPED - 0.02 - SLIP_COST * (slips - 1)
    if longer > 0 and distance(asked.folded, name.folded[: len(asked.folded)], 1) <= 1:
        return SLIPPED_PREFIX
    return 0.0


def distance(one: str, other: str, most: int) -> int:
    """Slips between two words (letter added, lost, changed, or two swapped), or `most` + 1 if more.

    Optimal string alignment, only in the band of width `most`, given up as soon as it is passed.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i] + [most + 1] * len(other)
        for j in range(max(1, i - most), min(len(other), i + most) + 1):
            changed = last[j - 1] + (letter != other[j - 1])
            row[j] = min(changed, last[j] + 1, row[j - 1] + 1)
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other[j - 1]:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)
