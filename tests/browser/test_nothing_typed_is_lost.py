"""The page of a call is left only when it was saved."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from browser.test_one_call import say_c01, sign_in
from cases.models import Case

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_session_that_ended_loses_nothing(cast, open_page, picture):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("signed out")
    picture(page, "desk-signed-out")
    assert page.get_by_label("People, one line each").input_value() == "ж 78\nм лежачий"

    other = page.context.new_page()
    sign_in(other, "olena")
    page.bring_to_front()
    page.get_by_role("button", name="Save and wrap up").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    assert Case.objects.count() == 1


def test_a_server_that_is_away_loses_nothing(cast, open_page):
    page = open_page()
    sign_in(page, "olena")
    say_c01(page)
    page.context.set_offline(True)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    page.context.set_offline(False)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Saved")
    assert Case.objects.count() == 1
