"""The people of a merge: who is one with whom, and what hangs on them."""

from collections.abc import Collection
from typing import Final

from cases.domain import naming
from cases.domain.intake.wishes import PLACE_FOR
from cases.domain.merging.journal import Journal
from cases.enums import (
    LIVE_SEAT,
    FitToTravel,
    Mobility,
)
from cases.models import (
    Caller,
    Consent,
    Household,
    Observation,
    Person,
    PersonLink,
    Release,
    Seat,
    SpecificNeed,
    Traveller,
)

DEPENDENT: Final = ("", *Mobility.values)  # from the least to the most that somebody is dependent


def persons_step(
    journal: Journal, kept: Household, duplicate: Household, pairs: Collection[tuple[Person, Person]]
) -> None:
    for stays, goes in pairs:
        _person(journal, stays, goes)
    journal.point(Person.objects.filter(household=duplicate, merged_into__isnull=True), "household", kept)


def _person(journal: Journal, stays: Person, goes: Person) -> None:
    """One person: what hangs on the pointer goes over. A decision, proposed or made, is history and stays."""
    rows = journal.point
    rows(Consent.objects.filter(person=goes), "person", stays, unless=["household", "purpose", "partner_kind"])
    rows(Observation.objects.filter(person=goes), "person", stays)
    rows(Caller.objects.filter(person=goes), "person", stays)
    rows(Traveller.objects.filter(person=goes), "person", stays, unless=["request"])
    rows(Seat.objects.filter(person=goes), "person", stays)
    rows(Release.objects.filter(minor=goes), "minor", stays)
    rows(SpecificNeed.objects.filter(person=goes), "person", stays, unless=["code"])
    rows(Person.objects.filter(guardian=goes).exclude(pk=stays.pk), "guardian", stays)
    rows(Person.objects.filter(merged_into=goes), "merged_into", stays)
    rows(PersonLink.objects.filter(sought=goes).exclude(found=stays), "sought", stays, unless=["found"])
    rows(PersonLink.objects.filter(found=goes).exclude(sought=stays), "found", stays, unless=["sought"])
    unknown = stays.fit_to_travel == FitToTravel.UNKNOWN
    journal.set(
        stays,
        sex=stays.sex or goes.sex,
        age_band=stays.age_band or goes.age_band,
        age_years=stays.age_years if stays.age_years is not None else goes.age_years,
        mobility=max(stays.mobility, goes.mobility, key=DEPENDENT.index),
        pregnancy_week=stays.pregnancy_week if stays.pregnancy_week is not None else goes.pregnancy_week,
        fit_to_travel=goes.fit_to_travel if unknown else stays.fit_to_travel,
        guardian_id=stays.guardian_id or (goes.guardian_id if goes.guardian_id != stays.pk else None),
    )
    journal.set(goes, merged_into_id=stays.pk)
    journal.copy(stays, goes, *naming.PARTS, "birth")
    naming.named_again_step([stays])
    _place_they_need(journal, stays)


def _place_they_need(journal: Journal, person: Person) -> None:
    """Who cannot sit or walk needs another kind of place, in every request that holds none for them yet."""
    kind = PLACE_FOR.get(person.mobility)
    if kind is None:
        return
    waiting = Traveller.objects.select_for_update(no_key=True).filter(person=person).order_by("pk")
    for traveller in waiting.exclude(places__status__in=LIVE_SEAT):
        journal.set(traveller, kind=kind)
