"""`manage.py allocate`: offline, all or nothing, and every mistake in a file by its record and field."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from allocation_rules import broken
from crowds import SHAPES, crowd, smaller

ROOT = Path(__file__).resolve().parents[3]
CONVOY = {"id": "V1", "direction": "ukraine", "departs": "2026-01-10T09:00:00Z", "stops": ["S1"], "seats": 5}
HOUSEHOLD = {"id": "H1", "class": "P2", "seats": 3, "direction": "ukraine", "stop": "S1"}
GOOD = {"now": "2026-01-10T06:00:00Z", "convoys": [CONVOY], "households": [HOUSEHOLD]}


def run(folder: Path, instance: Any) -> tuple[Any, str]:
    """The plan that was written, or None, and the sentence it ended with."""
    (folder / "in.json").write_text(instance if isinstance(instance, str) else json.dumps(instance), "utf-8")
    out, end = folder / "plan.json", ""
    try:
        call_command("allocate", instance=str(folder / "in.json"), out=str(out), stderr=StringIO())
    except CommandError as error:
        end = str(error)
    assert [path.name for path in folder.iterdir() if path.name not in ("in.json", "plan.json")] == []
    return json.loads(out.read_text("utf-8")) if out.exists() else None, end


def test_a_plan_is_written(tmp_path: Path) -> None:
    plan, end = run(tmp_path, GOOD)
    assert (plan["seated"], plan["not_seated"], end) == ([{"household": "H1", "convoy": "V1"}], [], "")
    assert (plan["weighted_people"], plan["upper_bound"]) == (300, 300)


def test_a_file_of_many_is_planned_by_the_rules(tmp_path: Path) -> None:
    instance = crowd(smaller(SHAPES["200 convoys"], 300, 10))
    plan, _end = run(tmp_path, instance)
    assert broken(instance, plan) == []


@pytest.mark.parametrize("instance", [{"convoys": [], "households": []}, {**GOOD, "convoys": []}])
def test_empty_lists_are_planned(tmp_path: Path, instance: Any) -> None:
    plan, end = run(tmp_path, instance)
    assert (plan["seated"], plan["weighted_people"], plan["upper_bound"], end) == ([], 0, 0, "")


def changed(name: str, **facts: Any) -> dict[str, Any]:
    return {**GOOD, name: [GOOD[name][0] | facts]}  # type: ignore[index]


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ("{", "this is not JSON"),
        ("[]", "one object in braces"),
        ({"convoys": []}, "households is a list"),
        (changed("households", **{"class": "P9"}), "households[0] 'H1': class is one of P1, P2, P3, P4; not 'P9'"),
        (changed("households", seats=-1), "households[0] 'H1': seats is a whole number from 0"),
        (changed("households", animals=1.5), "households[0] 'H1': animals is a whole number"),
        (changed("households", confirmed="V9"), "households[0] 'H1': confirmed is the id of a convoy"),
        (changed("households", earliest="soon"), "households[0] 'H1': earliest is a time with its zone"),
        (changed("households", latest="2026-01-10T09:00:00"), "households[0] 'H1': latest is a time with its zone"),
        (changed("households", stop=None), "households[0] 'H1': stop is text in quotes"),
        (changed("households", direction="west"), "households[0] 'H1': direction is one of ukraine, russia"),
        (changed("households", lone_older="yes"), "households[0] 'H1': lone_older is true or false"),
        (changed("households", id=7), "households[0]: id is text in quotes"),
        (changed("convoys", departs=None), "convoys[0] 'V1': departs is a time with its zone"),
        (changed("convoys", stops="S1"), "convoys[0] 'V1': stops is a list of texts"),
        (changed("convoys", wheelchairs=-2), "convoys[0] 'V1': wheelchairs is a whole number"),
        ({**GOOD, "households": [HOUSEHOLD, HOUSEHOLD]}, "households: id 'H1' stands 2 times"),
        ({**GOOD, "convoys": [CONVOY, CONVOY]}, "convoys: id 'V1' stands 2 times"),
        ({**GOOD, "households": [None]}, "households[0]: a record is an object"),
        ('{"convoys": [], "convoys": [], "households": []}', "'convoys' stands twice"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(tmp_path: Path, instance: Any, said: str) -> None:
    plan, end = run(tmp_path, instance)
    assert plan is None
    assert said in end


def test_an_older_plan_stays_when_the_file_is_wrong(tmp_path: Path) -> None:
    run(tmp_path, GOOD)
    plan, end = run(tmp_path, "{")
    assert plan["weighted_people"] == 300 and end


def test_a_file_that_is_not_there_and_a_folder_that_is_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("allocate", instance=str(tmp_path / "none"), out=str(tmp_path / "plan.json"))
    with pytest.raises(CommandError, match="folder that exists"):
        call_command("allocate", instance=str(tmp_path / "none"), out=str(tmp_path / "no" / "plan.json"))


def test_a_field_that_is_not_known_is_remarked(tmp_path: Path) -> None:
    said = StringIO()
    (tmp_path / "in.json").write_text(json.dumps(changed("households", confirmd="V1")), "utf-8")
    call_command("allocate", instance=str(tmp_path / "in.json"), out=str(tmp_path / "plan.json"), stderr=said)
    assert "households[0] 'H1': field 'confirmd' is not known and was not read" in said.getvalue()


def test_it_needs_no_database_and_ends_with_one_when_the_file_is_wrong(tmp_path: Path) -> None:
    """As it is run, with a database that is not there."""
    nowhere = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    for text, code in ((json.dumps(GOOD), 0), ("[", 1)):
        (tmp_path / "in.json").write_text(text, "utf-8")
        command = [sys.executable, str(ROOT / "manage.py"), "allocate", "--instance", str(tmp_path / "in.json")]
        command += ["--out", str(tmp_path / "plan.json")]
        done = subprocess.run(command, capture_output=True, text=True, env=nowhere, timeout=60, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False)
