"""What runs millions of times, compiled by numba: kept on disk where something may be kept, else made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code of a function of numbers and arrays, without the interpreter's lock. It checks no index."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither beside the source nor in the user's directory of caches may anything be written
        return njit(nogil=True)(function)
