"""Facts as a person writes them by hand."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cases.planning.triage import Codes, Facts, FactsError, PersonFacts, read

CODES = Codes({"labour": "flag", "insulin_days": "number"}, {"WATER", "MEDS"}, {"DS-BD", "SM"})
DOCS = (Path(__file__).resolve().parents[3] / "docs/triage.md").read_text("utf-8")


def told(**fields: Any) -> Facts:
    return read(json.dumps(fields), CODES)


def problems(text: str) -> list[str]:
    with pytest.raises(FactsError) as caught:
        read(text, CODES)
    return list(caught.value.problems)


def wrong(**fields: Any) -> list[str]:
    return problems(json.dumps(fields))


def test_an_empty_object_is_a_case_nothing_is_known_of() -> None:
    assert told() == Facts()


def test_null_is_the_same_as_left_out_but_for_the_days_of_a_need() -> None:
    facts = told(
        observations={"labour": None},
        needs={"WATER": None},
        people=[{"age_years": None, "sex": None, "specific": None}],
        headcount_low=None,
        group=None,
        evacuation=None,
        direction=None,
        waiting_hours=None,
    )
    assert facts == Facts(needs={"WATER": None}, people=(PersonFacts(),))


def test_every_field_is_read() -> None:
    facts = told(
        observations={"labour": True, "insulin_days": 2.5},
        needs={"MEDS": 0},
        people=[{"age_years": 0.5, "age_band": "0-1", "sex": "f", "mobility": "bedridden", "specific": ["DS-BD"]}],
        headcount_low=3,
        headcount_high=5,
        group="site",
        evacuation=True,
        direction="ukraine",
        waiting_hours=1.5,
    )
    person = PersonFacts(0.5, "0-1", "f", "bedridden", frozenset({"DS-BD"}))
    observations = {"labour": 1.0, "insulin_days": 2.5}
    assert facts == Facts(observations, {"MEDS": 0.0}, (person,), 3, 5, "site", True, "ukraine", 1.5)


def test_what_is_stored_beside_a_score_is_read_again() -> None:
    facts = Facts({"labour": 1.0}, {"WATER": None}, (PersonFacts(3, "", "m", "walks", frozenset({"SM"})),), 4, 2)
    assert told(**facts.to_json()) == facts


WRONG = [
    ({"grup": "site"}, "unknown field 'grup'"),
    ({"observations": {"labor": 1}}, "observations: unknown code 'labor'; did you mean labour?"),
    (
        {"observations": {"water_days": 1}},
        "observations: 'water_days' is worked out from needs and people; leave it out",
    ),
    ({"observations": {"labour": 2}}, "observations: labour is 1 (yes) or 0 (asked and denied), not 2"),
    ({"observations": {"labour": "yes"}}, "observations: labour is 1 (yes) or 0 (asked and denied), not 'yes'"),
    ({"observations": {"insulin_days": True}}, "observations: insulin_days is a number from 0 to 100000, not true"),
    ({"observations": []}, "observations: it is an object of codes and values, such as {}"),
    ({"needs": {"WATER": -1}}, "needs: days left of WATER is a number from 0 to 100000, not -1"),
    ({"needs": {"GOLD": 1}}, "needs: unknown code 'GOLD'; the codes stand in docs/triage.md"),
    ({"people": {}}, "people is a list in brackets, such as []"),
    ({"people": ["she"]}, "person 1: it is an object in braces, such as {}"),
    ({"people": [{}, {"age_years": 131}]}, "person 2: age_years is a number from 0 to 130, not 131"),
    ({"people": [{"age_band": "60+"}]}, "person 1: age_band is one of 0-1, 1-4, 5-11"),
    ({"people": [{"specific": [7]}]}, "person 1: specific: unknown code 7"),
    ({"headcount_low": 2.5}, "headcount_low is a whole number, not 2.5"),
    ({"group": "\ud800"}, "group is one of family, travelling_together, site, institution, unknown, not '\\ud800'"),
    ({"evacuation": 1}, "evacuation is true or false, not 1"),
    ({"waiting_hours": "3"}, "waiting_hours is a number from 0 to 100000, not '3'"),
]


@pytest.mark.parametrize(("fields", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_what_is_wrong_is_said_with_what_to_do(fields: dict[str, Any], said: str) -> None:
    found = wrong(**fields)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_everything_wrong_is_said_at_once() -> None:
    assert len(wrong(grup=1, evacuation="no", people=[{"sex": "x"}])) == 3


@pytest.mark.parametrize("text", ["{", "", "[]", "3", "null", "[" * 5_000, '{"waiting_hours": 1e999}'])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert len(problems(text)) == 1


def test_a_number_that_is_none_and_a_key_that_stands_twice_are_refused() -> None:
    assert problems('{"waiting_hours": NaN}') == ["NaN is no number; leave out what is not known"]
    assert problems('{"needs": {"WATER": 1}, "needs": {}}') == ["'needs' stands twice; keep one"]


def test_the_documentation_names_every_field_and_every_code() -> None:
    part = DOCS[DOCS.index("## The facts of a case") : DOCS.index("## Scoring by hand")]
    named = set(re.findall(r"`([^`]+)`", part))
    rules = json.loads((Path(__file__).resolve().parents[3] / "seeds/triage.json").read_text("utf-8"))
    seeds = Path(__file__).resolve().parents[3] / "seeds"
    codes = {
        line.split(",")[0]
        for name in ("needs.csv", "specific_needs.csv")
        for line in (seeds / name).read_text("utf-8").splitlines()[1:]
    }
    fields = {*Facts().to_json(), *PersonFacts().to_json()}
    assert (fields | codes | set(rules["observations"])) - named == set()
