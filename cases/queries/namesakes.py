"""People and callers of a name, found by keyed digests, opened in memory, and told apart by how well they fit.

The database holds no name: it gives whoever shares enough digests with what was typed, one letter off included, and
the few of them are decrypted and weighed here. Nothing of what is decrypted leaves this module but its weight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from cases.actors import System
from cases.disclosure import reveal
from cases.enums import Why
from cases.models import Caller, IndexToken, Person, Tie
from cases.planning.matching import Profile
from cases.planning.matching.likeness import likeness
from cases.privacy import blind, names
from cases.privacy.names import Asked

NAME, CALLED = "name", "alias"  # kinds of index tokens: of a person, of a caller
MOST_KEYS: Final = 200
MOST_HOUSEHOLDS: Final = 2_000
MOST_OPENED: Final = 24  # of one search, people and callers each
MOST_OPENED_BY_YEAR: Final = 60  # a year of birth tells many namesakes apart
MATCHING: Final = System("matching")
TABLE: Final = IndexToken._meta.db_table


@dataclass(frozen=True, slots=True)
class Fits:
    """A subject that fits what was typed, and how well; above zero, comparable within one search."""

    row: Person | Caller
    weight: float


Words = list[list[int]]  # for each word that is asked for, the digests by which it is met


def keys_of(ways: Sequence[tuple[Asked, ...]], limit: int = MOST_KEYS) -> list[tuple[int, str]]:
    """(data key, kind) of who is found: met in every word, met without a slip, the others; in each the latest first.

    Written as SQL: this statement is most of what a search costs, and making it by the ORM took longer than running it.
    """
    if not ways:
        return []
    whole, exact, slipped = (
        _any([words for way in ways for words in read(way)]) for read in (_whole, _exact, _slipped)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT data_key_id, kind FROM {TABLE} WHERE {slipped[0]}"  # noqa: S608 - only placeholders are put in
            f" ORDER BY CASE WHEN {whole[0]} THEN 0 WHEN {exact[0]} THEN 1 ELSE 2 END, data_key_id DESC LIMIT %s",
            [*slipped[1], *whole[1], *exact[1], limit],
        )
        return list(cursor.fetchall())


def _any(asked: list[Words]) -> tuple[str, Words]:
    """A condition that one of these is met in all its words, with its parameters."""
    every = ("(" + " AND ".join(["digests && %s::bigint[]"] * len(words)) + ")" for words in asked)
    return "(" + " OR ".join(every) + ")", [digests for words in asked for digests in words]


def _whole(way: tuple[Asked, ...]) -> list[Words]:
    """Every word without a slip, the father's name too."""
    return [[blind.shorts(NAME, word.exact) for word in way]]


def _exact(way: tuple[Asked, ...]) -> list[Words]:
    return _enough([blind.shorts(NAME, word.exact) for word in _needed(way)])


def _slipped(way: tuple[Asked, ...]) -> list[Words]:
    return _enough([blind.shorts(NAME, word.exact | word.slipped) for word in _needed(way)])


def _needed(way: tuple[Asked, ...]) -> list[Asked]:
    return [word for word in way if not word.optional] or list(way)


def _enough(words: Words) -> list[Words]:
    """Every word; of three or more all but one."""
    return [list(some) for some in combinations(words, len(words) if len(words) < 3 else len(words) - 1)]


def fitting(typed: Profile, people: QuerySet[Person], callers: QuerySet[Caller]) -> list[Fits]:
    """Who of these people and callers fits the typed name, one letter off included, the best first.

    Two statements and a line of disclosure for each kind that is found; nothing when no name was typed.
    """
    found = keys_of(names.asked(typed.name))
    most = MOST_OPENED_BY_YEAR if typed.born[0] else MOST_OPENED
    fits: list[Fits] = []
    for rows, kind, fields in ((people, NAME, PARTS), (callers, CALLED, ("alias",))):
        keys = [key for key, of in found if of == kind]
        if keys:
            opened = open_names(_best(rows, keys, most), fields)
            fits += [Fits(row, weight) for row in opened if (weight := likeness(typed, profile_of(row))) > 0]
    return sorted(fits, key=lambda one: (-one.weight, -one.row.pk))


def _best(rows: QuerySet[Any], keys: list[int], most: int) -> list[Any]:
    """Those of these rows that the first of the keys belong to, with their data keys; the others are not fetched."""
    place = {key: at for at, key in enumerate(keys)}
    some = rows.filter(data_key__in=keys, data_key__destroyed_at__isnull=True)
    if len(keys) > most:
        there = sorted(some.values_list("data_key", flat=True), key=lambda key: place[key])
        some = rows.filter(data_key__in=there[:most])
    return sorted(some.select_related("data_key"), key=lambda row: place[row.data_key_id])


PARTS: Final = ("surname", "given_name", "patronymic", "latin_name", "birth")


def open_names(rows: list[Any], fields: Iterable[str]) -> Sequence[Any]:
    """Decrypt names for the machine's own comparing, which is on record as the machine's."""
    return reveal(rows, by=MATCHING, why=Why.MATCH, fields=fields)


def profile_of(row: Person | Caller) -> Profile:
    """An opened row as it is compared: the name as it was said, the birth where it is known."""
    if isinstance(row, Caller):
        return Profile.read(name=str(row.alias or ""))
    said = " ".join(str(part) for name in PARTS[:3] if (part := getattr(row, name)))
    return Profile.read(name=said or str(row.latin_name or ""), sex=row.sex, birth=str(row.birth or ""))


def between_them(typed: str) -> list[int]:
    """The households whose people and callers have between them every word of what was typed, exactly.

    Two statements a word, and none for less than two words; of very many households, some.
    """
    way = next(iter(names.asked(typed)), ())
    words = sorted((word for word in way if not word.optional), key=lambda word: any(t[0] == "g" for t in word.exact))
    if len(words) < 2:
        return []
    found = _households_of(words[0], None)
    for word in words[1:]:
        found = _households_of(word, found) if found else found
    return sorted(found, reverse=True)


def _households_of(word: Asked, within: set[int] | None) -> set[int]:
    digests = blind.shorts(NAME, word.exact)
    people = Person.objects.filter(data_key__tokens__digests__overlap=digests)
    ties = Tie.objects.filter(caller__data_key__tokens__digests__overlap=digests)
    if within is not None:
        people, ties = people.filter(household__in=within), ties.filter(household__in=within)
    return {pk for rows in (people, ties) for pk in rows.values_list("household", flat=True)[:MOST_HOUSEHOLDS]}
