"""Which other cases stand on the page of one, why, and whom a protected one is hidden from."""

import pytest
from django.urls import reverse

from cases.domain import assignment, follow_up, merging
from cases.models import Case, EvacuationRequest, Household, Tie, TravelTie, User
from cases.queries.related import related
from families import called

pytestmark = pytest.mark.django_db(transaction=True)


def whys(case: Case, by) -> dict[str, str]:
    return {row.case.ref: str(row.why) for row in related(case, by=by)}


def test_a_case_by_itself_has_no_relatives(cast):
    called(cast.olena, "ж 41")
    assert whys(called(cast.olena, "ж 40"), cast.taras) == {}


def test_the_same_caller_about_another_household(cast):
    one, other = called(cast.olena, "ж 40"), called(cast.olena, "ж 41")
    tie = Tie.objects.get(household=one.household)
    Tie.objects.create(caller=tie.caller, household=other.household, relation="neighbour")
    assert whys(one, cast.taras) == {other.ref: "the same person called about them"}
    assert whys(other, cast.taras) == {one.ref: "the same person called about them"}


def test_an_earlier_case_of_the_household_comes_after_the_open_ones(cast):
    earlier = called(cast.olena, "ж 40", number="+79150000001")
    assignment.claim(earlier, by=cast.taras)
    follow_up.start(earlier, by=cast.taras)
    follow_up.end_need(earlier.needs.get(), to="met", by=cast.taras)
    follow_up.resolve(earlier, by=cast.taras)
    follow_up.close(earlier, reason="helped", by=cast.taras)
    now = called(cast.olena, "ж 40", number="+79150000002")
    Case.objects.filter(pk=now.pk).update(household=earlier.household)
    now.refresh_from_db()
    assert whys(now, cast.taras) == {earlier.ref: "an earlier case of the same household"}


def test_who_wants_to_travel_together_says_so_before_anything_else(cast):
    one, other = (called(cast.olena, "ж 40") for _ in range(2))
    ours, theirs = (
        EvacuationRequest.objects.create(case=case, waiting_since=case.opened_at, data_key=case.household.data_key)
        for case in (one, other)
    )
    TravelTie.objects.create(first=ours, second=theirs)
    tie = Tie.objects.get(household=one.household)
    Tie.objects.create(caller=tie.caller, household=other.household, relation="neighbour")
    assert whys(one, cast.taras) == {other.ref: "want to travel together"}
    assert whys(other, cast.taras) == {one.ref: "want to travel together"}


def test_a_protected_household_is_found_by_nobody_but_the_protection_officer(cast):
    case = called(cast.olena, "м 40", "ж 38", "дитина 4")
    away = merging.split(case.household, people=[case.household.people.order_by("pk")[1].pk], by=cast.protection)
    Household.objects.filter(pk=away.household_id).update(protected=True)
    assert whys(case, cast.taras) == {}
    assert whys(case, cast.protection) == {away.ref: "were one household before"}
    assert whys(away, cast.protection) == {case.ref: "were one household before"}


def test_the_page_names_them_by_reference_alone(cast, client):
    one, other = called(cast.olena, "ж 40"), called(cast.olena, "Петренко Анна ж 58")
    tie = Tie.objects.get(household=one.household)
    Tie.objects.create(caller=tie.caller, household=other.household, relation="neighbour")
    client.force_login(User.objects.get(pk=cast.taras.user_id))
    page = client.get(reverse("admin:cases_case_change", args=[one.pk])).content.decode()
    assert other.spoken in page and "Петренко" not in page
