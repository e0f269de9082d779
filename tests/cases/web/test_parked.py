"""The page of a corridor that stands still says where its people could go instead."""

import pytest
from django.urls import reverse

from cases.domain import evacuation
from cases.enums import Role
from cases.models import User
from cases.queries import evacuation as read
from cast import hire
from factories import a_place
from ways_out import a_family, a_way, fresh, on, planners, seats, tie

pytestmark = pytest.mark.django_db(transaction=True)

# Session, reader and posts, bar; the corridor with its windows; the parked, what they need, and what is free elsewhere.
STATEMENTS = 28


@pytest.fixture
def both(cast):
    return planners()


def sign_in(client, who):
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    return client


def stopped(both, *families):
    """A corridor on which these have places, standing still."""
    convoy = a_way(both.dmytro, seats=20)
    for family in families:
        evacuation.hold(family, by=both.dmytro)
    return evacuation.suspend(convoy.window.corridor, reason="unsafe", by=both.dmytro)


def page_of(corridor):
    return reverse("evacuation-corridor", args=[corridor.pk])


def where(corridor, by):
    return [(one.people, one.to) for one in read.parked(corridor, by=by).parties]


def test_each_other_place_is_offered_once_the_most_urgent_first(both):
    routine, urgent = a_family(), a_family(priority="P2")
    corridor = stopped(both, routine, urgent)
    other = a_way(both.dmytro, hours=60, seats=3)

    found = read.parked(corridor, by=both.dmytro)

    assert [(one.requests, one.to) for one in found.parties] == [([fresh(urgent)], other.pk), ([fresh(routine)], 0)]
    assert (found.households, found.placed) == (2, 1)


def test_who_travels_together_goes_together_or_stays(both):
    one, two = a_family(), a_family()
    tie(one, two)
    corridor = stopped(both, one)
    a_way(both.dmytro, hours=60, seats=3)
    assert where(corridor, both.dmytro) == [(4, 0)]
    roomy = a_way(both.dmytro, hours=70, seats=4)
    assert where(corridor, both.dmytro) == [(4, roomy.pk)]


def test_the_button_holds_there_and_lets_the_parked_places_go(both, client):
    family = a_family()
    corridor = stopped(both, family)
    other = a_way(both.dmytro, hours=60)
    sign_in(client, both.dmytro)
    page = client.get(page_of(corridor)).content.decode()
    assert f'action="{reverse("evacuation-move", args=[family.pk])}"' in page
    assert f"{other.window.corridor.name}</td>" in page and seats(family) == ["parked"] * 2

    client.post(reverse("evacuation-move", args=[family.pk]), {"to": other.pk}, HTTP_REFERER=page_of(corridor))

    assert (seats(family), on(family)) == (["released"] * 2 + ["held"] * 2, {other.pk})
    assert read.parked(corridor, by=both.dmytro).parties == []


def test_no_other_place_is_said_and_nothing_is_given_up(both, client):
    family = a_family()
    corridor = stopped(both, family)
    sign_in(client, both.dmytro)
    page = client.get(page_of(corridor)).content.decode()
    assert "No other place now" in page and "Hold there" not in page
    assert seats(family) == ["parked"] * 2


def test_who_moves_nobody_reads_where_and_has_no_button(cast, both, client):
    corridor = stopped(both, a_family())
    a_way(both.dmytro, hours=60)
    sign_in(client, cast.taras)
    page = client.get(page_of(corridor)).content.decode()
    assert "Could go" in page and "Hold there" not in page


def test_households_of_another_area_have_no_line(both):
    corridor = stopped(both, a_family())
    elsewhere = hire("sofia", Role.DISPATCHER, area=a_place("Sumy"))
    assert read.parked(corridor, by=elsewhere).parties == []


def test_parked_people_are_in_the_plan_for_all(both):
    family = a_family()
    corridor = stopped(both, family)
    other = a_way(both.dmytro, hours=60)

    planned = read.propose(both.dmytro).planned

    assert [(one.request, one.convoy) for one in planned] == [(family.pk, other.pk)]
    assert corridor.status == "suspended"


def test_the_page_costs_the_same_with_one_household_and_with_three(both, client, django_assert_num_queries):
    a_way(both.dmytro, hours=60)
    sign_in(client, both.dmytro)
    for count in (1, 3):
        corridor = stopped(both, *(a_family() for _ in range(count)))
        client.get(page_of(corridor))
        with django_assert_num_queries(STATEMENTS):
            client.get(page_of(corridor))
