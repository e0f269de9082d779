"""The papers and the file of a convoy, taken in a real browser under our content policy."""

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from browser.hands import sign_in
from cases.models import User
from cases.privacy.sealed_file import unseal
from cast import Cast
from on_the_ground import a_day
from ways_out import a_family

pytestmark = pytest.mark.django_db(transaction=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize(("width", "height", "language"), [(1366, 900, "en"), (390, 844, "uk")])
def test_the_papers_are_taken_in_the_chosen_language_and_the_file_by_its_passphrase(
    cast: Cast, open_page, picture, no_barriers, width, height, language
):
    family = a_family()
    day = a_day(family)
    User.objects.filter(username="dmytro").update(language=language)
    page = open_page(width, height)
    sign_in(page, "dmytro")
    page.goto(f"/evacuation/convoy/{day.convoy.pk}/day/")
    no_barriers(page)
    assert fits(page)
    page.locator("#papers-language").scroll_into_view_if_needed()
    picture(page, f"papers-{language}")

    page.select_option("#papers-language", "ru")
    with page.context.expect_event("request", lambda sent: "/papers/driver/" in sent.url) as sent:
        page.locator("button[formaction*='/papers/driver/']").click()
    assert sent.value.url.endswith("/papers/driver/?language=ru")
    made = page.context.request.get(sent.value.url)
    assert family.case.spoken in PdfReader(BytesIO(made.body())).pages[0].extract_text()

    page.locator("form[action$='/file/'] button").click()
    phrase = page.locator(".phrase")
    expect(phrase).to_be_visible()
    no_barriers(page)
    assert fits(page)
    picture(page, f"papers-file-{language}")
    passphrase = phrase.inner_text()
    with page.expect_download() as download:
        page.locator("form[action$='/file/'] button").click()
    assert download.value.suggested_filename == "list.sealed"
    assert family.case.ref in unseal(download.value.path().read_bytes(), passphrase).decode().replace(" ", "")
