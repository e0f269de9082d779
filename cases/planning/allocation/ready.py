"""The planner, ready to work: loaded and compiled when somebody plans, not in every process that might."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from .instance import Convoy, Instance, Party
from .seating import Seating
from .units import Units, units_of


@cache
def planner() -> Callable[[Units], Seating]:
    """`fill`. The first call loads what compiles (70 MB) and makes it do everything once.

    Takes a second where the machine code was kept (`make setup` sees to that), some ten where it was not.
    """
    fill: Callable[[Units], Seating] = _loaded("filling").fill
    units = units_of(_smallest())
    seating = fill(units)
    shortages(np.arange(len(units)), seating.at, units.suits, units.needs, units.places)
    return fill


def ascend(*facts: Any) -> Any:
    """`prices.ascend`, which loads what compiles."""
    return _loaded("prices").ascend(*facts)


def shortages(*facts: Any) -> Any:
    """`shortages.shortages`, which loads what compiles."""
    return _loaded("shortages").shortages(*facts)


def _loaded(module: str) -> Any:
    return import_module(f"{__package__}.{module}")


def _smallest() -> Instance:
    """More people than places."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    convoys = tuple(Convoy(name, "ukraine", now, ("S",), (2, 0, 0, 0, 2)) for name in "AB")
    parties = tuple(Party(str(at), "P2", (1, 0, 0, 0, 1), "ukraine", "S", waiting_since=now) for at in range(6))
    return Instance(now, convoys, parties)
