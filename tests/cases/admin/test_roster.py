"""The roster's page: hours planned and taken back, absence, one's cases handed over."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.domain import assignment
from cases.models import Absence, Post, Shift, User
from families import called
from rounds import owner

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "admin:cases_shift_changelist"


@pytest.fixture
def room(client, cast):
    """A signed-in browser for whoever is named."""

    def sign_in(staff):
        client.force_login(User.objects.get(pk=staff.user_id))
        return client

    return sign_in


def hours(start: float, end: float) -> dict[str, str]:
    now = timezone.localtime()
    at = [now + timedelta(hours=start), now + timedelta(hours=end)]
    return {"starts_at": f"{at[0]:%Y-%m-%dT%H:%M}", "ends_at": f"{at[1]:%Y-%m-%dT%H:%M}"}


def test_hours_are_planned_and_taken_out_again(room, cast):
    browser = room(cast.taras)
    typed = {"user": cast.iryna.user_id, **hours(1, 9)}
    answer = browser.post(reverse("admin:cases_shift_plan"), typed, follow=True)
    assert "Planned." in answer.content.decode()
    shift = Shift.objects.get()
    assert (shift.user_id, shift.ends_at - shift.starts_at) == (cast.iryna.user_id, timedelta(hours=8))
    browser.post(reverse("admin:cases_shift_cancel", args=[shift.pk]))
    assert "Iryna" not in browser.get(reverse(PAGE)).content.decode().split("Plan a shift")[0]


def test_hours_that_overlap_come_back_with_what_was_typed(room, cast):
    browser = room(cast.taras)
    browser.post(reverse("admin:cases_shift_plan"), {"user": cast.iryna.user_id, **hours(1, 9)})
    typed = {"user": cast.iryna.user_id, **hours(2, 10)}
    answer = browser.post(reverse("admin:cases_shift_plan"), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "overlap" in page
    assert typed["starts_at"] in page
    assert Shift.objects.count() == 1


def test_somebody_planned_who_has_not_come_is_marked(room, cast):
    now = timezone.now()
    Shift.objects.create(
        user_id=cast.iryna.user_id, starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(hours=1)
    )
    assert "Not on duty yet" in room(cast.taras).get(reverse(PAGE)).content.decode()
    Post.objects.filter(user=cast.iryna.user_id).update(on_duty=True)
    assert "Not on duty yet" not in room(cast.taras).get(reverse(PAGE)).content.decode()


def test_operators_see_it_report_themselves_away_and_plan_nothing(room, cast):
    browser = room(cast.olena)
    page = browser.get(reverse(PAGE)).content.decode()
    assert "Plan a shift" not in page
    assert browser.post(reverse("admin:cases_shift_plan"), {}).status_code == 403
    browser.post(reverse("admin:cases_shift_away"), {"user": cast.taras.user_id, "reason": "sick"})
    assert not Absence.objects.exists()
    browser.post(reverse("admin:cases_shift_away"), {"user": cast.olena.user_id, "reason": "sick"})
    assert Absence.objects.get().user_id == cast.olena.user_id


def test_ones_cases_are_handed_over(room, cast):
    case = called(cast.olena, "ж 40")
    assignment.claim(case, by=cast.taras)
    answer = room(cast.taras).post(reverse("admin:cases_shift_pass_on"), {"user": cast.iryna.user_id}, follow=True)
    assert "1 case was handed over." in answer.content.decode()
    assert owner(case) == cast.iryna.user_id


def test_the_page_costs_the_same_for_one_and_for_three(room, cast, django_assert_num_queries):
    now, browser = timezone.now(), room(cast.taras)
    for count in (1, 2):
        for number in range(count):
            start = now + timedelta(hours=10 * count + number)
            Shift.objects.create(user_id=cast.iryna.user_id, starts_at=start, ends_at=start + timedelta(minutes=30))
            Absence.objects.create(user_id=cast.oleh.user_id, since=now, reason="leave")
        with django_assert_num_queries(10):
            browser.get(reverse(PAGE))


def test_an_auditor_has_no_roster(room, cast):
    assert room(cast.auditor).get(reverse(PAGE)).status_code == 403
