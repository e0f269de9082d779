"""An operator's browser, as far as chaos needs one: signs in, sends the desk's form, sends it again under its key."""

import http.client
import queue
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.1
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def typed(number: int, key: str) -> dict[str, str]:
    """One call as typed: odd callers may be written to, so that they get a message of their own."""
    written = {"channel": "email", "number": f"caller{number}@example.org", "text_ok": "yes"}
    spoken = {"channel": "phone", "number": f"+7 915 555 {number:04}"}
    return {
        "key": key,
        "language": "ru",
        "relation": "self",
        "on_site": "on",
        "identity": "unknown",
        "contact_mode": "voice",
        "group": "unknown",
        "settlement": "Суджа",
        "address": "улица за рынком",
        "people": "ж 78\nм лежачий",
        "need_WATER": "on",
        "days_WATER": "1",
        "way": "ukraine",
        "destination": "Сумы, сын",
        "consent_processing_": "on",
        "notes": "Муж после инсульта.",
        "disposition": "case_opened",
    } | (written if number % 2 else spoken)


@dataclass
class Browser:
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    def sign_in(self, name: str, password: str) -> None:
        self._keep_token(self.ask("GET", "/accounts/login/"))
        answer = self.ask("POST", "/accounts/login/", {"login": name, "password": password})
        assert answer[0] == 302, answer
        self._keep_token(self.ask("GET", "/desk/"))

    def _keep_token(self, answer: tuple[int, str, str]) -> None:
        found = TOKEN.search(answer[2])
        assert answer[0] == 200 and found, answer
        self.token = found[1]

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where to, and the page. Raises OSError or HTTPException when no answer came."""
        connection = self.send(method, path, form)
        try:
            answer = connection.getresponse()
            page = answer.read().decode()
            if path != "/desk/" or method == "GET":
                self._keep_cookies(answer)
            return answer.status, answer.headers.get("Location", ""), page
        finally:
            connection.close()

    def send(self, method: str, path: str, form: dict[str, str] | None = None) -> http.client.HTTPConnection:
        """Send a request whose answer may be read, or not."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = urlencode({"csrfmiddlewaretoken": self.token} | form) if form is not None else None
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        return connection

    def _keep_cookies(self, answer: http.client.HTTPResponse) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]

    def save(self, number: int, *, key: str = "", again: Callable[[str], str] = lambda key: key) -> tuple[int, int]:
        """Send one call until it is acknowledged or refused for good: its status, and how often it was sent.

        `again` says under which key it is sent the next time: the same one, unless a test wants to see why.
        """
        key, sent, deadline = key or uuid.uuid4().hex, 0, time.monotonic() + PATIENCE_SECONDS
        nap = threading.Event()
        while time.monotonic() < deadline:
            sent += 1
            try:
                status, where, _ = self.ask("POST", "/desk/", typed(number, key))
            except (OSError, http.client.HTTPException):
                status, where = 0, ""
            if (status == 302 and where == "/desk/") or 400 <= status < 500:
                return status, sent
            key = again(key)
            nap.wait(PAUSE_SECONDS)
        raise AssertionError(f"call {number} was never acknowledged: last status {status}")


@dataclass
class Shift:
    """Several browsers at work on one list of calls. `saved`: key → status and sendings."""

    browser: Browser
    saved: dict[str, tuple[int, int]] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        return len(self.saved)


@contextmanager
def shift(browser: Browser, calls: range, *, hands: int = 12) -> Iterator[Shift]:
    """Save these calls at once from several threads; leaving waits for the last."""
    work: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in calls:
        work.put(number)
    mine = Shift(browser)

    def one_hand() -> None:
        try:
            while True:
                number, key = work.get_nowait(), uuid.uuid4().hex
                mine.saved[key] = browser.save(number, key=key)
        except queue.Empty:
            pass
        except BaseException as error:
            mine.failures.append(error)

    threads = [threading.Thread(target=one_hand, daemon=True) for _ in range(hands)]
    for thread in threads:
        thread.start()
    yield mine
    for thread in threads:
        thread.join(2 * PATIENCE_SECONDS)
    assert mine.failures == [] and mine.acknowledged == len(calls), mine.failures
