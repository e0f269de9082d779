"""The household a call opened, and the people in it."""

from collections.abc import Collection
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.domain import keys
from cases.domain.intake.facts import Intake
from cases.enums import Group, Presence
from cases.errors import Invalid
from cases.models import DataKey, Household, Person, Place, SpecificNeed
from cases.planning.person_line import PersonDraft
from cases.queries.codes import Protected

PROTECTED_SPECIFIC: Final = "PROTECTED"


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
    """Persons as told, and nameless ones up to a known headcount of a family; a site needs no names."""
    drafts = list(facts.people)
    if (
        facts.headcount
        and facts.headcount[0] == facts.headcount[1]
        and household.kind
        in (
            Group.FAMILY,
            Group.TRAVELLING,
            Group.UNKNOWN,
        )
    ):
        drafts += [PersonDraft()] * max(0, facts.headcount[1] - len(drafts))
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
    return made


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
