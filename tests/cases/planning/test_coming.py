"""What time alone does to a case."""

import json
from pathlib import Path

import pytest

from cases.planning.triage import Facts, PersonFacts, Rules, aged, hours_to_change, score

RULES = Rules.load(json.loads(Path("seeds/triage.json").read_text("utf-8")))


def test_needs_and_medicines_run_down_and_never_below_nothing():
    facts = Facts(observations={"insulin_days": 2, "red_key": 1}, needs={"WATER": 1, "FOOD": None}, waiting_hours=5)
    then = aged(facts, 36)
    assert then.observations == {"insulin_days": 0.5, "red_key": 1.0}
    assert (then.needs, then.waiting_hours) == ({"WATER": 0.0, "FOOD": None}, 41)


def test_a_dialysis_lies_further_and_further_back():
    assert aged(Facts(observations={"dialysis_since_hours": 70}), 3).observations["dialysis_since_hours"] == 73


@pytest.mark.parametrize(
    ("facts", "hours"),
    [
        (Facts(needs={"WATER": 3}), 48),
        (Facts(observations={"insulin_days": 3.5}), 12),
        (Facts(observations={"insulin_days": 2}), 24),
        (Facts(observations={"dialysis_since_hours": 70}), 2),
    ],
)
def test_the_class_changes_when_a_threshold_is_reached_and_not_before(facts, hours):
    at = hours_to_change(facts, RULES, within=100)
    assert at == pytest.approx(hours, abs=0.05)
    before, then = score(aged(facts, at - 0.1), RULES), score(aged(facts, at), RULES)
    assert then.cls < before.cls or [r.code for r in then.reasons] != [r.code for r in before.reasons]
    assert score(aged(facts, at - 0.1), RULES).reasons != () or before.cls == "P4"


def test_nothing_within_the_time_asked_for_is_none():
    assert hours_to_change(Facts(needs={"WATER": 3}), RULES, within=40) is None
    assert hours_to_change(Facts(people=(PersonFacts(age_years=30),)), RULES, within=1000) is None


def test_infants_are_not_taken_to_starve_by_themselves():
    facts = Facts(observations={"infant_unfed_hours": 3}, people=(PersonFacts(age_years=0.5),))
    assert aged(facts, 10).observations["infant_unfed_hours"] == 3
