"""What the desk does by itself while an operator works: its sign of life, cards, replies, alarms, the next call."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from browser.hands import Hands, ready, sign_in
from browser.test_nothing_typed_is_lost import kept
from calls import entered
from cases import policy
from cases.actors import System
from cases.domain import alarms, inbox, intake, verbs
from cases.enums import AlarmKind
from cases.models import Call, Case, Draft, Written
from chaos.waiting import until
from telephone import NUMBER

pytestmark = pytest.mark.django_db(transaction=True)

# A hidden page's own timers are put off by the browser; here those of ten seconds and more never run at all.
NO_LONG_TIMERS = """
for (const name of ["setTimeout", "setInterval"]) {
    const before = window[name];
    window[name] = (work, after, ...more) => (after >= 10000 ? 0 : before(work, after, ...more));
}
"""
# Every tone that is played, by its pitch.
TONES = """
window.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
    window.tones.push(this.frequency.value);
    start.call(this, at);
};
"""


@pytest.fixture
def desk(cast, open_page) -> Page:
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    return page


# --- the sign of life -------------------------------------------------------------------------------------------------


def test_a_hidden_page_shows_its_sign_of_life(cast, open_page):
    page = open_page()
    page.add_init_script(NO_LONG_TIMERS)

    def hurry(route: Route) -> None:
        body = route.fetch().text()
        assert "15_000" in body
        route.fulfill(body=body.replace("15_000", "300"), content_type="text/javascript")

    page.route("**/pulse*.js", hurry)
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Note", exact=True).fill("слово")
    kept(page, "saved")
    before = Draft.objects.get().seen_at
    until(lambda: Draft.objects.get().seen_at > before, seconds=10, what="the sign of life")


# --- the card of who calls --------------------------------------------------------------------------------------------


def known(cast) -> Case:
    return intake.record(entered("C01"), key="c01", by=cast.oleh).cases.get()


def test_another_number_does_not_go_on_with_the_case_of_the_first(cast, desk):
    case = known(cast)
    desk.locator("#id_number").fill("8 915 555 01 01")
    desk.locator("#cards [data-continue]").click()
    expect(desk.locator("#id_continues")).to_have_value(case.ref)
    desk.locator("#id_number").fill("8 915 555 09 99")
    expect(desk.locator("#id_continues")).to_have_value("")
    expect(desk.locator("#case-said")).to_contain_text("is not continued")
    expect(desk.locator("#id_disposition")).to_have_value("")
    kept(desk, "saved")
    until(lambda: Draft.objects.get().case_id is None, seconds=10, what="the draft without the case")


def test_the_same_number_written_otherwise_keeps_the_case(cast, desk):
    case = known(cast)
    desk.locator("#id_number").fill("8 915 555 01 01")
    desk.locator("#cards [data-continue]").click()
    desk.locator("#id_number").fill("8 (915) 555-01-01")
    expect(desk.locator("#id_continues")).to_have_value(case.ref)


def test_a_card_of_the_number_before_continues_nothing(cast, desk):
    known(cast)
    desk.locator("#id_number").fill("8 915 555 01 01")
    expect(desk.locator("#cards [data-continue]")).to_be_visible()
    desk.route("**/desk/card/", lambda route: None)
    desk.locator("#id_number").fill("8 915 555 09 99")
    desk.keyboard.press("Alt+Enter")
    desk.locator("#cards [data-continue]").click()
    expect(desk.locator("#id_continues")).to_have_value("")


def test_a_server_that_gives_no_card_leaves_nobody_elses(cast, desk):
    known(cast)
    desk.locator("#id_number").fill("8 915 555 01 01")
    expect(desk.locator("#cards .card")).to_be_visible()
    desk.route("**/desk/card/", lambda route: route.abort())
    desk.locator("#id_number").fill("8 915 555 09 99")
    expect(desk.locator("#cards .card")).to_have_count(0)


# --- answers to written messages --------------------------------------------------------------------------------------


@pytest.fixture
def talk(desk) -> Page:
    """A conversation on Olena's page, an answer typed."""
    inbox.receive(
        channel="sms", sender="+380 67 555 01 51", text="Немає води", message_id="m1", at=timezone.now(), by=System("t")
    )
    desk.goto("/desk/work/", wait_until="domcontentloaded")
    desk.locator("main form[action*=claim] button").click()
    ready(desk)
    desk.locator("#reply-text").fill("Зателефонуйте нам")
    return desk


def answers() -> list[str]:
    return [str(row.state) for row in Written.objects.filter(outgoing=True)]


def test_an_answer_whose_receipt_was_lost_goes_once(talk):
    reply = re.compile(r"/reply/$")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    talk.route(reply, lose)
    talk.locator("[data-reply]").click()
    expect(talk.locator(".reply-said")).to_contain_text("does not answer")
    assert talk.locator("#reply-text").input_value() == "Зателефонуйте нам"
    assert len(answers()) == 1
    talk.unroute(reply)
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    expect(talk.locator("#reply-text")).to_have_value("")
    assert len(answers()) == 1
    talk.locator("#reply-text").fill("Чекаємо")
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(2)
    assert len(answers()) == 2


def test_an_answer_that_is_half_typed_survives_its_page_and_one_that_went_does_not_come_back(talk):
    kept(talk, "saved")
    talk.reload(wait_until="domcontentloaded")
    ready(talk)
    expect(talk.locator("#reply-text")).to_have_value("Зателефонуйте нам")
    before = Draft.objects.get().serial
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    until(lambda: Draft.objects.get().serial > before, seconds=8, what="the answer to leave the draft")
    talk.reload(wait_until="domcontentloaded")
    ready(talk)
    expect(talk.locator("#reply-text")).to_have_value("")
    assert len(answers()) == 1


def test_a_call_is_not_saved_over_an_answer_that_was_not_sent(talk, no_barriers):
    talk.locator("#id_disposition").select_option("information_only")
    talk.keyboard.press("Control+Enter")
    expect(talk.locator("#save-state")).to_contain_text("not sent")
    expect(talk.locator("#reply-text")).to_be_focused()
    no_barriers(talk)
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    talk.keyboard.press("Control+Enter")
    expect(talk.locator(".toast.success")).to_be_visible()
    assert len(answers()) == 1


def test_an_answer_whose_receipt_was_lost_goes_once_from_the_page_that_is_opened_again(talk):
    reply = re.compile(r"/reply/$")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    kept(talk, "saved")
    talk.route(reply, lose)
    talk.locator("[data-reply]").click()
    expect(talk.locator(".reply-said")).to_contain_text("does not answer")
    talk.unroute(reply)
    talk.reload(wait_until="domcontentloaded")
    ready(talk)
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    assert len(answers()) == 1


def test_another_answer_after_a_lost_receipt_is_told_of_the_first(talk, no_barriers):
    reply = re.compile(r"/reply/$")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    talk.route(reply, lose)
    talk.locator("[data-reply]").click()
    expect(talk.locator(".reply-said")).to_contain_text("does not answer")
    talk.unroute(reply)
    talk.locator("#reply-text").fill("Чекаємо")
    talk.locator("[data-reply]").click()
    expect(talk.locator("#reply-problem")).to_contain_text("it stands above")
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    assert (talk.locator("#reply-text").input_value(), len(answers())) == ("Чекаємо", 1)
    no_barriers(talk)
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(2)


def test_an_answer_of_who_was_signed_out_stays_and_says_so(talk):
    Session.objects.all().delete()
    talk.locator("[data-reply]").click()
    expect(talk.locator(".reply-said")).to_contain_text("You were signed out")
    assert talk.locator("#reply-text").input_value() == "Зателефонуйте нам"
    other = talk.context.new_page()
    sign_in(other, "olena")
    talk.bring_to_front()
    talk.locator("[data-reply]").click()
    expect(talk.locator("#conversation .ours")).to_have_count(1)
    assert len(answers()) == 1


# --- the next call, after one that this device kept -------------------------------------------------------------------


def test_nothing_of_the_call_before_stays_on_the_page(cast, talk, picture, no_barriers):
    talk.locator("#id_number").fill(NUMBER)
    talk.keyboard.press("F9")
    talk.locator("#red-go").click()
    expect(talk.locator("#red-said")).to_be_visible()
    talk.context.set_offline(True)
    talk.locator("#id_text_ok").evaluate("(field) => { field.value = 'no'; }")
    talk.locator("#id_disposition").select_option("case_opened")
    talk.locator("#reply-text").fill("")
    talk.keyboard.press("Control+Enter")
    kept(talk, "queued")
    for gone in ("#red-said", "#colleagues", "#class-shown", "#conversation", "#of-call", "#cards .card"):
        expect(talk.locator(gone)).to_be_hidden()
    assert (talk.url.endswith("/desk/"), talk.locator("#id_number").input_value()) == (True, "")
    assert (talk.locator("#id_channel").input_value(), talk.locator("#id_text_ok").input_value()) == ("phone", "")
    no_barriers(talk)
    picture(talk, "desk-next-call")
    talk.context.set_offline(False)
    until(lambda: Call.objects.filter(status="completed").count() == 1, seconds=15, what="the kept call")
    assert Case.objects.count() == 1


# --- alarms -----------------------------------------------------------------------------------------------------------


def test_each_new_alarm_sounds_and_the_grave_ones_otherwise(cast, open_page):
    case = known(cast)

    def raised(kind: AlarmKind) -> None:
        def work() -> None:
            policy.require()
            alarms.raise_step(kind, case=case, raised_by_id=cast.oleh.user_id)

        verbs.in_transaction(work, "intake.red_key", cast.oleh)

    room = open_page()
    room.add_init_script(TONES)
    sign_in(room, "taras")
    raised(AlarmKind.FAILED)
    expect(room.locator("#alarms .alarm")).to_have_count(1, timeout=8000)
    until(lambda: room.evaluate("tones.length") > 0, seconds=5, what="a tone")
    assert max(room.evaluate("tones")) < 600
    raised(AlarmKind.RED_KEY)
    expect(room.locator("#alarms .alarm")).to_have_count(2, timeout=8000)
    until(lambda: max(room.evaluate("tones")) > 800, seconds=2, what="the red key's own tone")
    told = room.request.get("/live/").json()["sounds"]
    shown = room.locator("#alarms .alarm").evaluate_all("(all) => all.map((one) => one.dataset.uid)")
    assert shown == [one["uid"] for one in told]


# --- yes or no --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "said"), [("1", "yes"), ("2", "no"), ("3", "")])
def test_whether_a_text_is_safe_is_answered_by_taps(desk, key, said):
    hands = Hands(desk)
    hands.press("F7")
    expect(desk.locator("#question")).to_be_focused()
    hands.press(*["3"] * 11)
    expect(desk.locator("#question")).to_contain_text("12 / 12")
    hands.press(key)
    assert desk.locator("#id_text_ok").input_value() == said
    chip = desk.locator('#not-asked [data-of="text_ok"]')
    assert chip.evaluate("(chip) => chip.hidden") == (said != "")


# --- the type-ahead ---------------------------------------------------------------------------------------------------


def test_an_answer_that_comes_after_the_choice_opens_nothing_over_the_next_field(desk):
    box, offered = desk.get_by_label("Settlement", exact=True), desk.locator("#settlement-list li")
    box.press_sequentially("суд")
    expect(offered.first).to_contain_text("Sudzha")
    late: list[Route] = []
    desk.route("**/desk/settlements/", lambda route: late.append(route))
    with desk.expect_request("**/desk/settlements/"):
        box.press_sequentially("ж")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Street or landmark")).to_be_focused()
    with desk.expect_response("**/desk/settlements/"):
        late[0].continue_()
    desk.get_by_text("Cannot reach a collection point").click(timeout=5000)
    expect(desk.locator("#settlement-list")).to_be_hidden()
