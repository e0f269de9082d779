"""The same shortage of many households as one need of the place."""

import pytest

from cases.domain import follow_up, site_needs
from cases.enums import NeedStatus
from cases.errors import Forbidden, IllegalMove, Invalid
from cases.models import Case, Household, Need, NeedType, Place, SiteNeed
from families import called
from together import together

pytestmark = pytest.mark.django_db(transaction=True)


def sudzha() -> Place:
    return Place.objects.get(kind="settlement", name_en="Sudzha")


def water() -> NeedType:
    return NeedType.objects.get(code="WATER")


def thirsty(cast, count: int) -> list[Case]:
    return [called(cast.olena, f"ж {30 + n}") for n in range(count)]


def statuses(cases: list[Case]) -> list[str]:
    return list(Need.objects.filter(case__in=cases).order_by("case").values_list("status", flat=True))


def test_four_households_keep_their_own_needs(cast):
    cases = thirsty(cast, 4)
    with pytest.raises(site_needs.TooFew):
        site_needs.gather(sudzha(), water(), by=cast.taras)
    assert statuses(cases) == ["open"] * 4
    assert not SiteNeed.objects.exists()


def test_five_become_one_and_who_calls_later_is_added(cast):
    cases = thirsty(cast, 5)
    called(cast.olena, "ж 50", settlement="Rylsk")
    called(cast.olena, "ж 51", needs=("FOOD",))
    site = site_needs.gather(sudzha(), water(), by=cast.taras)
    assert set(site.needs.values_list("case", flat=True)) == {case.pk for case in cases}
    assert statuses(cases) == ["planned"] * 5
    later = called(cast.olena, "ж 52")
    assert site_needs.gather(sudzha(), water(), by=cast.taras) == site
    assert site.needs.filter(case=later).exists()


def test_a_protected_household_is_never_in_it(cast):
    cases = thirsty(cast, 6)
    Household.objects.filter(pk=cases[0].household_id).update(protected=True)
    site = site_needs.gather(sudzha(), water(), by=cast.taras)
    assert cases[0].pk not in site.needs.values_list("case", flat=True)


def test_it_ends_for_all_of_them_and_their_classes_follow(cast):
    cases = thirsty(cast, 5)
    assert {case.priority for case in cases} == {"P2"}
    site = site_needs.gather(sudzha(), water(), by=cast.taras)
    site_needs.finish(site, to=NeedStatus.MET, by=cast.taras)
    assert site_needs.finish(site, to=NeedStatus.MET, by=cast.taras).ended_as == "met"
    assert statuses(cases) == ["met"] * 5
    assert set(Case.objects.filter(pk__in=[case.pk for case in cases]).values_list("priority", flat=True)) == {"P4"}


def test_what_ended_alone_before_stays_as_it_ended(cast):
    cases = thirsty(cast, 5)
    site = site_needs.gather(sudzha(), water(), by=cast.taras)
    follow_up.end_need(cases[0].needs.get(), to=NeedStatus.MET, by=cast.taras)
    site_needs.finish(site, to=NeedStatus.UNMET, reason="no_access", by=cast.taras)
    assert statuses(cases) == ["met", *["unmet"] * 4]
    assert set(Need.objects.filter(status="unmet").values_list("reason", flat=True)) == {"no_access"}


def test_unmet_needs_its_reason_and_an_end_must_be_one(cast):
    thirsty(cast, 5)
    site = site_needs.gather(sudzha(), water(), by=cast.taras)
    with pytest.raises(Invalid):
        site_needs.finish(site, to=NeedStatus.UNMET, reason="because", by=cast.taras)
    with pytest.raises(IllegalMove):
        site_needs.finish(site, to=NeedStatus.OPEN, by=cast.taras)
    assert SiteNeed.objects.get().ended_at is None


def test_operators_gather_nothing_and_who_works_elsewhere_sees_too_few(cast):
    thirsty(cast, 5)
    with pytest.raises(Forbidden):
        site_needs.gather(sudzha(), water(), by=cast.olena)
    with pytest.raises(site_needs.TooFew):
        site_needs.gather(sudzha(), water(), by=cast.outsider)


def test_two_who_gather_at_once_make_one(cast):
    cases = thirsty(cast, 6)
    found = together(2, lambda n: site_needs.gather(sudzha(), water(), by=(cast.taras, cast.iryna)[n]))
    assert {site.pk for site in found} == {SiteNeed.objects.get().pk}
    assert statuses(cases) == ["planned"] * 6
