"""Run the same thing in several threads at once, each with its own database connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Start `count` threads at one barrier; returns what each returned, or the exception it raised."""
    barrier = Barrier(count)

    def one(number: int) -> Any:
        try:
            barrier.wait(10)
            return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
