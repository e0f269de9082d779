"""The red key pressed while the server is away: loudly not sounded, until it has sounded once."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from browser.hands import ready, sign_in
from browser.test_nothing_typed_is_lost import kept
from cases.models import Alarm, Call, Case
from chaos.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(cast, open_page) -> Page:
    page = open_page()
    sign_in(page, "olena")
    ready(page)
    page.get_by_label("Settlement", exact=True).fill("Мартыновка")
    kept(page, "saved")
    return page


def press(page: Page) -> None:
    page.keyboard.press("F9")
    page.locator("#red-go").click()


def not_sounded(page: Page) -> None:
    expect(page.locator("#red-waits")).to_contain_text("Not sounded yet")
    expect(page.locator("#red-said")).to_be_hidden()
    assert Alarm.objects.count() == 0


def sounded(page: Page) -> None:
    expect(page.locator("#red-said")).to_contain_text("The coordinators hear it now", timeout=20_000)
    expect(page.locator("#red-waits")).to_be_hidden()


def test_without_a_network_it_is_tried_until_it_sounds(desk, picture, no_barriers):
    desk.context.set_offline(True)
    press(desk)
    not_sounded(desk)
    no_barriers(desk)
    picture(desk, "desk-red-key-away")
    desk.context.set_offline(False)
    sounded(desk)
    assert (Alarm.objects.get().kind, Case.objects.get().red_key) == ("red_key", True)


def test_signed_out_it_sounds_as_soon_as_one_is_signed_in(desk):
    Session.objects.all().delete()
    press(desk)
    not_sounded(desk)
    other = desk.context.new_page()
    sign_in(other, "olena")
    desk.bring_to_front()
    sounded(desk)
    assert Alarm.objects.get().kind == "red_key"


def test_a_call_kept_on_this_device_sounds_before_it_is_recorded(desk):
    desk.context.set_offline(True)
    press(desk)
    not_sounded(desk)
    desk.locator("#id_anonymous").check()
    desk.locator("#id_disposition").select_option("case_opened")
    desk.keyboard.press("Control+Enter")
    kept(desk, "queued")
    not_sounded(desk)
    desk.context.set_offline(False)
    sounded(desk)
    until(lambda: Call.objects.filter(status="completed").count() == 1, seconds=15, what="the kept call")
    case = Case.objects.get()
    assert (case.red_key, case.priority, Alarm.objects.get().case_id) == (True, "P1", case.pk)


def test_a_page_closed_before_it_sounded_sounds_from_the_next(desk):
    desk.context.set_offline(True)
    press(desk)
    not_sounded(desk)
    kept(desk, "local")
    desk.goto("about:blank")
    desk.context.set_offline(False)
    desk.goto("/desk/work/", wait_until="domcontentloaded")
    until(lambda: Alarm.objects.filter(kind="red_key").count() == 1, seconds=15, what="the alarm")


def test_a_call_is_not_saved_over_a_red_key_the_server_breaks_on(desk):
    desk.route("**/red-key/", lambda route: route.fulfill(status=500, body=""))
    press(desk)
    not_sounded(desk)
    desk.locator("#id_anonymous").check()
    desk.locator("#id_disposition").select_option("case_opened")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#save-state")).to_contain_text("could not save it")
    assert Call.objects.count() == 0
    desk.unroute("**/red-key/")
    sounded(desk)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator(".toast.success")).to_be_visible()
    assert (Call.objects.get().status, Alarm.objects.count()) == ("completed", 1)
