"""Call C01 from the desk to the coordinator's queue, the mail, and the partner's API, as people see it."""

import re

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from cases.domain import events, jobs, partners
from cases.models import Case, Partner
from cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def say_c01(page: Page) -> None:
    """What the operator types while the caller speaks."""
    ready(page)
    page.get_by_label("Number or address").fill("8 (915) 555-01-01")
    page.get_by_label("Settlement", exact=True).press_sequentially("судж")
    expect(page.locator("#settlement-list li").first).to_contain_text("Sudzha")
    page.keyboard.press("Enter")
    page.get_by_label("Street or landmark").fill("улица за рынком")
    page.get_by_text("Cannot reach a collection point").click()
    page.get_by_label("People, one line each").fill("ж 78\nм лежачий")
    expect(page.locator("#understood")).to_contain_text("bedridden")
    page.get_by_label("Type a code").press_sequentially("wa1 fo0 ")
    expect(page.locator("#picked")).to_contain_text("Food")
    page.locator("#way_ukraine").check(force=True)
    page.get_by_label("Where to, to whom").fill("Сумы, сын")
    page.get_by_label("Note", exact=True).fill("Муж после инсульта, ходить не может.")
    page.locator("#id_consent_processing_").check()
    page.locator("#id_consent_share_partner_relief").check(force=True)
    page.get_by_label("How the call ended").select_option("case_opened")


def test_one_call_runs_the_whole_chain(cast: Cast, open_page, picture, no_barriers, mail_server):
    # The operator.
    desk = open_page()
    sign_in(desk, "olena")
    no_barriers(desk)
    say_c01(desk)
    picture(desk, "desk-c01")
    no_barriers(desk)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".toast")).to_contain_text("Bedridden person")
    picture(desk, "desk-saved")
    case = Case.objects.get()
    assert (case.priority, case.status) == ("P2", "triaged")

    # What Celery's sweep does: the assignment, then the mail.
    assert jobs.sweep() >= 2
    events.seal()
    (letter,) = mail_server.letters
    assert letter["X-To"] == "taras@staff.invalid"
    assert case.spoken in letter["Subject"]
    body = letter.get_payload(decode=True).decode()
    link = re.search(r"/case/\d{8}/", body)
    assert link is not None
    for word in ("555", "рынк", "Sudzha", "Сумы"):
        assert word not in body + letter["Subject"]

    # The coordinator, by the link in the mail.
    room = open_page()
    sign_in(room, "taras")
    room.goto("/admin/cases/case/?view=mine", wait_until="domcontentloaded")
    expect(room.locator("body")).to_contain_text(case.spoken)
    no_barriers(room)
    picture(room, "queue")
    room.goto(link.group(), wait_until="domcontentloaded")
    expect(room.locator("body")).to_contain_text("Bedridden person")
    expect(room.locator("body")).not_to_contain_text("за рынком")
    no_barriers(room)
    picture(room, "case")
    room.get_by_role("button", name="Start work").click()
    expect(room.locator("body")).to_contain_text("In progress")
    case.refresh_from_db()
    assert case.status == "in_progress"

    # The partner.
    red = Partner.objects.get(name="Red")
    partners.offer(case, partner=red, fields=["needs", "people"], by=cast.taras)
    _, token = partners.issue_key(red, by=cast.administrator)
    (row,) = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/cases/").json()["results"]
    assert row["ref"] == case.ref and {need["type"] for need in row["needs"]} == {"WATER", "FOOD"}
    assert events.verify().broken_at is None
    connection.close()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_the_desk_as_a_picture(cast: Cast, open_page, picture, no_barriers, width, height, scheme, language):
    page = open_page(width, height, scheme)
    sign_in(page, "olena")
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_load_state("domcontentloaded")
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    no_barriers(page)
    picture(page, f"desk-{language}-{width}-{scheme}")


def test_a_refused_form_comes_back_with_everything_typed(cast: Cast, open_page, picture, no_barriers):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    page.get_by_label("Number or address").fill("915 55")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#error-summary")).to_be_focused()
    assert page.get_by_label("People, one line each").input_value() == "ж 78\nм лежачий"
    assert page.locator("#days_WATER").input_value() == "1"
    assert page.locator("#way_ukraine").is_checked()
    no_barriers(page)
    picture(page, "desk-refused")
    assert Case.objects.count() == 0
