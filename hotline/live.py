"""The event stream: a bare ASGI application over Redis pub/sub, without the ORM, so that an idle page holds nothing.

A page opens `/events/?ticket=…` with a ticket signed for 60 seconds, and hears the topics the ticket names until ten
minutes have passed; then it asks for another. When Redis is away it is told so, and asks by itself meanwhile.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs

import redis.asyncio as redis
from django.conf import settings
from django.core import signing

from cases.domain.stream import CHANNEL

log = logging.getLogger("hotline.live")

TICKET_SECONDS: Final = 60
STREAM_SECONDS: Final = 600
QUIET_SECONDS: Final = 15
# A Redis that says nothing is asked whether it is there: a ring it keeps to itself is missed until pages ask.
SILENT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 1.0
RECONNECT_SECONDS: Final = 1.0
# A page that takes nothing for so many lines is gone; it asks for the whole state when it comes back.
LONGEST_QUEUE: Final = 200

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Listener:
    """One open page: the topics it may hear and the lines that wait for it."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.lines: asyncio.Queue[bytes] = asyncio.Queue(LONGEST_QUEUE)
        self.gone = False
        self._knows: bool | None = None

    def put(self, line: bytes) -> None:
        try:
            self.lines.put_nowait(line)
        except asyncio.QueueFull:
            self.gone = True

    def stands(self, away: bool) -> None:
        """Say whether Redis is away; only when it changed, since each "away" lets the page wait anew before it asks."""
        if away != self._knows:
            self._knows = away
            self.put(event("away" if away else "ready", {}))


class Hub:
    """One subscription for all pages of this process."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.reader: asyncio.Task[None] | None = None
        self.away = True

    def join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.get_running_loop().create_task(self._read())
        else:
            listener.stands(self.away)

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def _read(self) -> None:
        """Hear Redis for as long as somebody listens; a connection that breaks is made again."""
        while self.listeners:
            try:
                await self._subscribed()
            except (TimeoutError, redis.RedisError, OSError) as error:
                if not self.away:
                    log.warning("Redis is away, pages ask by themselves: %s", type(error).__name__)
                self._tell(away=True)
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                self._tell(away=True)  # who joined while the subscription ended hears nothing until the next

    async def _subscribed(self) -> None:
        """Pass on what is told until nobody listens. Raises when Redis breaks off, or does not answer."""
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=None)
        try:
            async with client.pubsub() as heard:
                await asyncio.wait_for(self._begin(heard), ANSWER_SECONDS)
                self._tell(away=False)
                while self.listeners:
                    message = await heard.get_message(timeout=SILENT_SECONDS)
                    if message is None:
                        await asyncio.wait_for(client.ping(), ANSWER_SECONDS)
                    elif message["type"] == "message":
                        self._pass_on(message["data"])
        finally:
            with suppress(Exception):
                await client.aclose()

    async def _begin(self, heard: Any) -> None:
        """Subscribe, and wait until Redis says that it stands: from then on nothing is missed."""
        await heard.subscribe(CHANNEL)
        while (await heard.get_message(timeout=ANSWER_SECONDS) or {}).get("type") != "subscribe":
            pass

    def _tell(self, *, away: bool) -> None:
        self.away = away
        for listener in self.listeners:
            listener.stands(away)

    def _pass_on(self, raw: bytes) -> None:
        said = json.loads(raw)
        line = event(said["name"], said["data"])
        for listener in self.listeners:
            if said["topic"] in listener.topics:
                listener.put(line)


def event(name: str, data: Any) -> bytes:
    """One line of the stream, as EventSource reads it (HTML Living Standard, 9.2)."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def admitted(query: bytes) -> frozenset[str] | None:
    """The topics of a ticket that holds; None for one that is forged or old."""
    said = parse_qs(query.decode("latin-1")).get("ticket", [""])[0]
    try:
        held = signing.loads(said, salt=settings.HOTLINE_STREAM_SALT, max_age=TICKET_SECONDS)
    except signing.BadSignature:
        return None
    return frozenset(held["topics"])


hub = Hub()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """One page's stream: GET with a ticket; 401 without."""
    topics = admitted(scope.get("query_string", b""))
    if scope["method"] != "GET" or topics is None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"ticket\n"})
        return
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    listener = Listener(topics)
    hub.join(listener)
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await _stream(listener, gone, send)
    finally:
        gone.cancel()
        hub.leave(listener)


async def _stream(listener: Listener, gone: "asyncio.Future[None]", send: Send) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + STREAM_SECONDS
    await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
    while not gone.done() and not listener.gone and loop.time() < until:
        line = asyncio.ensure_future(listener.lines.get())
        waiting: list[asyncio.Future[Any]] = [line, gone]
        await asyncio.wait(waiting, timeout=QUIET_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if line.done():
            body = line.result()
        else:
            line.cancel()
            body = b": still here\n\n"
        if not gone.done():
            await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
