"""The page of a plan: who opens it, what it says, and that nothing is applied but what it showed."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from cases.domain import evacuation
from cases.models import User
from cases.web import evacuation_plan
from ways_out import a_family, a_way, on, planners, seats, tie

pytestmark = pytest.mark.django_db(transaction=True)

PLAN = reverse("evacuation-plan")
# With the session, the reader and their posts, presence and alarms of the bar.
PLAN_STATEMENTS = 22
OLD = "This plan is older than 15 minutes or not as it was shown. Here is a new one."


@pytest.fixture
def both(cast):
    return planners()


def sign_in(client, who):
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    return client


def shown(client) -> str:
    """What the button of the page would send."""
    return re.search(r'name="plan" value="([^"]+)"', client.get(PLAN).content.decode())[1]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("who", ["olena", "taras", "field_team", "auditor", "medic", "outsider", "guest"])
def test_plans_are_for_who_may_move_people(cast, both, client, who):
    a_way(both.dmytro)
    family = a_family()
    signed = evacuation_plan.signed([], both.dmytro)
    sign_in(client, getattr(cast, who))
    assert client.get(PLAN).status_code == client.post(PLAN, {"plan": signed}).status_code == 403
    assert seats(family) == []


def test_the_board_leads_there_whoever_may_move_people(cast, both, client):
    sign_in(client, both.dmytro)
    assert PLAN in client.get(reverse("evacuation")).content.decode()
    sign_in(client, cast.taras)
    assert PLAN not in client.get(reverse("evacuation")).content.decode()


def test_a_plan_is_shown_by_reference_and_changes_nothing(both, client):
    a_way(both.dmytro, seats=2)
    first, late = a_family(priority="P2"), a_family()
    sign_in(client, both.dmytro)
    page = client.get(PLAN).content.decode()
    assert "+1 household, 0 moved, 1 not seated" in page
    assert first.case.spoken in page and late.case.spoken in page
    assert "The seats went to people who are more urgent or have waited longer." in page
    assert seats(first) == []


def test_where_nothing_would_change_there_is_no_button(both, client):
    sign_in(client, both.dmytro)
    assert 'name="plan"' not in client.get(PLAN).content.decode()


def test_what_was_shown_is_applied_and_what_changed_meanwhile_is_told(cast, both, client):
    convoy = a_way(both.dmytro)
    family, changed = a_family(), a_family()
    sign_in(client, both.dmytro)
    signed = shown(client)
    later = a_family(priority="P1")
    evacuation.redirect(changed, direction="russia", by=cast.olena)

    page = client.post(PLAN, {"plan": signed})

    assert page.status_code == 200
    assert page.context["counts"] == {"seated": 1, "moved": 0, "left": 1}
    assert (on(family), on(changed), on(later)) == ({convoy.pk}, set(), set())
    text = page.content.decode()
    assert family.case.spoken in text
    assert [(row.pk, why[:36]) for row, why in page.context["left"]] == [
        (changed.pk, "They are not as the plan found them:")
    ]
    again = client.post(PLAN, {"plan": signed})
    assert again.context["counts"]["seated"] == 0 and family.case.spoken in again.content.decode()


@pytest.mark.parametrize("change", ["tampered", "old", "of somebody else", "unsigned", "of another page", "nothing"])
def test_a_plan_that_was_not_shown_so_is_not_applied(both, client, change, monkeypatch):
    a_way(both.dmytro)
    family = a_family()
    sign_in(client, both.dmytro)
    signed = shown(client)
    if change == "tampered":
        signed = ("x" if signed[0] != "x" else "y") + signed[1:]
    elif change == "old":
        then = (timezone.now() + timedelta(minutes=15, seconds=2)).timestamp()
        monkeypatch.setattr(signing.time, "time", lambda: then)
    elif change == "of somebody else":
        sign_in(client, both.daria)
    elif change == "unsigned":
        signed = signed.split(":")[0]
    elif change == "of another page":
        signed = signing.dumps(signing.loads(signed, salt=evacuation_plan.SALT), salt="another")
    sent = {} if change == "nothing" else {"plan": signed}
    page = client.post(PLAN, sent)
    monkeypatch.undo()
    assert page.status_code == 302 and page.headers["Location"] == PLAN
    assert said(client.get(PLAN)) == [OLD]
    assert seats(family) == []


def test_a_plan_costs_the_same_with_one_household_and_with_three(cast, both, client, django_assert_num_queries):
    a_way(both.dmytro)
    sign_in(client, both.dmytro)
    for number in (1, 2, 3):
        a_family()
        a_family(direction="russia")
        if number == 2:
            tie(a_family(), a_family())
            continue
        client.get(PLAN)
        with django_assert_num_queries(PLAN_STATEMENTS):
            client.get(PLAN)
