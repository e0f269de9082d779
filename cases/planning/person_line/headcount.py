"""Headcounts: "нас 11", "site 200", "около 200", "100-150": how many people, as a range."""

from __future__ import annotations

import math
import re

from .draft import LineError
from .words import COLLECTIVE, NUMBERS, normal, vocabulary

MOST = 5000  # above this a caller means a town, and a coordinator types it into the case
APPROXIMATE = 0.10  # "about 200" is 180 to 220: the rounding people do when they guess a crowd
OVER = 0.20  # "more than 50" is 50 to 60
TENS = {
    "одиннадцать": 11, "одинадцять": 11, "eleven": 11, "двенадцать": 12, "дванадцять": 12, "twelve": 12,
    "тринадцать": 13, "тринадцять": 13, "четырнадцать": 14, "чотирнадцять": 14, "пятнадцать": 15,
    "п'ятнадцять": 15, "шестнадцать": 16, "шістнадцять": 16, "семнадцать": 17, "сімнадцять": 17,
    "восемнадцать": 18, "вісімнадцять": 18, "девятнадцать": 19, "дев'ятнадцять": 19,
    "двадцать": 20, "двадцять": 20, "twenty": 20, "тридцать": 30, "тридцять": 30, "thirty": 30,
    "сорок": 40, "forty": 40, "пятьдесят": 50, "п'ятдесят": 50, "fifty": 50, "шестьдесят": 60,
    "шістдесят": 60, "sixty": 60, "семьдесят": 70, "сімдесят": 70, "восемьдесят": 80, "вісімдесят": 80,
    "девяносто": 90, "дев'яносто": 90, "сто": 100, "сотня": 100, "двести": 200, "двісті": 200,
    "триста": 300, "четыреста": 400, "чотириста": 400, "пятьсот": 500, "п'ятсот": 500,
}  # fmt: skip
SPELT = {**NUMBERS, **COLLECTIVE, **TENS}
ABOUT = vocabulary(
    "около примерно приблизительно где-то порядка близько приблизно десь біля about around roughly approx "
    "approximately ~ ≈"
)
ABOVE = frozenset({"больше", "более", "свыше", "понад", "більше", "over", "above"})
UP_TO = frozenset({"до"})
PEOPLE = vocabulary(
    "человек людей люди чел человека осіб люда чоловік особи people persons site нас всего всього разом "
    "вместе total headcount group група группа"
)
FILLERS = vocabulary("тут там мы ми we are us of there")
RANGE = re.compile(r"(\d+)\s*[-–—]\s*(\d+)")
FROM_TO = re.compile(r"(?:от|від|from|between)\s+(\d+)\s+(?:до|to|and)\s+(\d+)")


def parse_headcount(line: str) -> tuple[int, int] | None:
    """The least and the most people a line speaks of, or None when it is not about a headcount.

    "11" → (11, 11), "100-150" → (100, 150), "около 200" → (180, 220), "до 50" → (1, 50), "понад 50" →
    (50, 60). "ж 78" and "2 дети 5 9" are persons, not a headcount. Raises LineError("headcount") for
    more than 5,000.
    """
    words = _digits([normal(word) for word in re.sub(r"([~≈])", r" \1 ", line.replace(",", " , ")).split()])
    text = " ".join(words)
    between = FROM_TO.search(text) or RANGE.search(text)
    if between and (between.group() == text or PEOPLE.intersection(words)):
        low, high = sorted((int(between.group(1)), int(between.group(2))))
        return _bounded(low, high, line)
    at = _number_at(words)
    return None if at is None else _bounded(*_spread(int(words[at]), words[:at]), line)


def _digits(words: list[str]) -> list[str]:
    """Spelt numbers as digits, "сто пятьдесят" summed to one."""
    result: list[str] = []
    open_sum = False
    for word in words:
        if word not in SPELT:
            result.append(word)
        elif open_sum and int(result[-1]) % 10 == 0:
            result[-1] = str(int(result[-1]) + SPELT[word])
        else:
            result.append(str(SPELT[word]))
        open_sum = word in SPELT
    return result


def _number_at(words: list[str]) -> int | None:
    """Where the number of people stands: alone on the line, or beside a word for people."""
    numbers = [at for at, word in enumerate(words) if word.isascii() and word.isdigit() and len(word) < 9]
    hints = PEOPLE | ABOUT | ABOVE | UP_TO
    if len(words) == len(numbers) == 1:
        return 0
    for at in numbers:
        before = [word for word in words[:at] if word not in FILLERS][-1:]
        if hints.intersection(before) or PEOPLE.intersection(words[at + 1 : at + 2]):
            return at
    return None


def _spread(count: int, before: list[str]) -> tuple[int, int]:
    said = set(before[-2:])
    if said & ABOUT:
        return math.floor(count * (1 - APPROXIMATE)), math.ceil(count * (1 + APPROXIMATE) - 1e-9)
    if said & ABOVE:
        return count, math.ceil(count * (1 + OVER) - 1e-9)
    return (1, count) if said & UP_TO else (count, count)


def _bounded(low: int, high: int, line: str) -> tuple[int, int] | None:
    if high > MOST:
        raise LineError("headcount", line.strip())
    return (max(low, 1), high) if high > 0 else None
