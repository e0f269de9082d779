"""Small instances of the allocation, by hand and at random, and their plans as a file holds them."""

import json
from typing import Any

from hypothesis import strategies as st

from cases.planning import allocation

CONVOY = {"id": "V1", "direction": "ukraine", "departs": "2026-01-10T09:00:00Z", "stops": ["S1"], "luggage": 50}


def household(name: str, cls: str = "P3", **facts: Any) -> dict[str, Any]:
    return {"id": name, "class": cls, "seats": 1, "direction": "ukraine", "stop": "S1"} | facts


def an_instance(*households: dict[str, Any], convoys: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"now": "2026-01-10T06:00:00Z", "convoys": list(convoys), "households": list(households)}


def planned(instance: dict[str, Any]) -> dict[str, Any]:
    read, _remarks = allocation.read(json.dumps(instance))
    return allocation.plan(read).written(allocation.bound(read))


counts = st.integers(0, 3)
times = st.sampled_from([None, "2026-01-09T00:00:00Z", "2026-01-10T12:00:00Z", "2026-01-11T12:00:00+02:00"])


@st.composite
def instances(draw: st.DrawFn, *, lone: bool = True, confirmed: bool = True) -> dict[str, Any]:
    convoys = [
        {
            "id": f"V{number}",
            "direction": draw(st.sampled_from(["ukraine", "russia"])),
            "departs": draw(st.sampled_from(["2026-01-10T09:00:00Z", "2026-01-11T09:00:00Z"])),
            "stops": draw(st.lists(st.sampled_from(["S1", "S2"]), max_size=2, unique=True)),
            "seats": draw(st.integers(0, 8)),
            "wheelchairs": draw(counts),
            "stretchers": draw(st.integers(0, 1)),
            "animals": draw(counts),
            "luggage": draw(st.integers(0, 8)),
        }
        for number in range(draw(st.integers(0, 4)))
    ]
    names = [None, None, None, *(convoy["id"] for convoy in convoys)] if confirmed else [None]
    households = [
        {
            "id": f"H{number}",
            "class": draw(st.sampled_from(["P1", "P2", "P3", "P4"])),
            "direction": draw(st.sampled_from(["ukraine", "ukraine", "russia"])),
            "stop": draw(st.sampled_from(["S1", "S1", "S2"])),
            "earliest": draw(times) if draw(st.booleans()) else None,
            "latest": draw(st.sampled_from([None, "2026-01-10T12:00:00Z", "2026-01-12T12:00:00Z"])),
            "together": draw(st.sampled_from([None, None, None, "F1", "F2"])),
            "confirmed": draw(st.sampled_from(names)),
            "lone_older": lone and draw(st.booleans()),
            "waiting_since": draw(times),
        }
        | (
            {"seats": draw(st.integers(0, 5)), "wheelchairs": draw(st.integers(0, 1)), "animals": draw(counts)}
            | {"stretchers": draw(st.integers(0, 1)), "luggage": draw(counts)}
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    return {"now": "2026-01-10T06:00:00Z", "convoys": convoys, "households": households}
