"""The pages' server: what a slow or long request, and a page that hangs, may cost the others."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hotline import pages
from hotline.pages import LONGEST_BODY, Pages

PATIENCE = 0.05


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE_SECONDS", PATIENCE)


class Request:
    """One request, told to the server in pieces; `answer` is what came back."""

    def __init__(self, path: str = "/", pieces: tuple[bytes, ...] = (b"",)) -> None:
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "headers": [(b"content-length", b"%d" % sum(map(len, pieces)))],
        }
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for number, piece in enumerate(pieces, 1):
            self.say(body=piece, more_body=number < len(pieces))
        self.answer: list[Any] = []

    def say(self, type: str = "http.request", **more: Any) -> None:
        self.messages.put_nowait({"type": type, **more})

    async def send(self, message: Any) -> None:
        self.answer.append(message)

    async def through(self, server: Pages) -> "Request":
        await server(self.scope, self.messages.get, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self.answer[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.answer[1:])


class Echo:
    """A WSGI application that says what it was sent; `/hangs` waits until it is let go."""

    def __init__(self) -> None:
        self.hangs, self.closed = threading.Event(), 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/hangs":
            self.hangs.wait(10)
        if environ["PATH_INFO"] == "/breaks":
            raise LookupError
        start_response("201 Created", [("X-Path", environ["PATH_INFO"])])
        return self.chunks(environ["wsgi.input"].read())

    def chunks(self, body: bytes) -> Any:
        try:
            yield from (body[:3], body[3:])
        finally:
            self.closed += 1


def run(work: Any) -> Any:
    """In a thread of its own: a browser's driver may have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asyncio.wait_for(work, 20)).result()


def test_a_request_in_pieces_is_one_and_its_answer_is_whole() -> None:
    app = Echo()
    request = run(Request("/где", (b"wa", b"ter", b"")).through(Pages(app, threads=1)))
    assert (request.status, request.body, app.closed) == (201, b"water", 1)
    assert request.answer[0]["headers"] == [(b"x-path", "/где".encode())]
    assert len(request.answer) == 2


def test_who_sends_slowly_holds_no_thread() -> None:
    async def work() -> None:
        server = Pages(Echo(), threads=1)
        slow = Request(pieces=())
        slow.say(body=b"sl", more_body=True)
        waiting = asyncio.create_task(slow.through(server))
        quick = await Request(pieces=(b"quick",)).through(server)
        assert quick.body == b"quick" and not waiting.done()
        slow.say(body=b"ow", more_body=False)
        assert (await waiting).body == b"slow"

    run(work())


def test_who_goes_away_before_all_is_said_is_no_request() -> None:
    request = Request(pieces=())
    request.say(body=b"half", more_body=True)
    request.say("http.disconnect")
    assert run(request.through(Pages(Echo(), threads=1))).answer == []


def test_more_than_a_request_can_hold_is_refused_before_it_is_read() -> None:
    request = Request(pieces=(b"x" * LONGEST_BODY, b"y", b"z"))
    assert run(request.through(Pages(Echo(), threads=1))).status == 413
    assert request.messages.qsize() == 1, "the rest was not asked for"


def test_exactly_as_much_as_a_request_can_hold_is_taken() -> None:
    assert run(Request(pieces=(b"x" * LONGEST_BODY,)).through(Pages(Echo(), threads=1))).status == 201


def test_a_page_that_hangs_holds_the_others_up_no_longer_than_their_patience() -> None:
    async def work() -> None:
        app = Echo()
        server = Pages(app, threads=2)
        hanging = asyncio.create_task(Request("/hangs").through(server))
        await asyncio.sleep(0)
        others = [await Request(pieces=(b"on",)).through(server) for _ in range(3)]
        assert [request.body for request in others] == [b"on"] * 3 and not hanging.done()
        app.hangs.set()
        assert (await hanging).status == 201

    run(work())


def test_with_one_thread_a_page_that_hangs_does_hold_them_up() -> None:
    """The negative control: without a second thread nobody passes."""

    async def work() -> None:
        app = Echo()
        server = Pages(app, threads=1)
        hanging = asyncio.create_task(Request("/hangs").through(server))
        await asyncio.sleep(0)
        other = asyncio.create_task(Request(pieces=(b"on",)).through(server))
        done, _ = await asyncio.wait({other}, timeout=10 * PATIENCE)
        assert not done
        app.hangs.set()
        await asyncio.gather(hanging, other)

    run(work())


def test_pages_are_made_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE_SECONDS", 15)
    at_once, most, guard = 0, 0, threading.Lock()

    def counting(environ: Any, start_response: Any) -> list[bytes]:
        nonlocal at_once, most
        with guard:
            at_once += 1
            most = max(most, at_once)
        sum(range(10_000))
        with guard:
            at_once -= 1
        start_response("200 OK", [])
        return [b"made"]

    async def work() -> None:
        server = Pages(counting, threads=8)
        await asyncio.gather(*(Request().through(server) for _ in range(40)))

    run(work())
    assert most == 1


def test_a_page_that_breaks_gives_the_turn_back() -> None:
    async def work() -> None:
        server = Pages(Echo(), threads=1)
        with pytest.raises(LookupError):
            await Request("/breaks").through(server)
        assert (await Request(pieces=(b"on",)).through(server)).body == b"on"

    run(work())
