"""What this device kept while the server was away: delivered from every page, refused by nobody without a word."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from browser.hands import ready, sign_in
from browser.test_nothing_typed_is_lost import WHAT_IS_KEPT, kept, words
from cases.models import Call, Case, Draft
from chaos.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

KEEP = re.compile(r"/desk/draft/$")
RECORD = re.compile(r"/desk/$")


@pytest.fixture
def desk(cast, open_page) -> Page:
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    return page


def note(page: Page, text: str) -> None:
    page.get_by_label("Note", exact=True).fill(text)


def save_offline(page: Page, text: str, number: str = "") -> None:
    """A call that is saved while the network is away: this device holds it."""
    page.context.set_offline(True)
    if number:
        page.locator("#id_number").fill(number)
    else:
        page.locator("#id_anonymous").check()
    note(page, text)
    page.locator("#id_disposition").select_option("information_only")
    page.keyboard.press("Control+Enter")
    kept(page, "queued")


def how_many_kept(page: Page) -> int:
    return page.evaluate(WHAT_IS_KEPT)[0]


def fails(when: Callable[[Request], bool]) -> Callable[[Route], None]:
    """The server breaks on requests of this kind."""

    def answer(route: Route) -> None:
        if route.request.method == "POST" and when(route.request):
            route.fulfill(status=500, body="")
        else:
            route.continue_()

    return answer


def olenas(cast) -> list[str]:
    rows = Draft.objects.open().filter(operator=cast.olena.user_id).select_related("data_key")
    return [words(row, cast.olena) for row in rows]


def test_a_second_tab_that_signs_out_and_in_has_a_living_desk(desk):
    other = desk.context.new_page()
    other.goto("/desk/", wait_until="domcontentloaded")
    ready(other)
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/accounts/login/**")
    sign_in(other, "olena")
    ready(other)
    note(other, "слова")
    kept(other, "saved")
    assert Draft.objects.count() == 1


def test_a_store_that_does_not_open_keeps_the_desk_alive_and_is_said(cast, open_page):
    page = open_page()
    page.add_init_script("indexedDB.open = () => ({})")
    sign_in(page, "olena")
    note(page, "слова")
    ready(page)
    kept(page, "saved")
    expect(page.locator("#kept-state")).to_contain_text("This browser keeps nothing by itself")
    page.context.set_offline(True)
    note(page, "слова, и ещё")
    kept(page, "memory")
    page.context.set_offline(False)
    kept(page, "saved")


def test_a_call_kept_here_is_delivered_from_another_page(desk):
    save_offline(desk, "вода кончилась")
    desk.goto("about:blank")
    desk.context.set_offline(False)
    desk.goto("/desk/work/", wait_until="domcontentloaded")
    until(lambda: Call.objects.count() == 1, seconds=15, what="the kept call")


def test_signing_out_delivers_first_and_never_forgets_in_silence(desk, no_barriers):
    save_offline(desk, "вода кончилась")
    desk.goto("about:blank")
    desk.context.set_offline(False)
    desk.route(KEEP, lambda route: route.abort())
    desk.goto("/desk/work/", wait_until="networkidle")
    out = desk.get_by_role("button", name="Sign out")
    out.click()
    expect(desk.locator("#undelivered")).to_contain_text("has not reached the server")
    no_barriers(desk)
    assert (desk.url.endswith("/desk/work/"), how_many_kept(desk), Call.objects.count()) == (True, 1, 0)
    desk.unroute(KEEP)
    out.click()
    desk.wait_for_url("**/accounts/login/**")
    assert Call.objects.count() == 1


def test_a_sign_out_without_a_server_forgets_nothing(desk):
    save_offline(desk, "вода кончилась")
    out = desk.get_by_role("button", name="Sign out")
    out.click()
    expect(desk.locator("#undelivered")).to_have_attribute("data-shown", "left")
    out.click()
    expect(desk.locator("#undelivered")).to_have_attribute("data-shown", "away")
    assert how_many_kept(desk) == 1
    desk.context.set_offline(False)
    until(lambda: Call.objects.count() == 1, seconds=15, what="the kept call")


def test_what_a_colleague_took_meanwhile_is_kept_apart_from_theirs(cast, desk):
    note(desk, "первое")
    kept(desk, "saved")
    theirs = Draft.objects.get()
    Draft.objects.update(operator=cast.oleh.user_id)
    note(desk, "первое, и второе: улица 5")
    kept(desk, "elsewhere")
    expect(desk.locator("#kept-state")).to_contain_text("A colleague has this call")
    until(lambda: any("второе" in said for said in olenas(cast)), seconds=10, what="the words of one's own")
    assert "второе" not in words(Draft.objects.select_related("data_key").get(pk=theirs.pk), cast.oleh)


def test_words_on_a_closed_page_whose_call_a_colleague_took_are_a_draft_of_ones_own(cast, desk):
    note(desk, "первое")
    kept(desk, "saved")
    desk.context.set_offline(True)
    note(desk, "первое, и второе: улица 5")
    kept(desk, "local")
    Draft.objects.update(operator=cast.oleh.user_id)
    desk.goto("about:blank")
    desk.context.set_offline(False)
    desk.goto("/desk/", wait_until="domcontentloaded")
    ready(desk)
    until(lambda: any("второе" in said for said in olenas(cast)), seconds=15, what="the words of one's own")
    assert Draft.objects.count() == 2


def test_a_kept_call_that_is_refused_stands_among_the_unfinished(cast, desk, picture, no_barriers):
    save_offline(desk, "вода кончилась", number="915 55")
    desk.context.set_offline(False)
    kept(desk, "refused")
    expect(desk.locator("#unfinished")).to_contain_text("not saved yet")
    no_barriers(desk)
    picture(desk, "desk-kept-and-refused")
    draft = Draft.objects.get()
    assert (draft.refused, Call.objects.count(), how_many_kept(desk)) == (True, 0, 0)
    desk.locator("#unfinished [data-leaves]").click()
    ready(desk)
    assert desk.get_by_label("Note", exact=True).input_value() == "вода кончилась"
    desk.locator("#id_number").fill("+7 915 555 01 01")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".toast.success")).to_be_visible()
    assert (Call.objects.count(), Draft.objects.open().count()) == (1, 0)


def test_one_kept_call_the_server_breaks_on_holds_up_no_other(desk):
    first = desk.locator("[name=key]").input_value()
    save_offline(desk, "первая")
    save_offline(desk, "вторая")
    broken = fails(lambda request: first in (request.post_data or ""))
    desk.route(RECORD, broken)
    desk.context.set_offline(False)
    until(lambda: how_many_kept(desk) == 1, seconds=15, what="the second call")
    assert Call.objects.count() == 1
    desk.unroute(RECORD, broken)
    until(lambda: how_many_kept(desk) == 0, seconds=30, what="the first call")
    assert Call.objects.count() == 2


def test_a_server_that_breaks_on_a_save_is_not_called_away(desk):
    broken = fails(lambda request: True)
    desk.route(RECORD, broken)
    desk.locator("#id_anonymous").check()
    note(desk, "слово")
    desk.locator("#id_disposition").select_option("information_only")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#save-state")).to_contain_text("could not save it")
    assert desk.get_by_label("Note", exact=True).input_value() == "слово"
    desk.unroute(RECORD, broken)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".toast.success")).to_be_visible()
    assert (Call.objects.count(), Case.objects.count()) == (1, 0)


def test_words_the_server_does_not_take_are_not_called_kept(desk):
    desk.locator("#id_notes").evaluate(
        "(notes) => { notes.value = 'a'.repeat(210000); notes.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    kept(desk, "refusedWords")
    expect(desk.locator("#kept-state")).to_contain_text("more than one call can hold")
    assert not Draft.objects.filter(body__isnull=False).exists()
