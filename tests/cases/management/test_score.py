"""`manage.py score`: line by line, offline, and nothing protected said."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[3]
INSULIN = {"observations": {"insulin_days": 2}}


def run(path: Path, **options: Any) -> tuple[list[Any], list[str], str]:
    """The answers, what stands on standard error, and the sentence it ended with."""
    out, err, end = StringIO(), StringIO(), ""
    try:
        call_command("score", str(path), stdout=out, stderr=err, **options)
    except CommandError as error:
        end = str(error)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines(), end


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(*lines: Any) -> Path:
        path = tmp_path / "facts.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
        return path

    return write


def test_each_line_is_answered_in_order(file: Any) -> None:
    assert run(file(INSULIN, {}, {"waiting_hours": 2})) == (
        [
            {"class": "P2", "points": 28, "reasons": ["Insulin, 2 days left"]},
            {"class": "P4", "points": 0, "reasons": []},
            {"class": "P4", "points": 4, "reasons": []},
        ],
        [],
        "",
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Insulin, 2 days left"), ("uk", "Інсуліну лишилося на 2 дні"), ("ru", "Инсулина осталось на 2 дня")],
)
def test_reasons_are_said_in_the_language_asked_for(file: Any, language: str, said: str) -> None:
    answers, _err, _end = run(file(INSULIN), language=language)
    assert answers[0]["reasons"] == [said]


@pytest.mark.parametrize("code", ["imminent_violence", "suicidal_plan"])
def test_a_protected_fact_counts_and_is_never_named(file: Any, code: str) -> None:
    answers, err, _end = run(file({"observations": {code: 1}}))
    assert (answers, err) == ([{"class": "P1", "points": 0, "reasons": ["Protection contact"]}], [])


def test_a_line_that_is_wrong_keeps_its_place_and_the_others_are_scored(file: Any) -> None:
    answers, err, end = run(file(INSULIN, "{", "", {"group": "tent"}, {}))
    assert [sorted(answer) for answer in answers] == [
        ["class", "points", "reasons"],
        ["error"],
        ["error"],
        ["class", "points", "reasons"],
    ]
    assert [line.split(":")[0] for line in err] == ["line 2", "line 4"]
    assert err[1] == f"line 4: {answers[2]['error']}"
    assert end == "2 of 4 could not be scored. Mend the lines named above and run it again."


def test_a_line_that_is_not_utf_8_is_said_and_a_byte_order_mark_is_not_minded(tmp_path: Path) -> None:
    path = tmp_path / "facts.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\r\n\xff\xfe\r\n")
    answers, err, _end = run(path)
    assert answers[0] == {"class": "P4", "points": 0, "reasons": []}
    assert err == ["line 2: this is not UTF-8; save the file as UTF-8"]


def test_other_rules_may_be_tried(file: Any, tmp_path: Path) -> None:
    body = json.loads((ROOT / "seeds/triage.json").read_text("utf-8"))
    body["default_class"] = "P3"
    other = tmp_path / "rules.json"
    other.write_text(json.dumps(body), "utf-8")
    assert run(file({}), rules=str(other))[0] == [{"class": "P3", "points": 0, "reasons": []}]


def test_rules_that_cannot_be_used_are_refused_with_all_that_is_wrong(file: Any, tmp_path: Path) -> None:
    other = tmp_path / "rules.json"
    other.write_text('{"version": "two"}', "utf-8")
    answers, _err, end = run(file({}), rules=str(other))
    assert answers == []
    assert "version: missing, or not of the kind int" in end.splitlines()
    assert "weights: missing, or not of the kind dict" in end.splitlines()


@pytest.mark.parametrize("content", ["[]", "{", "[" * 5_000])
def test_a_file_of_rules_that_is_none_is_refused(file: Any, tmp_path: Path, content: str) -> None:
    other = tmp_path / "rules.json"
    other.write_text(content, "utf-8")
    assert run(file({}), rules=str(other))[2].startswith(str(other))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert run(tmp_path / "none.jsonl")[2] == f"{tmp_path / 'none.jsonl'}: No such file or directory"


def test_it_needs_no_database_and_ends_with_one_when_a_line_was_wrong() -> None:
    """As it is run: from standard input, with a database that is not there."""
    nowhere = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    lines = json.dumps(INSULIN) + "\n[]\n"
    command = [sys.executable, str(ROOT / "manage.py"), "score", "-"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, env=nowhere, timeout=60, check=False)
    assert [sorted(json.loads(line)) for line in done.stdout.splitlines()] == [
        ["class", "points", "reasons"],
        ["error"],
    ]
    assert (done.returncode, done.stderr.splitlines()[0][:7]) == (1, "line 2:")
