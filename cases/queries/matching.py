"""Who elsewhere may be the same person: found by keyed digests and by shared numbers, opened in memory, compared.

The machine opens them for itself, on record as the machine; nothing of what it reads leaves here but verdicts.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from cases.models import Household, Person, Place, Reach, Tie
from cases.planning import matching, placenames
from cases.planning.matching import Match, Profile, Verdict
from cases.privacy import names
from cases.queries import namesakes

MOST_EACH: Final = 40
MOST_SHARING: Final = 200  # one number of a whole cellar is no evidence of anybody
AGREEING: Final = frozenset({"same", "near", "part"})
BESIDE_NAMES: Final = frozenset({"patronymic", "birth", "phone", "settlement"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person of ours and one elsewhere who may be the same."""

    person: Person
    other: Person
    match: Match


def worth_a_look(match: Match) -> bool:
    """Something beside the names agrees: namesakes alone would fill the queue of whoever decides."""
    if match.verdict is Verdict.DIFFERENT:
        return False
    return any(name == "kin" or (name in BESIDE_NAMES and level in AGREEING) for name, level in match.evidence)


def candidates_of(household: Household) -> list[Candidate]:
    """Who elsewhere may be one of these people, each pair once; a constant number of statements a person."""
    ours = _opened(people().filter(household=household))
    profiles = profiles_of(ours)
    named = [person for person in ours if profiles[person.pk].name]
    if not named:
        return []
    elsewhere = people().exclude(household=household).exclude(household__split_from=household)
    if household.split_from_id is not None:
        elsewhere = elsewhere.exclude(household=household.split_from_id)
    sharing = _sharing_a_number(household)
    wanted = {person.pk: asked_for(profiles[person.pk], elsewhere, sharing) for person in named}
    others = {row.pk: row for row in _opened(elsewhere.filter(pk__in={pk for keys in wanted.values() for pk in keys}))}
    theirs = profiles_of(list(others.values()))
    found = [
        Candidate(person, others[pk], matching.compare(profiles[person.pk], theirs[pk]))
        for person in named
        for pk in wanted[person.pk]
        if pk in others and theirs[pk].name
    ]
    return [candidate for candidate in found if candidate.match.verdict is not Verdict.DIFFERENT]


def people() -> QuerySet[Person]:
    """People who stand for themselves, in households that do, whose data was not erased."""
    rows = Person.objects.filter(
        merged_into__isnull=True, household__merged_into__isnull=True, data_key__destroyed_at__isnull=True
    )
    return rows.select_related("data_key", "household__settlement")


def asked_for(profile: Profile, elsewhere: QuerySet[Person], sharing: Iterable[int] = ()) -> list[int]:
    """The persons elsewhere to compare with: of this name, one letter off included, or behind the same number."""
    ways = [way for way in names.asked(profile.name) if len(way) > 1]  # a given name alone says nothing
    keys = [key for key, kind in namesakes.keys_of(ways) if kind == namesakes.NAME]
    of_the_name = elsewhere.filter(data_key__in=keys).order_by("-pk").values_list("pk", flat=True)[:MOST_EACH]
    behind = elsewhere.filter(household__in=list(sharing)).order_by("-pk").values_list("pk", flat=True)[:MOST_EACH]
    return list(dict.fromkeys((*(of_the_name if keys else ()), *behind)))


def _sharing_a_number(household: Household) -> list[int]:
    """The other households that a number of this one is registered with."""
    numbers = Reach.objects.filter(caller__ties__household=household).values("contact")
    others = Tie.objects.filter(caller__reaches__contact__in=numbers).exclude(household=household)
    return list(others.order_by("-household").values_list("household", flat=True).distinct()[:MOST_SHARING])


def _opened(rows: QuerySet[Person]) -> list[Person]:
    return list(namesakes.open_names(list(rows), namesakes.PARTS))


def profiles_of(rows: Sequence[Person]) -> dict[int, Profile]:
    """Opened persons as they are compared: with the household's numbers, settlement, and who else is in it."""
    households = {row.household_id for row in rows}
    numbers: dict[int, set[str]] = defaultdict(set)
    for household, contact in Tie.objects.filter(household__in=households).values_list(
        "household", "caller__reaches__contact"
    ):
        if contact is not None:
            numbers[household].add(number_of(contact))
    kin: dict[int, dict[int, str]] = defaultdict(dict)
    for row in rows:
        kin[row.household_id][row.pk] = str(row.given_name or "")
    return {
        row.pk: Profile(
            name=namesakes.profile_of(row).name,
            sex=row.sex,
            **matching.reckoned(str(row.birth or ""), row.age_years, row.created_at.year),
            phones=frozenset(numbers[row.household_id]),
            places=places_of(row.household.settlement),
            kin=tuple(name for pk, name in kin[row.household_id].items() if pk != row.pk and name),
        )
        for row in rows
    }


def number_of(contact: int) -> str:
    """A contact as it is compared: equal or not, and never nearly."""
    return hashlib.sha256(str(contact).encode()).hexdigest()


def places_of(place: Place | None) -> frozenset[str]:
    return (
        frozenset(placenames.fold(name) for name in (place.name_en, place.name_uk, place.name_ru))
        if place
        else frozenset()
    )
