"""An operator's hands on the keyboard, and what they press counted; the words of the caller are not."""

import re

from playwright.sync_api import Page, expect

from cast import PASSWORD


def sign_in(page: Page, name: str) -> None:
    page.goto("/accounts/login/", wait_until="domcontentloaded")
    page.fill("[name=login]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(desk|admin|field)/"))


def ready(page: Page) -> None:
    """The desk's scripts have taken over."""
    expect(page.locator("html[data-ready=yes]")).to_be_attached()


class Hands:
    """`say` types what the caller says; `press` is everything else: each key with each of its modifiers counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def say(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, *chords: str) -> None:
        for chord in chords:
            self.pressed += len(chord.split("+"))
            self.page.keyboard.press(chord)

    def choose(self, label: str) -> None:
        """Go down the list that has the focus until this choice stands."""
        chosen = "document.activeElement.selectedOptions[0].label"
        for _ in range(40):
            if self.page.evaluate(chosen) == label:
                return
            self.press("ArrowDown")
        raise AssertionError(f"no choice called {label}")

    def code(self, text: str) -> None:
        """Short codes are no words of the caller: every letter counts."""
        for letter in text:
            self.pressed += 1
            if letter == " ":
                self.page.keyboard.press("Space")
            else:
                self.page.keyboard.type(letter)
