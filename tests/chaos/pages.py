"""A browser that stays open: one connection that is kept, cookies, what its forms hold, and its event stream."""

import http.client
import json
import re
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

HOST = "127.0.0.1"
PATIENCE_SECONDS = 20.0
# The server hangs up on a connection that was idle for five seconds.
IDLE_SECONDS = 4.0
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
BOOT = re.compile(r'<script id="boot" type="application/json">(.*?)</script>', re.DOTALL)


@dataclass
class Figures:
    """What happened, from all threads: seconds by kind of request, and every answer that should not have been."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def tell(self) -> None:
        for kind, taken in sorted(self.seconds.items()):
            line = "  ".join(f"p{share} {1000 * quantile(taken, share):7.1f} ms" for share in (50, 95, 100))
            print(f"  {kind:22} {len(taken):6}   {line}")


def quantile(values: list[float], share: int) -> float:
    """The value that so many percent of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)] if ordered else 0.0


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """One browser with an address of its own (all of 127.0.0.0/8 is this machine), so that limits by address hold."""

    def __init__(self, port: int, address: str, figures: Figures) -> None:
        self.port, self.address, self.figures = port, address, figures
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.connection = http.client.HTTPConnection(HOST, port, PATIENCE_SECONDS, source_address=(address, 0))
        self.asked_at = 0.0

    def get(self, kind: str, path: str, expect: int = 200) -> Answer:
        return self.ask(kind, "GET", path, None, {}, expect)

    def post(self, kind: str, path: str, form: Mapping[str, str], expect: int = 200, **headers: str) -> Answer:
        return self.ask(kind, "POST", path, form, headers, expect)

    def ask(
        self, kind: str, method: str, path: str, form: Mapping[str, str] | None, headers: dict[str, str], expect: int
    ) -> Answer:
        """One request; an answer with another status than expected is an error of the run."""
        body = None
        said = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | headers
        if form is not None:
            body = urlencode({**form, "csrfmiddlewaretoken": self.token})
            said["Content-Type"] = "application/x-www-form-urlencoded"
        if time.monotonic() - self.asked_at > IDLE_SECONDS:
            self.connection.close()
        start = self.asked_at = time.monotonic()
        try:
            self.connection.request(method, path, body, said)
            answer = self.connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.figures.errors.append(f"{kind}: {type(error).__name__}")
            return Answer(0, "", "")
        self.figures.seconds[kind].append(time.monotonic() - start)
        self._keep(answer, text)
        if answer.status != expect:
            self.figures.errors.append(f"{kind}: {answer.status} {text[:200]}")
        return Answer(answer.status, answer.headers.get("Location", ""), text)

    def _keep(self, answer: http.client.HTTPResponse, text: str) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        found = TOKEN.search(text)
        if found:
            self.token = found[1]

    def sign_in(self, name: str, password: str) -> None:
        self.get("sign-in page", "/accounts/login/")
        self.post("sign in", "/accounts/login/", {"login": name, "password": password}, expect=302)

    def close(self) -> None:
        self.connection.close()


class Typed(HTMLParser):
    """What the desk's form holds, as a browser's FormData says it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._inside = False
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name = said.get("name", "")
        if tag == "form":
            self._inside = said.get("id") == "desk"
        elif not self._inside:
            return
        elif tag == "input" and name and said.get("type") != "submit":
            ticked = said.get("type") in ("checkbox", "radio")
            if not ticked or "checked" in said:
                self.fields[name] = said.get("value", "on" if ticked else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in said or self._select not in self.fields):
            self.fields[self._select] = said.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._inside = False


def boot(page: str) -> dict[str, Any]:
    """What the page's scripts begin with."""
    found = BOOT.search(page)
    assert found, page[:200]
    return json.loads(found[1])


Hear = Callable[[str, dict[str, Any], float], None]


class Stream:
    """A page's event stream, read by a thread of its own: each event with the moment it came. `status` of the answer.

    `broken` says that it ended without `close()`.
    """

    def __init__(self, port: int, query: str, hear: Hear) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, PATIENCE_SECONDS)
        self.connection.request("GET", f"/events/{query}")
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.hear, self.closing, self.broken = hear, False, False
        self.thread = threading.Thread(target=self._read, daemon=True)
        if self.status == 200:
            self.thread.start()

    def _read(self) -> None:
        name = ""
        try:
            while line := self.answer.readline():
                if line.startswith(b"event: "):
                    name = line[7:].strip().decode()
                elif line.startswith(b"data: "):
                    self.hear(name, json.loads(line[6:]), time.monotonic())
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # closed by us, or broken
        self.broken = not self.closing

    def close(self) -> None:
        self.closing = True
        if self.socket is not None:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self.thread.is_alive():
            self.thread.join(10)
        self.connection.close()
