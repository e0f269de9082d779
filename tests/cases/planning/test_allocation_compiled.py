"""What is compiled does what its source says: the interpreter, which checks every index, plans the same."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases.planning import allocation
from cases.planning.allocation import filling
from cases.planning.allocation.compiling import compiled
from tests.crowds import SHAPES, crowd

SMALL = replace(SHAPES["small"], households=60, convoys=4, seats=(5, 20))
INTERPRETED = """
import json, sys
from cases.planning import allocation
print(json.dumps([dict(allocation.plan(allocation.read(line)[0]).seated) for line in sys.stdin]))
"""


def plans(crowds: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [dict(allocation.plan(allocation.read(json.dumps(one))[0]).seated) for one in crowds]


def test_the_interpreter_plans_the_same() -> None:
    crowds = [crowd(SMALL, seed) for seed in range(6)]
    interpreted = subprocess.run(
        [sys.executable, "-c", INTERPRETED],
        input="\n".join(map(json.dumps, crowds)),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(interpreted.stdout) == plans(crowds)


def test_the_same_crowd_is_planned_the_same_every_time() -> None:
    crowds = [crowd(replace(SMALL, households=800, convoys=30), seed) for seed in range(2)]
    first = plans(crowds)
    assert all(plans(crowds) == first for _ in range(3))


def test_what_is_shaken_is_what_was_won(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the shaking these crowds come off worse."""
    crowds = [allocation.read(json.dumps(crowd(replace(SMALL, households=800, convoys=30), s)))[0] for s in range(3)]
    shaken = [allocation.plan(one).weighted_people for one in crowds]
    monkeypatch.setattr(filling, "shake", lambda *facts: None)
    still = [allocation.plan(one).weighted_people for one in crowds]
    assert all(more >= less for more, less in zip(shaken, still, strict=True))
    assert sum(shaken) > sum(still)


def test_without_a_directory_to_keep_machine_code_it_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])

    def twice(number):  # type: ignore[no-untyped-def]
        return number * 2

    assert compiled(twice)(21) == 42
