"""The triage rules in the rooms: written, tried and asked about once more, on a screen and on a telephone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from browser.hands import sign_in
from calls import entered
from cases.domain import intake
from cases.models import TriageRules
from cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_draft_outlives_its_test(transactional_db: None) -> Iterator[None]:
    yield
    TriageRules.objects.filter(published_at=None).delete()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (390, 844, "dark")])
def test_a_draft_is_started_mended_tried_and_asked_about(
    cast: Cast, open_page, picture, no_barriers, width, height, scheme
):
    case = intake.record(entered("C05"), key="C05", by=cast.operator).cases.get()
    page = open_page(width, height, scheme)
    sign_in(page, "svitlana")
    page.goto("/admin/cases/triagerules/")
    page.get_by_role("button", name="Start a draft").click()

    text = page.get_by_label("Rules, as JSON")
    floor = '"code": "insulin_3_days",\n      "class": "P2"'
    assert floor in text.input_value()
    text.fill(text.input_value().replace(floor, floor.replace("P2", "P9")))
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("floor insulin_3_days: unknown class 'P9'")
    assert '"class": "P9"' in text.input_value() and fits(page)
    no_barriers(page)
    picture(page, f"rules-problem-{width}")

    text.fill(text.input_value().replace("P9", "P1"))
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_text("The draft is kept.")).to_be_visible()
    no_barriers(page)
    page.get_by_role("link", name="Try it on last week's cases").click()
    expect(page.get_by_role("heading", name="1 case would move from P2 to P1.")).to_be_visible()
    expect(page.get_by_role("link", name=case.spoken)).to_be_visible()
    assert fits(page)
    no_barriers(page)
    picture(page, f"rules-trial-{width}")

    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_role("button", name="Publish version 3")).to_be_visible()
    assert fits(page)
    no_barriers(page)
