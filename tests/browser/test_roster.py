"""The roster on a screen and on a telephone, and why somebody has a case."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser.hands import sign_in
from cases.models import Absence, Post, Shift, User
from cast import Cast
from families import called
from rounds import run

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def planned(cast: Cast) -> None:
    """A morning of three people: one here, one who has not come, one who comes later; and somebody ill."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    for who, start in ((cast.taras, -2), (cast.iryna, -1), (cast.supervisor, 6), (cast.medic, 30)):
        Shift.objects.create(user_id=who.user_id, starts_at=now + start * HOUR, ends_at=now + (start + 8) * HOUR)
    Absence.objects.create(user_id=cast.oleh.user_id, since=now, reason="sick")
    User.objects.filter(pk=cast.taras.user_id).update(speaks=["uk", "ru"])


@pytest.mark.parametrize(
    ("width", "height", "scheme", "language"),
    [(1366, 768, "light", "en"), (1366, 768, "dark", "ru"), (390, 844, "light", "uk"), (390, 844, "dark", "en")],
)
def test_the_roster_reads_well(cast: Cast, open_page, picture, no_barriers, width, height, scheme, language):
    planned(cast)
    User.objects.filter(pk=cast.iryna.user_id).update(language=language)
    page = open_page(width, height, scheme)
    sign_in(page, "iryna")
    page.goto("/admin/cases/shift/")
    expect(page.locator("h1")).to_be_visible()
    assert fits(page)
    no_barriers(page)
    picture(page, f"roster-{language}-{width}-{scheme}")


def test_a_shift_is_planned_and_a_case_says_why_somebody_has_it(cast: Cast, open_page, picture, no_barriers):
    planned(cast)
    Post.objects.filter(user=cast.iryna.user_id).update(on_duty=True, capacity=1)
    case = called(cast.olena, "ж 40", language="uk")
    run("assign")
    page = open_page()
    sign_in(page, "iryna")
    page.goto("/admin/cases/shift/")
    form = page.locator("form[action$='/plan/']")
    form.get_by_label("Who").select_option(label="Iryna")
    start = timezone.localtime() + 20 * HOUR
    form.get_by_label("From").fill(f"{start:%Y-%m-%dT%H:%M}")
    form.get_by_label("To").fill(f"{start + 8 * HOUR:%Y-%m-%dT%H:%M}")
    form.get_by_role("button", name="Plan").click()
    expect(page.get_by_text("Planned. At the end of the shift")).to_be_visible()
    assert Shift.objects.filter(user=cast.iryna.user_id).count() == 2
    page.goto(f"/admin/cases/case/{case.pk}/change/")
    expect(page.locator("dd", has_text="Taras")).to_contain_text("speaks Ukrainian, 0 of 8 cases")
    no_barriers(page)
    picture(page, "case-why")
