"""The household a call opened, and the people in it."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.domain import keys, naming
from cases.domain.intake.facts import Intake
from cases.enums import CROWDS, Group, Presence
from cases.errors import Invalid
from cases.models import DataKey, Household, Person, Place, SpecificNeed
from cases.planning.person_line import PersonDraft
from cases.queries.codes import Protected

PROTECTED_SPECIFIC: Final = "PROTECTED"
# Of a site where more want to leave, it is said on the page of the case how many travel, and in which groups.
MOST_LEAVING: Final = 200
PERSON_FIELDS: Final = (
    "surname given_name patronymic birth sex age_years age_band mobility pregnancy_week presence".split()
)


def household_of(facts: Intake) -> Household:
    (key,) = keys.fresh()
    if facts.settlement is not None and not Place.objects.filter(pk=facts.settlement).exists():
        raise Invalid(_("Choose the settlement from the list."), field="settlement")
    low, high = facts.headcount or (len(facts.people) or None, len(facts.people) or None)
    return Household.objects.create(
        data_key=key,
        kind=facts.group if facts.group != Group.UNKNOWN or not facts.people else Group.FAMILY,
        settlement_id=facts.settlement,
        address=facts.address or None,
        headcount_low=low,
        headcount_high=high,
        in_cellar=facts.in_cellar,
        cannot_reach_point=facts.cannot_reach_point,
    )


def protect(household: Household, facts: Intake, hidden: Protected) -> None:
    """A protected fact makes the household the protection officer's; no later step lifts that."""
    told = bool(
        hidden.observations & set(facts.observations)
        or hidden.needs & {wish.code for wish in facts.needs}
        or any(hidden.specific & person.specific for person in facts.people)
    )
    if told and not household.protected:
        household.protected = True
        household.save(update_fields=["protected"])


def people_of(household: Household, facts: Intake, protected: Collection[str]) -> list[Person]:
    """Persons as told, and nameless ones up to a known headcount of a family, or of a site that wants to leave."""
    drafts = list(facts.people)
    low, high = facts.headcount or (0, 0)
    leaving = facts.evacuation is not None and high <= MOST_LEAVING
    if low == high and (household.kind not in CROWDS or leaving):
        drafts += [PersonDraft()] * max(0, high - len(drafts))
    if not drafts:
        return []
    made = Person.objects.bulk_create(
        _person(household, draft, key, missing=place in facts.missing)
        for place, (draft, key) in enumerate(zip(drafts, keys.fresh(len(drafts)), strict=True))
    )
    SpecificNeed.objects.bulk_create(
        _specific(person, code, code in protected)
        for person, draft in zip(made, drafts, strict=True)
        for code in sorted(draft.specific)
    )
    naming.index_step((person.data_key_id, naming.said_of(person)) for person in made)
    return made


def settle_household(household: Household, facts: Intake) -> None:
    """What kind of household it is and where it shelters, as the same call says it now."""
    known = facts.group if facts.group != Group.UNKNOWN else Group.FAMILY if facts.people else household.kind
    household.kind = known
    household.in_cellar, household.cannot_reach_point = facts.in_cellar, facts.cannot_reach_point
    if facts.headcount is None and facts.people:
        household.headcount_low = household.headcount_high = len(facts.people)
    household.save(update_fields=["kind", "in_cellar", "cannot_reach_point", "headcount_low", "headcount_high"])


def people_again(
    household: Household, facts: Intake, protected: Collection[str], known: list[int]
) -> tuple[list[Person], list[int]]:
    """Persons that this same call named before are brought to what is typed now, in their order; more are added.

    One that was taken back points to the first that stands, as a duplicate does: it counts nowhere any more. One that
    a colleague found to be somebody known already stays as it is, and the known one stands for it. Returns who they
    are, and the keys by which the call remembers them.
    """
    if not known:
        made = people_of(household, facts, protected)
        return made, [person.pk for person in made]
    rows = Person.objects.select_related("data_key", "household").select_for_update(no_key=True, of=("self",))
    before = rows.in_bulk(known)
    known = [pk for pk in known if pk in before and _was_here(before[pk], household)]
    own = [_own(before[pk], household) for pk in known]
    for place, (person, draft) in enumerate(zip(own, facts.people, strict=False)):
        if person is not None:
            _again(person, draft, protected, missing=place in facts.missing)
    named = len(facts.people)
    kept = [person for person in own[:named] if person is not None]
    if kept:
        _take_back([person for person in own[named:] if person is not None], kept)
    rest = replace(
        facts,
        people=facts.people[len(own) :],
        missing=frozenset(place - len(own) for place in facts.missing if place >= len(own)),
        headcount=_still_nameless(facts, len(own)),
    )
    more = people_of(household, rest, protected)
    stand_in = Person.objects.in_bulk([row.merged_into_id for row in before.values() if row.merged_into_id])
    there = [person or stand_in.get(before[pk].merged_into_id or 0) for pk, person in zip(known, own, strict=True)]
    standing = [person for person in (there[:named] if kept else there) if person is not None]
    return standing + more, known[: named if kept else None] + [person.pk for person in more]


def _was_here(person: Person, household: Household) -> bool:
    """Of this household, found to be somebody of it, or parted from it; who is of another family is named anew."""
    merged = person.merged_into
    stands_here = merged is not None and merged.household_id == household.pk
    return person.household_id == household.pk or stands_here or person.household.split_from_id == household.pk


def _own(person: Person, household: Household) -> Person | None:
    """A person this call may still write to: in this household, and standing or taken back by this call itself."""
    if person.household_id != household.pk:
        return None
    merged = person.merged_into
    return person if merged is None or merged.household_id == household.pk else None


def _take_back(gone: list[Person], kept: list[Person]) -> None:
    for person in gone:
        person.merged_into = kept[0]
        person.save(update_fields=["merged_into"])
    taken_back = dict.fromkeys((person.data_key_id for person in gone), "")
    naming.again_step({person.data_key_id: naming.said_of(person) for person in kept} | taken_back)


def _still_nameless(facts: Intake, standing: int) -> tuple[int, int] | None:
    if facts.headcount is None or facts.headcount[0] != facts.headcount[1]:
        return None
    left = facts.headcount[0] - standing
    return (left, left) if left > 0 else None


def _again(person: Person, draft: PersonDraft, protected: Collection[str], *, missing: bool) -> None:
    fresh = _person(person.household, draft, person.data_key, missing=missing)
    for name in PERSON_FIELDS:
        setattr(person, name, fresh.__dict__[name])
    person.merged_into = None
    person.save(update_fields=[*PERSON_FIELDS, "merged_into"])
    SpecificNeed.objects.filter(person=person).delete()
    SpecificNeed.objects.bulk_create(_specific(person, code, code in protected) for code in sorted(draft.specific))


def _person(household: Household, draft: PersonDraft, key: DataKey, *, missing: bool) -> Person:
    return Person(
        household=household,
        data_key=key,
        surname=draft.surname or None,
        given_name=draft.given or None,
        patronymic=draft.patronymic or None,
        birth=str(draft.birth_year) if draft.birth_year else None,
        sex=draft.sex,
        age_years=_age(draft),
        age_band=draft.age_band,
        mobility=draft.mobility,
        pregnancy_week=draft.pregnancy_week,
        presence=Presence.MISSING if missing else Presence.WITH_HOUSEHOLD,
    )


def _age(draft: PersonDraft) -> int | None:
    if draft.age_years is not None:
        return int(draft.age_years)
    return timezone.localdate().year - draft.birth_year if draft.birth_year else None


def _specific(person: Person, code: str, protected: bool) -> SpecificNeed:
    return SpecificNeed(
        data_key=person.data_key,
        person=person,
        code_id=PROTECTED_SPECIFIC if protected else code,
        detail=code if protected else None,
    )
