"""The page of a call is left only when it was saved; what is typed survives the session, the network and the page."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from browser.test_one_call import say_c01
from calls import entered
from cases.disclosure import reveal
from cases.domain import calls, intake
from cases.enums import Why
from cases.models import Case, Draft, User
from chaos.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


# How many rows this browser keeps, and all their bytes as text.
WHAT_IS_KEPT = """async () => {
    const done = (asked) => new Promise((answer) => { asked.onsuccess = () => answer(asked.result); });
    const [{ name }] = (await indexedDB.databases()).filter((one) => one.name.startsWith("hotline-"));
    const db = await done(indexedDB.open(name));
    const rows = await done(db.transaction("kept").objectStore("kept").getAll());
    db.close();
    return [rows.length, rows.map((row) => new TextDecoder().decode(row.data)).join("")];
}"""
KEPT_DATABASES = "indexedDB.databases().then((all) => all.filter((one) => one.name.startsWith('hotline')).length)"


def kept(page: Page, how: str) -> None:
    """The page says how its words are kept; "saved" once the server has all of them, not only those of a moment ago."""
    settled = ":not([data-pending])" if how == "saved" else ""
    expect(page.locator(f"#kept-state{settled}")).to_have_attribute("data-shown", how, timeout=8000)


def words(draft: Draft, by) -> str:
    reveal([draft], by=by, why=Why.DRAFT, fields=["body"])
    return str(draft.body)


def test_what_is_typed_stands_on_the_server_within_two_seconds_sealed(cast, open_page):
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Note", exact=True).fill("Муж после инсульта")
    kept(page, "saved")
    draft = Draft.objects.get()
    assert "инсульта".encode() not in bytes(draft.__dict__["body"].ciphertext)
    assert "инсульта" in words(draft, cast.olena)


def test_a_closed_page_is_offered_again_with_every_word(cast, open_page, picture, no_barriers):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    kept(page, "saved")
    page.close(run_before_unload=False)
    again = open_page()
    sign_in(again, "olena")
    expect(again.locator("#unfinished-title")).to_be_visible()
    picture(again, "desk-unfinished")
    no_barriers(again)
    again.locator("[data-leaves]").first.click()
    ready(again)
    assert again.get_by_label("People, one line each").input_value() == "ж 78\nм лежачий"
    assert again.locator("#id_settlement").input_value().startswith("Sudzha")
    expect(again.locator("#picked")).to_contain_text("Drinking water")
    assert again.locator("#way_ukraine").is_checked()
    again.keyboard.press("Control+Enter")
    expect(again.locator(".toast.success")).to_be_visible()
    assert Case.objects.count() == 1
    assert Draft.objects.get().body is None


def test_a_session_that_ended_loses_nothing(cast, open_page, picture):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    kept(page, "saved")
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#save-state")).to_contain_text("signed out")
    picture(page, "desk-signed-out")
    assert page.get_by_label("People, one line each").input_value() == "ж 78\nм лежачий"

    other = page.context.new_page()
    sign_in(other, "olena")
    page.bring_to_front()
    page.locator("#save").click()
    expect(page.locator(".toast.success")).to_contain_text("Saved")
    assert Case.objects.count() == 1


def test_a_network_that_is_away_keeps_ciphertext_and_delivers_once(cast, open_page, picture, no_barriers):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    kept(page, "saved")
    page.context.set_offline(True)
    page.get_by_label("Note", exact=True).fill("Сын встретит в Сумах.")
    kept(page, "local")
    picture(page, "desk-away")
    no_barriers(page)
    sealed = page.evaluate(WHAT_IS_KEPT)
    assert sealed[0] == 1 and "Сын" not in sealed[1]
    page.keyboard.press("Control+Enter")
    kept(page, "queued")
    picture(page, "desk-queued")
    assert page.get_by_label("Note", exact=True).input_value() == ""
    assert Case.objects.count() == 0
    page.context.set_offline(False)
    kept(page, "saved")
    case = Case.objects.get()
    call = case.calls.get()
    reveal([call], by=cast.olena, why=Why.OWNER, fields=["notes"])
    assert "Сын встретит" in str(call.notes)


def test_what_this_device_kept_survives_the_page_while_the_server_is_away(cast, open_page, served):
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Settlement", exact=True).fill("Суджа")
    kept(page, "saved")
    served.stop()
    page.get_by_label("Note", exact=True).fill("Сказано, пока сервера нет.")
    kept(page, "local")
    page.close(run_before_unload=False)
    served.start()
    again = page.context.new_page()
    again.goto("/desk/", wait_until="domcontentloaded")
    ready(again)
    draft = Draft.objects.get()
    expect(again.locator("#unfinished-title")).to_be_visible()

    def there() -> bool:
        draft.refresh_from_db()
        return "пока сервера нет" in words(draft, cast.olena)

    until(there, seconds=10, what="the words on the server")


def test_signing_out_forgets_what_this_device_kept(cast, open_page):
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    before = User.objects.get(pk=cast.olena.user_id).vault
    page.get_by_label("Note", exact=True).fill("слово")
    kept(page, "saved")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert User.objects.get(pk=cast.olena.user_id).vault != before
    assert page.evaluate(KEPT_DATABASES) == 0


def test_two_on_one_case_see_each_other_and_a_clash_is_shown_not_overwritten(cast, open_page, picture, no_barriers):
    case = intake.record(entered("C01"), key="c01", by=cast.oleh).cases.get()
    pages = {}
    for name in ("olena", "oleh"):
        page = pages[name] = open_page()
        sign_in(page, name)
        ready(page)
        page.get_by_label("Number or address").fill("8 915 555 01 01")
        page.locator("#cards [data-continue]").click()
        kept(page, "saved")
    olena, oleh = pages["olena"], pages["oleh"]
    expect(olena.locator("#colleagues")).to_contain_text("Oleh", timeout=8000)
    olena.locator("#id_notes").fill("ещё слово")
    kept(olena, "saved")
    for page, days in ((oleh, "wa3 "), (olena, "wa0 ")):
        page.locator("#pick").press_sequentially(days)
    oleh.keyboard.press("Control+Enter")
    expect(oleh.locator(".toast.success")).to_be_visible()
    olena.keyboard.press("Control+Enter")
    expect(olena.locator(".clash")).to_be_focused()
    expect(olena.locator(".clash")).to_contain_text("Drinking water")
    picture(olena, "desk-clash")
    no_barriers(olena)
    assert case.calls.count() == 2
    olena.keyboard.press("Control+Enter")
    expect(olena.locator(".toast.success")).to_be_visible()
    assert case.calls.count() == 3
    case.refresh_from_db()
    assert case.priority == "P1", "the choice of who saw both stands"


def test_a_colleague_who_takes_a_left_call_has_it_alone(cast, open_page):
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Settlement", exact=True).fill("Суджа")
    kept(page, "saved")
    Draft.objects.update(operator=None)
    calls.take_over(Draft.objects.get(), by=cast.oleh)
    page.get_by_label("Note", exact=True).fill("поздно")
    kept(page, "elsewhere")
    assert "поздно" not in words(Draft.objects.select_related("data_key").get(), cast.oleh)
