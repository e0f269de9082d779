"""Calls of the 24 from the first ring of the keyboard to the record, without the mouse, in each language."""

import gzip

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from browser.hands import Hands, ready, sign_in
from calls import entered
from cases.actors import System
from cases.domain import calls, handover, inbox, intake
from cases.enums import TelephonyKind
from cases.models import Alarm, Call, Callback, Case, Reach, User
from cases.planning.telephony import Heard

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(cast, open_page):
    """Olena's desk in a language, and her hands."""

    def open_desk(language: str, **window: object) -> tuple[Page, Hands]:
        User.objects.filter(pk=cast.olena.user_id).update(language=language)
        page = open_page(**window)
        sign_in(page, "olena")
        ready(page)
        assert page.locator("html").get_attribute("lang") == language
        return page, Hands(page)

    return open_desk


def saved(page: Page) -> Case:
    expect(page.locator(".toast.success")).to_be_visible()
    return Case.objects.latest("pk")


def test_c01_in_ukrainian_takes_sixty_presses_at_most(desk, picture, no_barriers):
    page, hands = desk("uk")
    hands.say("8 (915) 555-01-01")
    hands.press("Alt+1")
    hands.say("судж")
    expect(page.locator("#settlement-list li").first).to_contain_text("Суджа")
    hands.press("Enter")
    hands.say("улица за рынком")
    hands.press("Tab", "Tab", "Space")
    hands.press("Alt+2")
    hands.say("ж 78")
    hands.press("Enter")
    hands.say("м лежачий")
    hands.press("Alt+3")
    hands.code("wa1 fo0 ")
    hands.press("Alt+4", "ArrowRight", "ArrowRight", "Tab")
    hands.say("Сумы, сын")
    hands.press("Alt+5")
    hands.say("Муж после инсульта, ходить не может.")
    hands.press("Alt+6", "Space", "Tab", "Space")
    expect(page.locator("#class-shown")).to_contain_text("P2")
    expect(page.locator("#kept-state")).to_have_attribute("data-shown", "saved")
    picture(page, "desk-c01-typed")
    no_barriers(page)
    hands.press("Control+Enter")
    case = saved(page)
    print(f"C01 took {hands.pressed} presses beyond the words")
    assert hands.pressed <= 60
    assert (case.priority, case.household.people.count(), case.evacuations.get().direction) == ("P2", 2, "ukraine")
    assert set(case.needs.values_list("type", flat=True)) == {"WATER", "FOOD"}
    assert case.household.cannot_reach_point and case.evacuations.get().travellers.filter(kind="stretcher").count() == 1
    assert list(case.calls.get().dispositions.values_list("code", flat=True)) == ["case_opened"]
    assert case.household.consents.count() == 2


def test_the_standard_call_needs_no_scrolling(desk):
    page, _ = desk("ru")
    page.locator("#id_people").fill("ж 78\nм лежачий")
    page.locator("#pick").press_sequentially("wa1 fo0 ")
    expect(page.locator("#understood .chip")).to_have_count(2)
    bottom = page.locator("#id_notes").bounding_box()
    foot = page.locator(".foot").bounding_box()
    assert bottom["y"] + bottom["height"] <= foot["y"], "the note hides behind the foot"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_c07_by_the_red_key_in_russian_sounds_in_the_room_and_is_completed_after(
    cast, desk, open_page, picture, no_barriers
):
    room = open_page()
    sign_in(room, "taras")
    room.goto("/admin/cases/case/", wait_until="domcontentloaded")
    page, hands = desk("ru")
    hands.press("F9")
    hands.code("марты")
    expect(page.locator("#red-list li").first).to_contain_text("Мартыновка")
    picture(page, "desk-red-key")
    no_barriers(page)
    hands.press("Enter")
    expect(page.locator("#red-said")).to_be_visible()
    print(f"the red key took {hands.pressed} presses")
    assert hands.pressed <= 12
    expect(room.locator("#alarms .alarm")).to_contain_text("Martynovka", timeout=5000)
    assert room.locator("#alarms").get_attribute("data-sounding") == "yes"
    case = Case.objects.get()
    assert (case.priority, case.red_key, case.status) == ("P1", True, "triaged")
    picture(room, "queue-alarm")
    no_barriers(room)

    hands.say("трое, один раненый")
    for _ in range(len("трое, один раненый")):
        page.keyboard.press("Backspace")
    hands.press("Alt+7")
    hands.say("+7 920 555 01 07")
    hands.press("Alt+2", "Tab", "Tab")
    hands.say("3")
    hands.press("Alt+3")
    hands.say("кровот")
    expect(page.locator("#pick-list li").first).to_contain_text("кровотечение")
    hands.press("Enter")
    hands.code("ev ")
    hands.press("Alt+5")
    hands.say("Дом горит соседний, ранен в ногу.")
    picture(page, "desk-c07")
    no_barriers(page)
    hands.press("Control+Enter")
    saved(page)
    case.refresh_from_db()
    assert Case.objects.count() == Call.objects.count() == 1
    assert (case.priority, case.household.headcount_high) == ("P1", 3)
    assert set(case.needs.values_list("type", flat=True)) == {"MEDEVAC"}
    assert case.calls.get().status == "completed"

    room.get_by_role("button", name="I take it").click()
    expect(room.locator("h1")).to_contain_text(case.spoken)
    expect(room.locator("#alarms .alarm")).to_have_count(0)
    assert Alarm.objects.get().answered_by_id == cast.taras.user_id


def test_c09_continues_the_case_of_a_known_number(cast, desk, picture, no_barriers):
    first = intake.record(entered("C01"), key="c01", by=cast.oleh).cases.get()
    page, hands = desk("ru")
    hands.say("8 915 555 01 01")
    card = page.locator("#cards .card")
    expect(card).to_contain_text(first.spoken)
    assert "рынком" not in card.inner_text()
    picture(page, "desk-card")
    no_barriers(page)
    hands.press("F2")
    expect(page.locator("#cards .plain")).to_contain_text("за рынком")
    hands.press("Alt+Enter", "Alt+3")
    hands.code("wa0 ")
    hands.press("Alt+5")
    hands.say("Воды так и не привезли.")
    picture(page, "desk-card-open")
    no_barriers(page)
    hands.press("Control+Enter")
    saved(page)
    first.refresh_from_db()
    assert Case.objects.count() == 1 and first.calls.count() == 2
    assert first.priority == "P1"
    assert list(first.calls.latest("pk").dispositions.values_list("code", flat=True)) == ["case_updated"]


def test_c14_a_cellar_of_eleven_as_a_site_in_english(desk, picture, no_barriers):
    page, hands = desk("en")
    hands.say("+7 930 555 01 14")
    hands.press("Alt+1")
    hands.say("korenevo")
    expect(page.locator("#settlement-list li").first).to_contain_text("Korenevo")
    hands.press("Enter")
    hands.say("culture house, cellar")
    hands.press("Tab", "Space", "F6")
    hands.say("11")
    hands.press("Alt+3")
    hands.code("wa2 fo3 bl ")
    picture(page, "desk-site")
    no_barriers(page)
    hands.press("Control+Enter")
    case = saved(page)
    assert (case.household.kind, case.household.headcount_high, case.household.people.count()) == ("site", 11, 0)
    assert case.priority == "P3" and case.household.in_cellar


def test_c16_a_silent_call_goes_to_a_supervisor_before_anybody_rings(desk, picture):
    page, hands = desk("en")
    hands.say("+7 910 555 01 16")
    hands.press("Alt+3")
    hands.say("broke off")
    expect(page.locator("#pick-list li").first).to_contain_text("explosions")
    hands.press("Enter")
    hands.code("we ")
    hands.press("Alt+0")
    hands.choose("Silent call")
    hands.press("Control+Enter")
    case = saved(page)
    assert case.priority == "P1"
    row = Callback.objects.get()
    assert row.needs_word and row.case == case
    page.goto("/desk/work/", wait_until="domcontentloaded")
    expect(page.locator("main")).to_contain_text("A supervisor decides")
    picture(page, "work")


def test_yes_or_no_for_who_cannot_speak(desk, picture, no_barriers):
    page, hands = desk("uk")
    hands.say("+7 910 555 01 30")
    hands.press("F7")
    expect(page.locator("#question")).to_be_focused()
    picture(page, "desk-yes-no")
    no_barriers(page)
    hands.press("1", "2", "1", "1", "2", "1", "1", "2", "2", "1", "1", "2")
    hands.press("Control+Enter")
    case = saved(page)
    seen = set(case.observations.values_list("code", flat=True))
    assert {"severe_bleeding", "injured", "shelling_now", "in_cellar"} <= seen
    assert case.priority == "P1" and case.needs.get().type_id == "WATER"
    assert case.calls.get().dispositions.get().code_id == "silent_coded"


def test_a_mass_event_place_heads_hurt_water(desk, picture, no_barriers):
    page, hands = desk("ru")
    hands.press("F8")
    hands.say("судж")
    expect(page.locator("#settlement-list li").first).to_contain_text("Суджа")
    hands.press("Enter")
    hands.say("30")
    hands.press("Enter")
    hands.say("4")
    hands.press("Enter")
    hands.say("0")
    picture(page, "desk-surge")
    no_barriers(page)
    hands.press("Enter")
    case = saved(page)
    assert (case.household.headcount_high, case.household.kind) == (30, "site")
    assert "injured" in case.observations.values_list("code", flat=True)
    assert case.needs.get().lasts_until is not None
    ready(page)
    expect(page.locator("#surge")).to_be_visible()
    print(f"a mass-event call took {hands.pressed} presses beyond its words")


def test_c22_with_text_only_is_never_a_call_to_make(desk):
    page, hands = desk("uk")
    hands.say("+7 906 555 01 22")
    hands.press("Alt+1")
    hands.say("тьотк")
    expect(page.locator("#settlement-list li").first).to_be_visible()
    hands.press("Enter", "Alt+2")
    hands.say("девочка 16 глухая")
    hands.press("Enter")
    hands.say("мать")
    hands.press("Alt+4", "ArrowRight", "ArrowRight", "ArrowRight", "Tab")
    hands.say("Рыльск")
    hands.press("Alt+7", *["Tab"] * 8, "Enter", "Tab")
    hands.choose("Лише повідомлення")
    hands.press("Alt+0")
    hands.choose("Домовлено передзвонити")
    hands.press("Control+Enter")
    case = saved(page)
    assert case.evacuations.get().direction == "russia"
    assert Reach.objects.get().mode == "text_only"
    assert Callback.objects.get().way == "write"


def test_the_sheet_of_keys_opens_and_closes(desk, picture, no_barriers):
    page, hands = desk("en")
    hands.press("F1")
    expect(page.locator("#keys")).to_be_visible()
    picture(page, "desk-keys")
    no_barriers(page)
    hands.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_at_twice_the_size_everything_is_there_and_nothing_scrolls_sideways(desk, picture, no_barriers):
    """1366 × 768 at 200 % is a window of 683 × 384 (WCAG 2.2, 1.4.10)."""
    page, hands = desk("ru", width=683, height=384)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    hands.say("8 915 555 01 40")
    hands.press("Alt+1")
    hands.say("суджа")
    expect(page.locator("#settlement-list li").first).to_be_visible()
    hands.press("Enter", "Alt+3")
    hands.code("wa0 ")
    picture(page, "desk-twice-the-size")
    no_barriers(page)
    hands.press("Control+Enter")
    assert saved(page).needs.get().type_id == "WATER"


def test_the_desk_is_light(desk):
    """All its scripts and styles together, compressed as they are sent, stay under 60 kB and come from here."""
    fetched: list[str] = []
    page, _ = desk("en")
    page.on("request", lambda request: fetched.append(request.url))
    page.reload(wait_until="domcontentloaded")
    ready(page)
    ours = [url for url in fetched if url.endswith((".js", ".css"))]
    size = sum(len(gzip.compress(page.request.get(url).body())) for url in ours)
    print(f"{len(ours)} scripts and styles, {size / 1000:.1f} kB compressed")
    assert size < 60_000
    assert all(url.startswith(page.url.split("/desk/")[0]) for url in fetched)


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (390, 844, "dark")])
def test_the_list_of_work_as_a_picture(cast, desk, picture, no_barriers, language, width, height, scheme):
    page, _ = desk(language, width=width, height=height, scheme=scheme)
    intake.record(entered("C16"), key="c16", by=cast.olena)
    inbox.receive(
        channel="sms", sender="+7 910 555 01 50", text="Воды нет", message_id="m1", at=timezone.now(), by=System("test")
    )
    handover.leave(note="Ребёнок один в Тёткино, звонить после восьми.", by=cast.oleh)
    page.goto("/desk/work/", wait_until="domcontentloaded")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    no_barriers(page)
    picture(page, f"work-{language}-{width}-{scheme}")


def test_a_written_message_is_read_and_answered(cast, desk, picture, no_barriers):
    page, hands = desk("uk")
    inbox.receive(
        channel="sms", sender="+380 67 555 01 51", text="Немає води", message_id="m1", at=timezone.now(), by=System("t")
    )
    page.goto("/desk/work/", wait_until="domcontentloaded")
    page.locator("main form[action*=claim] button").focus()
    hands.press("Enter")
    expect(page.locator("#conversation")).to_contain_text("Немає води")
    ready(page)
    page.locator("#reply-text").focus()
    hands.say("Автобус завтра о 9:00")
    hands.press("Tab", "Enter")
    expect(page.locator("#reply-problem")).to_be_visible()
    no_barriers(page)
    picture(page, "desk-reply-refused")
    page.locator("#reply-text").fill("Зателефонуйте нам")
    page.locator("[data-reply]").focus()
    hands.press("Enter")
    expect(page.locator("#conversation .ours")).to_contain_text("Зателефонуйте нам")
    no_barriers(page)
    picture(page, "desk-conversation")


def test_a_ringing_call_is_answered_with_one_key_and_opens_its_card(cast, desk, picture, no_barriers):
    case = intake.record(entered("C01"), key="c01", by=cast.oleh).cases.get()
    page, hands = desk("ru")
    with page.expect_navigation():  # the page of before would take the key, and be gone
        page.locator("#presence").select_option("free")
    ready(page)
    expect(page.locator("#presence")).to_have_value("free")
    heard = Heard("test", "e1", "call-1", TelephonyKind.RINGING, timezone.now(), caller="+79155550101")
    calls.heard(heard, by=System("telephony"))
    ring = page.locator("#rings button")
    expect(ring).to_be_visible(timeout=5000)
    assert "555" not in ring.inner_text()
    picture(page, "desk-ring")
    no_barriers(page)
    hands.press("F4")
    page.wait_for_url("**/desk/?draft=**")
    expect(page.locator("#cards .plain")).to_contain_text("за рынком")
    assert page.locator("#id_number").input_value() == "+79155550101"
    assert Call.objects.latest("pk").operator_id == cast.olena.user_id
    hands.press("Alt+Enter", "Alt+3")
    hands.code("wa0 ")
    hands.press("Control+Enter")
    saved(page)
    assert case.calls.count() == 2 and Call.objects.latest("pk").status == "completed"
