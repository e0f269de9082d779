"""The seed files: complete in three languages, without twins, and harmless on a searched phone."""

import csv
import json
import re
import string
from pathlib import Path
from typing import Any

import pytest

from cases.enums import ScriptMoment

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
LANGUAGES = ("en", "uk", "ru")
TABLES = ("needs", "sectors", "specific_needs", "dispositions", "observations")
# A phone is evidence at a checkpoint: none of these in what is sent to a caller.
BETRAYING = (
    *("hotline", "evacuat", "corridor", "convoy", "bus"),
    *("гаряч", "лінія", "евакуац", "коридор", "колон", "автобус"),
    *("горяч", "линия", "эвакуац"),
)


def table(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nested(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((SEEDS / f"{name}.json").read_text(encoding="utf-8"))[name]
    return entries


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_whole_and_its_codes_are_unique(name: str) -> None:
    rows = table(name)
    assert all(row[language].strip() for row in rows for language in LANGUAGES)
    assert all(row["protected"] in ("0", "1") for row in rows if "protected" in row)
    for column in ("code", "sort", *LANGUAGES):
        assert len({row[column] for row in rows}) == len(rows), column


def test_needs_point_to_sectors_and_have_keys_of_their_own() -> None:
    needs = table("needs")
    assert len(needs) == 23
    assert {row["sector"] for row in needs} <= {row["code"] for row in table("sectors")}
    assert len({row["short"] for row in needs}) == 23
    assert {row["code"] for row in needs if row["protected"] == "1"} == {"PROTECT", "DETAIN"}
    assert {row["quantity_unit"] for row in needs} <= {"L", "kcal", "piece", "person", "none"}


@pytest.mark.parametrize("name", ["sectors", "specific_needs"])
def test_every_parent_exists(name: str) -> None:
    rows = table(name)
    assert {row["parent"] for row in rows if row["parent"]} <= {row["code"] for row in rows}


def test_violence_and_torture_are_protected() -> None:
    assert {row["code"] for row in table("specific_needs") if row["protected"] == "1"} == {"SV", "TR"}


def test_a_consent_is_read_in_the_callers_language() -> None:
    texts = nested("consent_texts")
    assert all(entry["says"][language] for entry in texts for language in LANGUAGES)
    kinds = {entry["partner_kind"] for entry in texts if entry["purpose"] == "share_partner"}
    assert kinds == {"medical", "relief", "evacuation", "tracing", "protection"}


@pytest.mark.parametrize("template", nested("templates"), ids=lambda entry: str(entry["code"]))
def test_a_template_uses_only_its_variables(template: dict[str, Any]) -> None:
    for language in LANGUAGES:
        for text in template["texts"][language].values():
            used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            assert used <= set(template["variables"])


@pytest.mark.parametrize("template", nested("templates"), ids=lambda entry: str(entry["code"]))
def test_what_is_sent_to_a_caller_betrays_nothing(template: dict[str, Any]) -> None:
    if template["audience"] == "caller":
        sent = " ".join(t for texts in template["texts"].values() for t in texts.values()).lower()
        assert [word for word in BETRAYING if word in sent] == []
        assert set(template["variables"]) <= {"ref"}
    else:
        assert set(template["variables"]) <= {"ref", "priority", "path"}


SCRIPTS = nested("scripts")
# No script names a side, a number to ring, or an hour.
TOO_MUCH = re.compile(r"ukrain|russia|укра[їи]н|\bросі|росси|\d{3}|\d:\d\d", re.IGNORECASE)


def spoken(lines: list[str]) -> str:
    """What is read aloud: without the operator's own lines."""
    return "\n".join(line for line in lines if not line.startswith("["))


def test_every_moment_has_its_words() -> None:
    assert [script["moment"] for script in SCRIPTS] == ScriptMoment.values
    assert {script["version"] for script in SCRIPTS} == {1}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script["moment"]))
def test_a_script_is_whole_and_short_in_three_languages(script: dict[str, Any]) -> None:
    assert set(script["says"]) == set(LANGUAGES)
    for lines in script["says"].values():
        assert all(line.strip() == line and line for line in lines)
        assert len("\n".join(lines)) < 1_200
        assert len(spoken(lines).splitlines()) >= 3
    assert len({len(lines) for lines in script["says"].values()}) == 1


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script["moment"]))
def test_an_operators_own_line_stands_by_itself(script: dict[str, Any]) -> None:
    for lines in script["says"].values():
        for line in lines:
            assert line.count("[") == line.count("]") == (line[0] == "[")
            assert line[0] != "[" or line[-1] == "]"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script["moment"]))
def test_a_script_names_no_side_no_number_and_no_hour(script: dict[str, Any]) -> None:
    assert [line for lines in script["says"].values() for line in lines if TOO_MUCH.search(line)] == []


@pytest.mark.parametrize("moment", ["opening", "silent", "duress"])
def test_where_others_may_listen_nothing_said_names_the_line(moment: str) -> None:
    (script,) = (script for script in SCRIPTS if script["moment"] == moment)
    said = " ".join(spoken(lines) for lines in script["says"].values()).lower()
    assert [word for word in BETRAYING if word in said] == []
