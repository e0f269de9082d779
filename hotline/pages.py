"""Django's pages in threads of an event loop: a thread has a page only while it is made.

The whole request is here before a thread is taken, and the thread is free again before the answer goes out: whoever
sends or reads slowly, on a bad line or on purpose, keeps nobody waiting. One interpreter runs one thread at a time, and
two that make pages only take it from each other after every statement; so pages are made one after the other, and
more processes use more cores.
"""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from weakref import WeakKeyDictionary

from a2wsgi.wsgi import build_environ

from hotline.live import Receive, Scope, Send

# More than any form of ours; a request that is longer is told so before it is read to its end.
LONGEST_BODY: Final = 4 * 1024 * 1024
# A page that waits for something, a lock or a database that is away, holds the next one up for so long and no longer.
PATIENCE_SECONDS: Final = 0.5
TOO_LONG: Final = b"This is more than one request can hold."


class Pages:
    """An ASGI application of a WSGI one: one page at a time, and at most `threads` beside ones that take long."""

    def __init__(self, application: Callable[..., Iterable[bytes]], *, threads: int) -> None:
        self.application = application
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")
        self.turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        if len(body) > LONGEST_BODY:
            headers = [("Content-Type", "text/plain"), ("Connection", "close")]
            return await _send(send, "413 Content Too Large", headers, TOO_LONG)
        environ = build_environ(scope, io.BytesIO(body))  # type: ignore[arg-type]
        async with self._turn():
            answer = await asyncio.get_running_loop().run_in_executor(self.threads, self._answer, environ)
        await _send(send, *answer)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until the page before is made; not for ever."""
        turn = self.turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await turn.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            turn.release()

    def _answer(self, environ: Any) -> tuple[str, list[tuple[str, str]], bytes]:
        """Make one page, in a thread: its status, headers and body."""
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., None]:
            begun[:] = [status, headers]
            return chunks.append

        chunks: list[bytes] = []
        answer = self.application(environ, start_response)
        try:
            chunks.extend(answer)
        finally:
            getattr(answer, "close", lambda: None)()
        return begun[0], begun[1], b"".join(chunks)


async def _body(receive: Receive) -> bytes | None:
    """What was sent, up to a little more than may be; None when whoever sent it went away meanwhile."""
    body, more = bytearray(), True
    while more and len(body) <= LONGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


async def _send(send: Send, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
    """An answer, in two messages."""
    said = [(name.strip().lower().encode("latin1"), value.strip().encode("latin1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": said})
    await send({"type": "http.response.body", "body": body})
