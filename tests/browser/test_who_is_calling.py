"""Who may be known already: at the desk while it is typed, and in the room where pairs are decided."""

import pytest
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from cases.domain.intake import EvacuationFacts
from cases.models import Household, Match, PersonLink
from cast import Cast
from families import called, looked

pytestmark = pytest.mark.django_db(transaction=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_whoever_is_typed_in_another_alphabet_shows_beside_the_form(cast: Cast, open_page, picture, no_barriers):
    before = called(cast.oleh, "Петренко Алексей м 1957", "Анна ж 58")
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Settlement", exact=True).press_sequentially("судж")
    expect(page.locator("#settlement-list li").first).to_contain_text("Sudzha")
    page.keyboard.press("Enter")
    page.get_by_label("People, one line each").fill("Oleksii Petrenko m 1957")

    known = page.locator("#known")
    expect(known).to_contain_text(before.spoken)
    expect(known).to_contain_text("birth year the same")
    expect(known).not_to_contain_text("Петренко")
    assert fits(page)
    no_barriers(page)
    picture(page, "desk-known")
    known.get_by_role("button", name="Continue this case").click()

    expect(page.locator("#id_continues")).to_have_value(before.ref)
    expect(known).to_be_empty()


@pytest.mark.parametrize(
    ("language", "width", "height", "scheme"),
    [("en", 1366, 768, "light"), ("uk", 390, 844, "dark"), ("ru", 1366, 768, "dark")],
)
def test_a_pair_is_compared_opened_merged_and_taken_back(
    cast: Cast, open_page, picture, no_barriers, language, width, height, scheme
):
    wish = EvacuationFacts(direction="ukraine")
    called(cast.olena, "Петренко Алексей м 60", "ж 58", "внук м 9", evacuation=wish)
    called(cast.oleh, "Petrenko Oleksii m 60 лежачий", "Петренко Анна ж 58")
    looked()
    page = open_page(width, height, scheme)
    sign_in(page, "taras")
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_load_state("domcontentloaded")
    page.goto("/admin/cases/match/", wait_until="domcontentloaded")
    no_barriers(page)
    assert fits(page)
    picture(page, f"pairs-{language}-{width}-{scheme}")
    page.locator(".c-do a").first.click()
    page.wait_for_url("**/change/")
    assert fits(page)
    no_barriers(page)
    picture(page, f"pair-{language}-{width}-{scheme}")
    page.locator("form[action*=open] button").click()
    expect(page.locator("main")).to_contain_text("Петренко Алексей")
    assert fits(page)
    no_barriers(page)
    page.screenshot(path=f"tests/pictures/pair-open-{language}-{width}-{scheme}.png", full_page=True)
    page.locator("form[action*=merge] .btn").click()
    page.wait_for_url("**/cases/case/**")
    assert Household.objects.get(merged_into__isnull=True).people.filter(merged_into=None).count() == 3
    no_barriers(page)
    assert fits(page)
    page.screenshot(path=f"tests/pictures/case-merged-{language}-{width}-{scheme}.png", full_page=True)
    page.locator(".merged button").click()
    page.wait_for_load_state("domcontentloaded")
    assert Household.objects.filter(merged_into__isnull=True).count() == 2
    assert Match.objects.open().count() >= 1


def test_who_is_sought_is_for_the_protection_officer(cast: Cast, open_page, picture, no_barriers):
    called(cast.olena, "Ткач Ольга ж 1991", missing=frozenset({0}))
    called(cast.oleh, "Ткач Ольга ж 1991", settlement="Rylsk")
    looked()
    page = open_page()
    sign_in(page, "oksana")
    page.goto("/admin/cases/personlink/", wait_until="domcontentloaded")
    no_barriers(page)
    page.locator(".c-do a").click()
    page.wait_for_url("**/change/")
    no_barriers(page)
    picture(page, "sought")
    page.get_by_role("button", name="They said yes, themselves").click()
    page.wait_for_load_state("domcontentloaded")
    assert PersonLink.objects.get().state == "confirmed"


def test_somebody_leaves_with_a_child(cast: Cast, open_page, picture, no_barriers):
    case = called(cast.olena, "Ткач Ольга ж 34", "Ткач Иван м 8", "Ткач Олег м 40")
    page = open_page()
    sign_in(page, "taras")
    page.goto(f"/admin/cases/case/{case.pk}/change/", wait_until="domcontentloaded")
    page.get_by_text("Somebody leaves…").click()
    page.locator("input[name=people]").nth(0).check()
    page.locator("input[name=people]").nth(1).check()
    no_barriers(page)
    picture(page, "case-somebody-leaves")
    page.get_by_role("button", name="Give them a case of their own").click()
    expect(page.locator("body")).to_contain_text("protected case of their own")
    assert Household.objects.get(split_from=case.household).people.count() == 2
