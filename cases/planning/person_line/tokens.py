"""A typed line cut into tokens, each with its own spelling and the form it is looked up by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .words import Mark, mark_of, normal

DECIMAL_COMMA = re.compile(r"(?<!\d)(\d{1,2}),(\d)(?=\s*(?:год|лет|рок|р\b|мес|міс|y|mo))", re.IGNORECASE)
PIECE = re.compile(r"[,;\n]|[^\s,;]+")
NUMBER = re.compile(r"[-−]?\d+(?:\.\d+)?")
GLUED = re.compile(r"(\d+(?:\.\d+)?)-?([^\W\d_][^\d]*)")
COUNT_ENDINGS = frozenset({"х", "ох", "е", "є", "ро", "их", "м", "ми"})
AGE_STEMS = ("летн", "річн", "year-old", "yearold")
SEPARATORS = frozenset(",;\n")


@dataclass(frozen=True)
class Token:
    """`raw` as typed; `word` as looked up; `number` when it is one; `mark` when it is known."""

    raw: str
    word: str
    number: float | None = None
    mark: Mark | None = None

    @property
    def is_separator(self) -> bool:
        return self.raw in SEPARATORS

    @property
    def kind(self) -> str:
        return self.mark.kind if self.mark else ""


def tokens(line: str) -> list[Token]:
    """The tokens of a line. "78ж", "4міс" and "16-річна" are cut in two; a phone number stays whole."""
    found: list[Token] = []
    for piece in PIECE.findall(DECIMAL_COMMA.sub(r"\1.\2", line)):
        found.extend(_cut(piece))
    return found


def _cut(piece: str) -> list[Token]:
    word = normal(piece)
    mark = mark_of(word)
    if mark and mark.kind == "number":
        return [Token(piece, word, float(mark.value))]
    if NUMBER.fullmatch(word):
        return [_number(piece, word)]
    glued = GLUED.fullmatch(word)
    if mark is None and glued:
        digits, suffix = glued.groups()
        if suffix.startswith(AGE_STEMS):
            return [_number(digits, digits), Token(suffix, "years", mark=mark_of("years"))]
        suffix_mark = mark_of(suffix)
        if suffix_mark and suffix_mark.kind in ("unit", "sex"):
            return [_number(digits, digits), Token(suffix, suffix, mark=suffix_mark)]
        if suffix in COUNT_ENDINGS and "-" in word:
            return [_number(piece, digits)]
    return [Token(piece, word, mark=mark)]


def _number(raw: str, digits: str) -> Token:
    # Five digits and more are a phone or a house: kept as words, never counted.
    whole = digits.lstrip("-−").partition(".")[0]
    return Token(raw, digits, float(digits.replace("−", "-")) if len(whole) < 5 else None)
