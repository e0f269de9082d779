"""Waiting for a condition with a deadline, never for a time."""

import threading
import time
from collections.abc import Callable

from cases.domain import jobs


def until(condition: Callable[[], object], *, seconds: float = 60.0, what: str = "it") -> None:
    """Ask again and again until the condition holds; fails when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.02)


def end_heartbeat() -> None:
    """End this process's heartbeat and its connection, or the test database could not be removed."""
    jobs.change_name()
    for thread in threading.enumerate():
        if thread.name == "heartbeat":
            thread.join(10)
