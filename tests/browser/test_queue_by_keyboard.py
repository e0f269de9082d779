"""The queue under two pairs of hands: keys by position, and a row that greys where it stands when it is taken."""

import pytest
from playwright.sync_api import Page, expect

from browser.hands import sign_in
from cases.domain import assignment
from cases.models import Assignment
from cast import Cast
from families import called

pytestmark = pytest.mark.django_db(transaction=True)
QUEUE = "/admin/cases/case/?view=open"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def at_the_queue(open_page, name: str, *size) -> Page:
    page = open_page(*size)
    sign_in(page, name)
    page.goto(QUEUE, wait_until="domcontentloaded")
    return page


def heights(page: Page) -> list[float]:
    return page.evaluate("[...document.querySelectorAll('#queue tr')].map((row) => row.getBoundingClientRect().top)")


def test_what_a_colleague_takes_greys_at_once_and_no_row_moves(cast: Cast, open_page, picture, no_barriers):
    cases = [called(cast.olena, "ж 40", "м 41") for _ in range(3)]
    one, other = at_the_queue(open_page, "taras"), at_the_queue(open_page, "iryna")
    for page in (one, other):
        expect(page.locator("#queue tbody tr")).to_have_count(3)
    one.wait_for_timeout(1500)  # until the stream is open
    before = heights(one)

    other.locator(f"tr[data-uid='{cases[1].uid}'] .c-tick input").check()
    other.keyboard.press("c")
    other.wait_for_url("**/change/")

    row = one.locator(f"tr[data-uid='{cases[1].uid}']")
    expect(row).to_have_class("taken", timeout=2000)
    expect(row.locator(".c-owner")).to_have_text("Taken by Iryna")
    expect(row.locator(".c-tick input")).to_be_disabled()
    assert heights(one) == before
    expect(one.locator("tr.taken")).to_have_count(1)
    no_barriers(one)
    picture(one, "queue-taken")


def test_the_queue_is_worked_by_keys_alone(cast: Cast, open_page, picture, no_barriers):
    cases = [called(cast.olena, "ж 40") for _ in range(3)]
    page = at_the_queue(open_page, "taras")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-ticked]")).to_have_text("2")
    page.keyboard.press("a")
    expect(page.locator("#give-to")).to_be_focused()
    page.locator("#give-to").select_option(str(cast.iryna.user_id))
    no_barriers(page)
    picture(page, "queue-ticked")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("2 cases were given to them")
    assert set(Assignment.objects.values_list("case", "owner")) == {(c.pk, cast.iryna.user_id) for c in cases[:2]}

    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {code: 'Slash', key: '.', bubbles: true}))")
    expect(page.locator("#find")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("Shift+Slash")
    expect(page.locator("#keys")).to_be_visible()
    picture(page, "queue-keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")


@pytest.mark.parametrize(
    ("language", "width", "height", "scheme"),
    [("en", 1366, 768, "light"), ("uk", 390, 844, "dark"), ("ru", 1366, 768, "dark"), ("ru", 390, 844, "light")],
)
def test_the_queue_holds_in_every_language_and_width(
    cast: Cast, open_page, picture, no_barriers, language, width, height, scheme
):
    for number in range(4):
        called(cast.olena, "ж 40 лежачий", f"м {number}", needs=("WATER", "FOOD", "MEDS"))
    case = called(cast.olena, "ж 40")
    assignment.claim(case, by=cast.iryna)
    page = at_the_queue(open_page, "oksana", width, height, scheme)
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_load_state("domcontentloaded")
    page.goto(f"{QUEUE}&class=P2&need=WATER", wait_until="domcontentloaded")
    assert fits(page)
    no_barriers(page)
    picture(page, f"queue-{language}-{width}-{scheme}")


def test_what_is_refused_of_many_is_said_one_by_one(cast: Cast, open_page, picture, no_barriers):
    cases = [called(cast.olena, "ж 40") for _ in range(3)]
    page = at_the_queue(open_page, "taras")
    for case in cases:
        page.locator(f"tr[data-uid='{case.uid}'] .c-tick input").check()
    page.route("**/owners/*", lambda route: route.abort())  # a page that has not heard of it yet
    assignment.claim(cases[1], by=cast.iryna)
    page.evaluate(
        "document.querySelectorAll('.c-tick input').forEach((box) => (box.disabled = false, box.checked = true))"
    )
    page.get_by_role("button", name="Take", exact=True).click()

    expect(page.locator("h1")).to_have_text("It did not go for 1 case")
    expect(page.locator("main")).to_contain_text("2 cases are yours.")
    expect(page.locator("tbody tr")).to_contain_text(f"{cases[1].spoken} Sudzha Somebody else has taken it.")
    no_barriers(page)
    picture(page, "queue-refused")
    page.get_by_role("link", name="Back to the queue").last.click()
    page.wait_for_url(f"**{QUEUE}")


@pytest.mark.parametrize(
    ("language", "width", "height", "scheme"),
    [("en", 1366, 768, "light"), ("ru", 390, 844, "dark")],
)
def test_places_and_shortages_hold_on_a_phone(cast: Cast, open_page, no_barriers, language, width, height, scheme):
    for number in range(6):
        called(cast.olena, "ж 40", settlement="Sudzha" if number < 5 else "Rylsk")
    page = at_the_queue(open_page, "taras", width, height, scheme)
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_load_state("domcontentloaded")
    page.goto("/admin/cases/case/places/", wait_until="domcontentloaded")
    assert fits(page)
    no_barriers(page)
    page.screenshot(path=f"tests/pictures/places-{language}-{width}-{scheme}.png", full_page=True)
    page.locator(".map a").first.click()
    page.wait_for_url("**/case/?view=open&place=*")
    expect(page.locator("#queue tbody tr")).to_have_count(5)
