"""Plans: every hard rule on instances of every shape, near the best there is, and always the same."""

import json
import sys
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from allocation_cases import CONVOY, an_instance, household, instances, planned
from allocation_rules import KINDS, broken, suits, weight
from cases.planning import allocation
from cases.planning.allocation.units import units_of
from crowds import SHAPES, crowd, smaller

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs/allocation.schema.json").read_text("utf-8"))


def valid(name: str, value: Any) -> list[str]:
    schema = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def optimum(instance: dict[str, Any], *, promises: bool) -> float:
    """The best whole assignment there is, by an integer programme over households and convoys as they are written.

    `promises`: whom the planner must keep is kept. The rule for older people alone is not in it.
    """
    read, _ = allocation.read(json.dumps(instance))
    units = units_of(read)
    solver = highspy.Highs()
    solver.silent()
    taken: dict[tuple[int, int], Any] = {
        (int(unit), int(column)): solver.addBinary() for unit, column in np.argwhere(units.suits)
    }
    if not taken:
        return 0
    for unit in range(len(units)):
        mine = [variable for (one, _), variable in taken.items() if one == unit]
        if mine:
            solver.addConstr(sum(mine[1:], start=1 * mine[0]) <= 1)
    for column, convoy in enumerate(read.convoys):
        here = [(unit, variable) for (unit, at), variable in taken.items() if at == column]
        bound = [unit for unit, _ in here if units.bound_to[unit] == column]
        if promises and (units.needs[bound].sum(axis=0) <= convoy.places).all():
            for unit, variable in here:
                if unit in bound:
                    solver.addConstr(1 * variable >= 1)
        for kind in range(len(KINDS)):
            terms = [int(units.needs[unit, kind]) * variable for unit, variable in here]
            if terms:
                solver.addConstr(sum(terms[1:], start=terms[0]) <= convoy.places[kind])
    solver.maximize(sum(int(units.value[unit]) * variable for (unit, _), variable in taken.items()))
    return solver.getObjectiveValue()


@given(instances())
@settings(max_examples=250, deadline=None)
def test_every_hard_rule_is_kept(instance: dict[str, Any]) -> None:
    plan = planned(instance)
    assert broken(instance, plan) == []
    assert plan["weighted_people"] <= plan["upper_bound"] + 1e-6
    assert (valid("instance", instance), valid("plan", plan)) == ([], [])


@given(instances(lone=False, confirmed=False))
@settings(max_examples=150, deadline=None)
def test_small_plans_are_as_good_as_any(instance: dict[str, Any]) -> None:
    """Solved to the end as one programme: within one weighted person in two hundred."""
    assert planned(instance)["weighted_people"] >= 0.995 * optimum(instance, promises=False)


@given(instances(lone=False))
@settings(max_examples=60, deadline=None)
def test_the_bound_is_above_the_best_there_is(instance: dict[str, Any]) -> None:
    read, _ = allocation.read(json.dumps(instance))
    bound = allocation.bound(read)
    assert bound is not None and bound >= optimum(instance, promises=True) - 1e-6


@pytest.mark.parametrize("name", SHAPES)
def test_rules_hold_in_every_shape(name: str) -> None:
    instance = crowd(smaller(SHAPES[name], 300, 12), seed=7)
    plan = planned(instance)
    assert broken(instance, plan) == []
    assert (valid("instance", instance), valid("plan", plan)) == ([], [])
    assert plan["weighted_people"] >= 0.9 * plan["upper_bound"]


def test_the_same_instance_gives_the_same_plan() -> None:
    instance = crowd(smaller(SHAPES["200 convoys"], 400, 14), seed=3)
    first, second = planned(instance), planned(instance)
    assert first | {"seconds": 0} == second | {"seconds": 0}


@pytest.mark.parametrize("seed", range(3))
def test_too_many_pairs_for_rounds_have_the_same_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    read, _ = allocation.read(json.dumps(crowd(smaller(SHAPES["200 convoys"], 400, 14), seed)))
    in_rounds = allocation.bound(read)
    monkeypatch.setattr("cases.planning.allocation.relaxation.Master.solve", None)  # the rounds are not to be used
    bounding = sys.modules["cases.planning.allocation.bound"]
    monkeypatch.setattr(bounding, "COUNTLESS", 0)
    monkeypatch.setattr(bounding, "AT_ONCE", 0)
    at_once = allocation.bound(read)
    assert in_rounds is not None and at_once is not None
    assert in_rounds - 1e-6 <= at_once <= in_rounds * 1.0005


def test_the_bound_is_true_when_time_is_short() -> None:
    read, _ = allocation.read(json.dumps(crowd(smaller(SHAPES["200 convoys"], 400, 14))))
    assert allocation.bound(read, 0) is None
    assert allocation.bound(read) >= allocation.plan(read).weighted_people  # type: ignore[operator]


def seated(instance: dict[str, Any]) -> dict[str, str]:
    plan = planned(instance)
    assert broken(instance, plan) == []
    return {seat["household"]: seat["convoy"] for seat in plan["seated"]}


def test_of_equals_who_waited_longest_goes() -> None:
    waits = [household(f"H{day}", waiting_since=f"2026-01-0{day}T00:00:00Z") for day in (5, 2, 9)]
    instance = an_instance(*waits, household("now"), convoys=(CONVOY | {"seats": 2},))
    assert set(seated(instance)) == {"H2", "H5"}


def test_who_is_more_urgent_goes_and_a_whole_family_may_outweigh_one() -> None:
    bus = CONVOY | {"seats": 4}
    assert set(seated(an_instance(household("one", "P2"), household("four", seats=4), convoys=(bus,)))) == {"one"}
    many = household("many", "P2", seats=4)
    assert set(seated(an_instance(household("one", "P2"), many, convoys=(bus,)))) == {"many"}


def test_an_older_person_alone_goes_before_a_family_of_their_class_and_stop() -> None:
    older = household("older", lone_older=True)
    instance = an_instance(household("family", seats=4), older, convoys=(CONVOY | {"seats": 4},))
    assert set(seated(instance)) == {"older"}


def test_nobody_more_urgent_makes_way_for_an_older_person_alone() -> None:
    older = household("older", lone_older=True)
    instance = an_instance(household("family", "P2", seats=4), older, convoys=(CONVOY | {"seats": 4},))
    assert set(seated(instance)) == {"family"}


def test_one_confirmation_binds_the_group_and_two_that_differ_leave_it_behind() -> None:
    other = CONVOY | {"id": "V2", "seats": 9}
    pair = household("a", together="F", confirmed="V1"), household("b", together="F")
    buses = (CONVOY | {"seats": 2}, other)
    assert seated(an_instance(*pair, household("c", "P1", seats=1), convoys=buses)) == {"a": "V1", "b": "V1", "c": "V2"}
    torn = household("a", together="F", confirmed="V1"), household("b", together="F", confirmed="V2")
    assert seated(an_instance(*torn, convoys=buses)) == {}


def test_more_confirmations_than_places_keep_those_that_weigh_most_and_move_nobody() -> None:
    free = CONVOY | {"id": "V2", "seats": 9}
    kept = [household("a", "P4", confirmed="V1"), household("b", "P2", confirmed="V1"), household("c", "P1")]
    instance = an_instance(*kept, convoys=(CONVOY | {"seats": 1}, free))
    assert seated(instance) == {"b": "V1", "c": "V2"}


def test_the_difference_from_the_seating_of_now_is_counted_and_listed() -> None:
    read, _ = allocation.read(
        json.dumps(
            an_instance(household("a"), household("b"), household("c", stop="S9"), convoys=(CONVOY | {"seats": 5},))
        )
    )
    found = allocation.difference({"a": "V7", "c": "V1"}, allocation.plan(read))
    assert (found.seated, found.moved, found.lost, found.not_seated) == (("b",), (("a", "V7", "V1"),), ("c",), ("c",))
    assert found.counts == {"seated": 1, "moved": 1, "lost": 1, "not_seated": 1}


def test_the_checker_notices_each_broken_rule() -> None:
    """The control: a plan that breaks everything is said to."""
    instance = an_instance(
        household("a", together="F", seats=3), household("b", together="F"), household("c", stop="S2"),
        household("d", confirmed="V1"), household("older", lone_older=True),
        convoys=(CONVOY | {"seats": 2},),
    )  # fmt: skip
    plan = {"seated": [{"household": one, "convoy": "V1"} for one in "ac"], "not_seated": [], "weighted_people": 1}
    assert len(broken(instance, plan)) >= 7
    assert not suits(instance["households"][2], instance["convoys"][0]) and weight(household("x", "P1")) == 1000
