"""The browser and the web process are killed while an operator types: nothing is lost or doubled."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Playwright, expect

from browser.conftest import ARGUMENTS, CHROMIUM
from browser.hands import ready
from chaos.system import PASSWORD, System, running
from chaos.waiting import until

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system"), like=filled) as whole:
        yield whole


@contextmanager
def browsing(playwright: Playwright, system: System, profile: Path) -> Iterator[Page]:
    """A Chromium of its own process with a profile on the disk, as at an operator's place."""
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        base_url=f"http://127.0.0.1:{system.port}",
        viewport={"width": 1366, "height": 768},
        locale="en-GB",
    )
    try:
        yield context.pages[0]
    finally:
        with suppress(PlaywrightError):  # the browser was killed
            context.close()


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/", wait_until="domcontentloaded")
    if page.locator("[name=login]").count():
        page.fill("[name=login]", "olena")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile(r"/desk/"))
    ready(page)


def kill_browser(profile: Path) -> None:
    """Kill -9 every process of the browser with this profile."""
    found = subprocess.run(["pgrep", "-f", f"user-data-dir={profile}"], capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in found.stdout.split()]
    assert pids, "the browser runs"
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def kept(page: Page, how: str) -> None:
    expect(page.locator("#kept-state")).to_have_attribute("data-shown", how, timeout=20_000)


def counts(system: System) -> tuple[int, int]:
    return system.rows("SELECT (SELECT count(*) FROM cases_call), (SELECT count(*) FROM cases_case)")[0]


def test_the_web_is_killed_in_mid_sentence_and_the_call_is_one(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    before = counts(system)
    with browsing(playwright, system, tmp_path / "profile") as page:
        sign_in(page)
        page.get_by_label("Number or address").fill("+7 915 555 02 01")
        page.get_by_label("Settlement", exact=True).fill("Суджа")
        page.locator("#pick").press_sequentially("wa1 ")
        kept(page, "saved")
        system.kill("web")
        page.get_by_label("Note", exact=True).fill("Сказано, пока сервера не было.")
        kept(page, "local")
        page.keyboard.press("Control+Enter")
        kept(page, "queued")
        # The next call, on the same page, while the server is still away.
        page.get_by_label("Number or address").fill("+7 915 555 02 02")
        page.locator("#pick").press_sequentially("fo0 ")
        page.locator("#id_settlement").fill("Гуево")
        kept(page, "local")
        system.start("web")
        system.wait_until_served()
        until(lambda: counts(system) == (before[0] + 1, before[1] + 1), seconds=30, what="the kept call")
        kept(page, "saved")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".toast.success").first).to_be_visible(timeout=15_000)
    assert counts(system) == (before[0] + 2, before[1] + 2)
    keys = [key for (key,) in system.rows("SELECT key FROM cases_idempotency WHERE verb = 'intake.record'")]
    assert len(keys) == len(set(keys))


def test_the_browser_is_killed_and_at_most_two_seconds_are_gone(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    before, profile = counts(system), tmp_path / "profile"
    with browsing(playwright, system, profile) as page:
        sign_in(page)
        page.get_by_label("Settlement", exact=True).fill("Мартыновка")
        kept(page, "saved")
        typed = "Первое предложение сказано."
        page.get_by_label("Note", exact=True).fill(typed)
        # Two seconds of the page's own clock: what was typed before them must be there.
        page.evaluate("new Promise((done) => setTimeout(done, 2000))")
        page.get_by_label("Note", exact=True).press_sequentially(" Последние слова", delay=5)
        kill_browser(profile)
    with browsing(playwright, system, profile) as page:
        sign_in(page)
        page.locator("[data-leaves]").first.click()
        ready(page)
        assert page.get_by_label("Note", exact=True).input_value().startswith(typed)
        assert page.locator("#id_settlement").input_value().startswith("Martynovka")
        page.locator("#id_anonymous").check()
        page.locator("#id_disposition").select_option("case_opened")
        page.locator("#pick").press_sequentially("wa0 ")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".toast.success").first).to_be_visible(timeout=15_000)
    assert counts(system) == (before[0] + 1, before[1] + 1)


def test_browser_and_web_are_killed_together_and_the_device_still_has_it(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    before, profile = counts(system), tmp_path / "profile"
    with browsing(playwright, system, profile) as page:
        sign_in(page)
        page.get_by_label("Number or address").fill("+7 915 555 02 03")
        page.get_by_label("Settlement", exact=True).fill("Суджа")
        page.locator("#pick").press_sequentially("wa1 ")
        kept(page, "saved")
        system.kill("web")
        page.get_by_label("Note", exact=True).fill("Только на этом устройстве.")
        kept(page, "local")
        page.keyboard.press("Control+Enter")
        kept(page, "queued")
        kill_browser(profile)
    on_disk = b"".join(path.read_bytes() for path in (profile / "Default").rglob("*") if path.is_file())
    assert "Только на этом устройстве".encode() not in on_disk
    assert "Только на этом устройстве".encode("utf-16-le") not in on_disk
    system.start("web")
    system.wait_until_served()
    with browsing(playwright, system, profile) as page:
        sign_in(page)
        until(lambda: counts(system) == (before[0] + 1, before[1] + 1), seconds=30, what="the kept call")
    assert counts(system) == (before[0] + 1, before[1] + 1)


def test_without_the_device_the_same_death_loses_the_words(
    playwright: Playwright, system: System, tmp_path: Path
) -> None:
    """The negative control: the same page with no place to keep anything says so, and the words are gone."""
    before, profile = counts(system), tmp_path / "profile"
    with browsing(playwright, system, profile) as page:
        page.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
        sign_in(page)
        page.get_by_label("Settlement", exact=True).fill("Суджа")
        kept(page, "saved")
        system.kill("web")
        page.get_by_label("Note", exact=True).fill("Этого не останется.")
        kept(page, "memory")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#save-state")).to_contain_text("stay on this page")
        kill_browser(profile)
    system.start("web")
    system.wait_until_served()
    with browsing(playwright, system, profile) as page:
        sign_in(page)
        page.locator("[data-leaves]").first.click()
        ready(page)
        assert "Этого не останется" not in page.get_by_label("Note", exact=True).input_value()
    assert counts(system) == before
