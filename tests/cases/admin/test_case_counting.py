"""The page of a case of a cellar: how many travel is said there, and in which groups."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cases.domain.intake import EvacuationFacts
from cases.enums import LIVE_EVACUATION, Group
from cases.models import Case, User
from cases.queries import seating
from families import called

pytestmark = pytest.mark.django_db
MANY, GROUP = "How many travel…", "A group goes by itself…"
TOGETHER = "The group goes with the others again"


def door_of(who):
    client = Client()
    client.force_login(User.objects.get(pk=who.user_id))
    return client


def page(who, case):
    return door_of(who).get(f"/admin/cases/case/{case.pk}/change/").content.decode()


def press(who, case, step, **given):
    answer = door_of(who).post(f"/admin/cases/case/{case.pk}/{step}/", given, follow=True)
    return answer.content.decode()


@pytest.fixture
def site(cast):
    wanted = EvacuationFacts(direction="ukraine")
    return called(cast.olena, group=Group.SITE, headcount=(80, 120), evacuation=wanted)


def many(case):
    return seating.going(case.evacuations.filter(status__in=LIVE_EVACUATION).values("pk")).count()


def test_how_many_travel_is_put_on_record_and_shown_as_a_number(cast, site):
    before = page(cast.taras, site)
    assert MANY in before and GROUP not in before and "Nobody by themselves yet" in before

    said = press(cast.taras, site, "count", wish=site.evacuations.get().pk, seats="60", wheelchairs="2")

    assert many(site) == 62
    assert "60 × Seat, 2 × Wheelchair place" in said
    assert "60 people of whom nothing is known yet" in said
    assert MANY in said and GROUP in said and 'value="60"' in said


def test_what_is_no_number_is_asked_back_and_nothing_changes(cast, site):
    wish = site.evacuations.get().pk
    assert "Write how many people, in digits" in press(cast.taras, site, "count", wish=wish, seats="many")
    assert "at most 500 in one party" in press(cast.taras, site, "count", wish=wish, seats="501")
    assert "Nobody is recorded who travels" in press(cast.taras, site, "count", wish=wish)
    assert many(site) == 0


def test_a_group_gets_a_case_from_the_page(cast, site):
    press(cast.taras, site, "count", wish=site.evacuations.get().pk, seats="60")

    said = press(cast.taras, site, "group", of="60", seats="25")

    other = Case.objects.exclude(pk=site.pk).get()
    assert (many(site), many(other)) == (35, 25)
    assert "A group of this site got a case of its own" in said and other.spoken in said
    assert "Opened for a group of a site" in page(cast.taras, other)
    assert "has changed meanwhile" in press(cast.taras, site, "group", of="60", seats="25")
    assert many(site) == 35


def test_a_family_whose_people_are_known_is_asked_neither(cast):
    wanted = EvacuationFacts(direction="ukraine")
    family = called(cast.olena, "Ткач Ольга ж 34", "Ткач Олег м 40", evacuation=wanted)
    shown = page(cast.taras, family)
    assert MANY not in shown and GROUP not in shown


def test_three_hundred_people_cost_the_page_no_statement_more_than_three(cast, site):
    client, address = door_of(cast.taras), f"/admin/cases/case/{site.pk}/change/"

    def statements(many):
        press(cast.taras, site, "count", wish=site.evacuations.get().pk, seats=many)
        client.get(address)  # messages are said once
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    assert statements("300") == statements("3")


def test_a_group_made_by_mistake_goes_with_the_others_again_from_its_page(cast, site):
    press(cast.taras, site, "count", wish=site.evacuations.get().pk, seats="60")
    press(cast.taras, site, "group", of="60", seats="25")
    other = Case.objects.exclude(pk=site.pk).get()
    assert TOGETHER in page(cast.taras, other) and TOGETHER not in page(cast.taras, site)

    for _ in range(2):  # pressed twice, it is done once
        assert "They go together again" in press(cast.taras, other, "go_together")
        assert many(site) == 60
    assert TOGETHER not in page(cast.taras, other)
