"""Every list of the rooms costs the same at one row and at three."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.domain import notifications
from cases.models import ApiKey, Disclosure, Event, Partner, Post, User

pytestmark = pytest.mark.django_db

# The statements of each list: session, user with posts, the rows, their capped count, and what a filter offers.
COSTS = {"user": 5, "post": 5, "partner": 5, "apikey": 6, "event": 5, "disclosure": 4, "message": 5}
WHO = {"event": "auditor", "disclosure": "auditor", "message": "taras"}


def add(kind, number):
    """One more row of this list."""
    if kind == "user":
        User.objects.create_user(username=f"u{number}", name="U")
    elif kind == "post":
        Post.objects.create(user=User.objects.create_user(username=f"u{number}", name="U"), role="operator")
    elif kind == "partner":
        Partner.objects.create(name=f"P{number}", kind="relief")
    elif kind == "apikey":
        partner = Partner.objects.create(name=f"P{number}", kind="relief")
        ends = timezone.now() + timedelta(days=1)
        ApiKey.objects.create(partner=partner, prefix=f"p{number}", digest="-", expires_at=ends)
    elif kind == "event":
        Event.objects.create(verb="x", actor="staff:1", subject="case")
    elif kind == "disclosure":
        Disclosure.objects.create(actor="staff:1", why="audit", table="t", rows=[], fields=[])
    elif kind == "message":
        user = User.objects.create_user(username=f"u{number}", name="U")
        notifications.to_staff("case_assigned", user, key=f"k{number}", ref="1", priority="P1", path="/")


@pytest.mark.parametrize("kind", COSTS)
def test_a_list_costs_the_same_at_one_and_at_three(cast, client, kind):
    who = getattr(cast, WHO.get(kind, "administrator"))
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    seen = []
    for rows in (1, 3):
        for number in range(rows):
            add(kind, f"{rows}{number}")
        with CaptureQueriesContext(connection) as statements:
            assert client.get(f"/admin/cases/{kind}/").status_code == 200
        seen.append(len(statements))
    assert seen == [COSTS[kind]] * 2
