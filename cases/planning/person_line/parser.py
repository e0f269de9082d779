"""Reads one typed line from left to right. Every token is understood or kept; none is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable

from .builder import MOST_NAMES, Builder
from .draft import MOST_PERSONS, OLDEST, LineError, PersonDraft
from .names import looks_like_name
from .tokens import Token, tokens
from .words import COUNTING_NOUNS, NEGATIONS, NOT_NAMES, WITH, Mark, phrase_at

FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR = 1900, 2100
LONGEST_PREGNANCY = 45
WEEKS_A_MONTH = 4  # the ninth month begins no later than week 36
PARTS_OF_A_YEAR = {"months": 12, "weeks": 52, "days": 365}
ATTRIBUTES = frozenset({"mobility", "code", "codes", "pregnant", "alone", "one"})
PREGNANCY = ("беременн", "вагітн", "pregnan")
DATE = re.compile(r"(?:\d{1,2}\.){1,2}((?:19|20)\d\d)")
END = Token(",", ",")


def parse(line: str, *, this_year: int | None = None) -> tuple[PersonDraft, ...]:
    """The persons that one typed line names, in the order typed; none for an empty line.

    `this_year` lets a birth year give an age band. Raises LineError for what cannot be right: an age
    under 0 or over 120, over 50 persons, more ages than people, or nobody named at all.
    """
    return Parser(tokens(line), line, this_year).persons()


class Parser:
    def __init__(self, found: list[Token], line: str, this_year: int | None) -> None:
        self.tokens, self.line, self.this_year = found, line, this_year
        self.words = [token.word for token in found]
        self.at = 0
        self.people: list[Builder] = []
        self.group: list[Builder] = []  # whom the last head word named
        self.open = False  # a plural without a number: each further age is one person more
        self.last: Builder | None = None  # whom the next attribute is about
        self.age_first = False  # "78 ж": the head word that follows is of the same person
        self.broke = False  # a comma came since the last word
        self.kept_last = False
        self.unit_last = False
        self.pending: list[str] = []
        self.readers: dict[str, Callable[[Token, Mark], None]] = {
            "sex": self.sex,
            "role": self.role,
            "count": self.count,
            "one": self.one,
            "unit": self.unit,
            "join": self.join,
        }

    def persons(self) -> tuple[PersonDraft, ...]:
        while self.at < len(self.tokens):
            self.step()
        if self.pending:
            raise LineError("nobody", self.line.strip())
        return tuple(person.draft(self.this_year) for person in self.people)

    def peek(self, ahead: int = 1) -> Token:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def step(self) -> None:
        token, start = self.tokens[self.at], self.at
        if token.is_separator:
            self.broke, self.at = True, self.at + 1
            return
        if token.kind not in ("join", "unit"):  # these two hang on the word before
            self.kept_last = self.unit_last = False
        phrase = phrase_at(self.words, self.at)
        if phrase:
            length, mark = phrase
            self.at += length
            self.attribute(mark, [t.raw for t in self.tokens[start : self.at]])
        elif self.is_denied(token):
            self.keep(token.raw, self.peek().raw)
            self.at += 2
        elif token.number is not None:
            self.number(token)
        elif token.mark:
            self.known(token, token.mark)
        else:
            self.unknown(token)
        self.broke = False

    def is_denied(self, token: Token) -> bool:
        """ "Не лежачий", "одна с мамой": the word would be understood, and wrongly."""
        if token.word in NEGATIONS:
            return self.peek().kind in ATTRIBUTES
        return token.kind in ("alone", "one") and self.peek().word in WITH

    def known(self, token: Token, mark: Mark) -> None:
        before = self.at
        reader = self.readers.get(mark.kind)
        if reader:
            reader(token, mark)
        else:
            self.attribute(mark, [token.raw])
        self.at = max(self.at, before + 1)

    # who

    def begin(self, count: int, like: Mark | None = None, word: str = "") -> None:
        """Start `count` persons, as the head word describes them."""
        if len(self.people) + count > MOST_PERSONS:
            raise LineError("too_many", self.line.strip())
        like = like or Mark("role")
        self.group = [Builder(role=word, sex=like.value, band=like.band, codes=set(like.codes)) for _ in range(count)]
        self.people.extend(self.group)
        self.last = self.group[0]
        self.open = False
        self.last.rest.extend(self.pending)
        self.pending = []

    def single(self) -> Builder | None:
        return self.group[0] if len(self.group) == 1 and not self.open else None

    def current(self) -> Builder:
        if self.last is None:
            self.begin(1)
        assert self.last is not None
        return self.last

    def sex(self, token: Token, mark: Mark) -> None:
        person, followed = self.single(), self.peek().number is not None and not self.age_first
        self.age_first = False
        if person is None and self.group and not (followed and all(p.has_age for p in self.group)):
            person = self.current()
        taken = person is None or person.sex_typed or person.sex not in ("", mark.value)
        if taken or (followed and person is not None and person.has_age):
            self.begin(1)
            person = self.current()
        assert person is not None
        person.sex, person.sex_typed = mark.value, True

    def role(self, token: Token, mark: Mark) -> None:
        if mark.plural:
            if mark.band or mark.value:
                self.begin(1, mark, token.raw)
                self.open = True
            else:
                self.keep(token.raw)
            return
        person = self.single()
        fits = person is not None and self.fits(person, mark)
        self.age_first = False
        if person is None or self.broke or person.role or not fits:
            self.begin(1, mark, token.raw)
            return
        person.role, person.band = token.raw, mark.band or person.band
        person.sex = person.sex or mark.value
        person.codes |= mark.codes

    def fits(self, person: Builder, mark: Mark) -> bool:
        """Whether a noun says more of the person at hand ("ж бабушка") or names the next one."""
        if person.sex and mark.value and person.sex != mark.value:
            return False
        grandparent = "ER" in mark.codes and (person.age or 0) > 60 and self.peek().number is None
        return not person.has_age or not person.is_named or self.age_first or grandparent

    def count(self, token: Token, mark: Mark) -> None:
        self.several(int(mark.value), self.peek())

    def several(self, count: int, noun: Token) -> None:
        if count < 1:
            raise LineError("count", f"{self.tokens[self.at].raw} {noun.raw}".strip(" ,"))
        if noun.mark and noun.kind == "role":
            neutral = noun.word in COUNTING_NOUNS and count > 1
            self.begin(count, Mark("role") if neutral else noun.mark, noun.raw)
            self.at += 2
        else:
            self.begin(count)
            self.at += 1

    def one(self, token: Token, mark: Mark) -> None:
        if self.peek().kind == "role":
            self.several(1, self.peek())
        else:
            feminine = Mark("one", band="f") if token.word == "одна" else mark
            self.attribute(feminine, [token.raw])

    # what

    def attribute(self, mark: Mark, words: list[str]) -> None:
        person = self.current()
        if self.broke and mark.kind == "mobility" and person.mobility and self.single():
            self.begin(1)
        everybody = mark.plural and len(self.group) > 1
        for builder in self.group if everybody else [self.current()]:
            builder.take(mark, words)

    def number(self, token: Token) -> None:
        value, after = token.number or 0.0, self.peek()
        if value < 0:
            raise LineError("age", token.raw)
        if after.kind == "role" and after.mark and self.is_count(value, after):
            self.several(int(value), after)
        elif after.kind == "sex" and self.numbers_from(2) == value and value > 1:
            self.begin(int(value), Mark("role", after.mark.value if after.mark else ""))
            self.at += 2
        elif after.kind in ("role", "sex") and not self.lacks_age():
            self.begin(1)
            self.age(value, token)
            self.age_first = True
        elif after.kind == "unit" and after.mark:
            self.measured(value, after.mark.value, token)
        else:
            self.bare(value, token)

    def is_count(self, value: float, noun: Token) -> bool:
        assert noun.mark is not None
        return value == int(value) and (noun.mark.plural or value == 1 or noun.word in COUNTING_NOUNS)

    def numbers_from(self, ahead: int) -> int:
        count = 0
        while self.peek(ahead + count).number is not None:
            count += 1
        return count

    def lacks_age(self) -> bool:
        if self.open:
            return True
        return any(p.has_head and not p.has_age for p in self.group) and not self.broke

    def measured(self, value: float, unit: str, token: Token) -> None:
        """A number with its unit: a birth year, a week of pregnancy, or an age."""
        person = self.last
        pregnant = self.peek(2).word.startswith(PREGNANCY) or (person is not None and person.pregnant)
        self.at += 1
        if unit == "born":
            self.born(value, token)
        elif pregnant and unit in ("weeks", "months"):
            self.pregnancy(value * (WEEKS_A_MONTH if unit == "months" else 1), token)
            if self.peek(0).word.startswith(PREGNANCY):
                self.at += 1
        else:
            self.age(value / PARTS_OF_A_YEAR.get(unit, 1), token)
        self.unit_last = True

    def bare(self, value: float, token: Token) -> None:
        person = self.last
        if value >= FIRST_BIRTH_YEAR and value == int(value):
            self.born(value, token)
        elif person and person.pregnant and person.has_age and person.week is None:
            self.pregnancy(value, token)
        else:
            self.age(value, token)

    def pregnancy(self, value: float, token: Token) -> None:
        if not 1 <= value <= LONGEST_PREGNANCY:
            raise LineError("pregnancy_week", token.raw)
        self.current().take(Mark("pregnant"), [])
        self.current().week = int(value)
        self.at += 1

    def born(self, value: float, token: Token) -> None:
        latest = LAST_BIRTH_YEAR if self.this_year is None else self.this_year
        if not FIRST_BIRTH_YEAR <= value <= latest or value != int(value):
            raise LineError("birth_year", token.raw)
        person = self.unaged()
        if person is None:
            self.keep(token.raw)
        else:
            person.birth_year = int(value)
        self.at += 1

    def age(self, years: float, token: Token) -> None:
        if years > OLDEST:
            raise LineError("age", token.raw)
        person = self.unaged()
        if person:
            person.age = years
        elif len(self.group) > 1:
            raise LineError("too_many_ages", token.raw)
        else:
            self.keep(token.raw)
        self.at += 1

    def unaged(self) -> Builder | None:
        """Whom the next age belongs to: the first of the group without one, or one more of an open group."""
        self.current()
        person = next((p for p in self.group if not p.has_age), None)
        if person is None and self.open:
            first, group = self.group[0], self.group
            self.begin(1, Mark("role", first.sex, first.band, codes=frozenset(first.codes)), first.role)
            self.group, self.open = [*group, self.group[0]], True
            person = self.group[-1]
        self.last = person or self.last
        return person

    def unit(self, token: Token, mark: Mark) -> None:
        if not self.unit_last:  # "года рождения", "years old" say nothing more; a lone "года" is kept
            self.keep(token.raw)

    def join(self, token: Token, mark: Mark) -> None:
        if self.kept_last:
            self.keep(token.raw)

    # words not in the table

    def unknown(self, token: Token) -> None:
        names = self.name_run()
        date = DATE.fullmatch(token.word)
        if names:
            self.named(names)
            self.at += len(names)
            return
        if date and int(date.group(1)) <= (self.this_year or LAST_BIRTH_YEAR):
            person = self.unaged()
            if person:
                person.birth_year = int(date.group(1))
        self.keep(token.raw)
        self.at += 1

    def name_run(self) -> list[str]:
        run: list[str] = []
        for token in self.tokens[self.at : self.at + MOST_NAMES]:
            name = token.raw.strip('.:!?()[]«»"…')
            if token.mark or token.word in NOT_NAMES or token.number is not None or not looks_like_name(name):
                break
            run.append(name)
        return run

    def named(self, names: list[str]) -> None:
        after = self.peek(len(names))
        follows = after.number is not None or after.kind in ("sex", "role")
        person = next((p for p in self.group if not p.names), None) if len(self.group) > 1 else self.single()
        if person is None or person.names or (person.has_age and follows):
            self.begin(1)
            person = self.current()
        person.names.extend(names)
        self.last = person

    def keep(self, *words: str) -> None:
        (self.last.rest if self.last else self.pending).extend(words)
        self.kept_last = True
