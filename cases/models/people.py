"""Households, the people in them, and who is sought."""

from django.db import models
from django.db.models import F, Q

from cases.enums import AgeBand, FitToTravel, Group, Mobility, Presence, Sex
from cases.models.base import AreaRows, Reference, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField


class HouseholdRows(AreaRows):
    settlement = "settlement"


class Household(Sealing):
    """Who lives, shelters or travels together. May be empty: an anonymous call about a shell in a yard."""

    kind = text_choice(Group, default=Group.UNKNOWN)
    settlement = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")
    address = SealedTextField(null=True, max_text=500)
    position = SealedTextField(null=True, max_text=60)
    headcount_low = models.PositiveIntegerField(null=True)
    headcount_high = models.PositiveIntegerField(null=True)
    in_cellar = models.BooleanField(default=False)
    cannot_reach_point = models.BooleanField(default=False)
    protected = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    split_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parted")

    objects = HouseholdRows.as_manager()

    class Meta:
        constraints = [
            one_of("kind", Group, "household_kind_known"),
            models.CheckConstraint(
                condition=Q(headcount_low__isnull=True, headcount_high__isnull=True)
                | Q(headcount_low__lte=F("headcount_high")),
                name="household_headcount_is_a_range",
            ),
            models.CheckConstraint(
                condition=Q(headcount_high__isnull=True) | Q(headcount_high__lte=20_000),
                name="household_headcount_sane",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="household_not_into_itself"
            ),
        ]


class PersonRows(AreaRows):
    settlement = "household__settlement"


class Person(Sealing):
    """Somebody, perhaps nameless so far. A known headcount makes nameless persons, a range stays a range."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="people")
    surname = SealedTextField(null=True, max_text=200)
    given_name = SealedTextField(null=True, max_text=200)
    patronymic = SealedTextField(null=True, max_text=200)
    latin_name = SealedTextField(null=True, max_text=300)
    birth = SealedTextField(null=True, max_text=10)
    sex = text_choice(Sex, max_length=1, blank=True, default="")
    age_band = text_choice(AgeBand, blank=True, default="")
    age_years = models.PositiveSmallIntegerField(null=True)
    mobility = text_choice(Mobility, blank=True, default="")
    fit_to_travel = text_choice(FitToTravel, default=FitToTravel.UNKNOWN)
    presence = text_choice(Presence, default=Presence.WITH_HOUSEHOLD)
    on_site = models.BooleanField(default=True)
    pregnancy_week = models.PositiveSmallIntegerField(null=True)
    guardian = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="wards")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")

    objects = PersonRows.as_manager()

    class Meta:
        constraints = [
            one_of("sex", Sex, "person_sex_known", blank=True),
            one_of("age_band", AgeBand, "person_age_band_known", blank=True),
            one_of("mobility", Mobility, "person_mobility_known", blank=True),
            one_of("fit_to_travel", FitToTravel, "person_fit_known"),
            one_of("presence", Presence, "person_presence_known"),
            models.CheckConstraint(condition=Q(age_years__isnull=True) | Q(age_years__lte=120), name="person_age_sane"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="person_not_into_themselves"
            ),
        ]

    @property
    def is_minor(self) -> bool:
        return self.age_band in {"0-1", "1-4", "5-11", "12-17", "child"}


class SpecificNeedCode(Reference):
    """UNHCR's specific-needs codes; `revision` because they are being revised."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    revision = models.CharField(max_length=20, default="1")
    protected = models.BooleanField(default=False)


class SpecificNeed(Sealing):
    """A person's specific need. A protected one has the code "PROTECTED" and says which in its sealed `detail`."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="specific_needs")
    code = models.ForeignKey(SpecificNeedCode, to_field="code", on_delete=models.PROTECT, db_column="code")
    detail = SealedTextField(null=True, max_text=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "code"], name="specific_need_once")]
