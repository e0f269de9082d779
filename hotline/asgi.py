"""One port: /events/ is a bare event stream, all else is Django over WSGI in two pools of threads.

What rings, and what answers it, has a pool of its own: a room full of pages that are saved must not let a call wait.
"""

import gc
import sys
from typing import Any, Final

from hotline import live
from hotline.pages import Pages
from hotline.wsgi import application as django

THREADS: Final = 4
URGENT_THREADS: Final = 2
URGENT: Final = ("/api/v1/telephony/", "/desk/call/", "/desk/red-key/")
# The event loop takes its turn from a page that is being made after so long, instead of Python's five milliseconds.
SWITCH_SECONDS: Final = 0.001

pages = Pages(django, threads=THREADS)
urgent = Pages(django, threads=URGENT_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Streams cost a coroutine each, pages a thread while they are made."""
    if scope["type"] == "http" and scope["path"].startswith("/events/"):
        await live.application(scope, receive, send)
    elif scope["type"] == "http":
        await (urgent if scope["path"].startswith(URGENT) else pages)(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        said = (await receive())["type"]
        if said == "lifespan.startup":
            _settle()
        await send({"type": f"{said}.complete"})
        if said == "lifespan.shutdown":
            return


def _settle() -> None:
    """What was loaded stays: looking through it for garbage again and again would stop all pages meanwhile."""
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
