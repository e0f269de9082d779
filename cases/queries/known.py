"""Who of the people that are being typed may be known already, under another reference; masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from cases.actors import Staff
from cases.enums import ABSENT, Role
from cases.models import ContactPoint, Person, Place, Tie
from cases.planning import matching
from cases.planning.matching import Match, Profile
from cases.planning.person_line import PersonDraft
from cases.queries import matching as pairs
from cases.queries import namesakes, search

MOST_TYPED: Final = 6
MOST_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Known:
    """A case whose people may be those being typed, and what speaks for it."""

    case: search.Found
    evidence: list[str]


def of_typed(
    people: Sequence[PersonDraft],
    *,
    contact: ContactPoint | None,
    settlement: int | None,
    by: Staff,
    apart_from: Sequence[int] = (),
) -> list[Known]:
    """The cases this actor may see whose people may be these, the likeliest first; what is shown is on record.

    Whoever is registered with this number has a card already, and is not shown again; a protected household is shown
    to the protection officer alone. `apart_from` are households that are not meant.
    """
    profiles = _profiles(people, contact, settlement)
    if not profiles:
        return []
    # Who is sought is shown to nobody who types a name: it may be the person who was found.
    elsewhere = pairs.people().exclude(household__in=list(apart_from)).exclude(presence__in=ABSENT)
    if Role.PROTECTION not in by.roles:
        elsewhere = elsewhere.filter(household__protected=False)
    if contact is not None:
        tied = Tie.objects.filter(caller__reaches__contact=contact)
        elsewhere = elsewhere.exclude(household__in=tied.values("household"))
    best = _best(profiles, elsewhere)
    cases = search.of_households(best, by=by)
    ranked = sorted((pk for pk in best if pk in cases), key=lambda pk: -best[pk].score)[:MOST_SHOWN]
    return [Known(cases[pk], matching.in_words(best[pk].evidence)) for pk in ranked]


def _best(profiles: Sequence[Profile], elsewhere: QuerySet[Person]) -> dict[int, Match]:
    """Household → the likeliest pair between it and those typed."""
    wanted = [(profile, pairs.asked_for(profile, elsewhere)) for profile in profiles]
    keys = {pk for _profile, found in wanted for pk in found}
    rows = {row.pk: row for row in namesakes.open_names(list(elsewhere.filter(pk__in=keys)), namesakes.PARTS)}
    theirs = pairs.profiles_of(list(rows.values()))
    best: dict[int, Match] = {}
    for profile, found in wanted:
        for pk in found:
            match = matching.compare(profile, theirs[pk])
            household = rows[pk].household_id
            if pairs.worth_a_look(match) and (household not in best or match.score > best[household].score):
                best[household] = match
    return best


def _profiles(people: Sequence[PersonDraft], contact: ContactPoint | None, settlement: int | None) -> list[Profile]:
    """Those with two names at least, as they are compared."""
    place = Place.objects.filter(pk=settlement).first() if settlement is not None else None
    named = [draft for draft in people if draft.surname and draft.given][:MOST_TYPED]
    year = timezone.localdate().year
    return [
        Profile(
            name=" ".join(filter(None, (draft.surname, draft.given, draft.patronymic))),
            sex=draft.sex or "",
            **matching.reckoned(str(draft.birth_year or ""), draft.age_years, year),
            phones=frozenset({pairs.number_of(contact.pk)}) if contact is not None else frozenset(),
            places=pairs.places_of(place),
            kin=tuple(other.given for other in people if other is not draft and other.given),
        )
        for draft in named
    ]
