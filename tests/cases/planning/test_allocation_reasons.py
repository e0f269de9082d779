"""Why somebody is not seated: each reason where it is true, in three languages, and help that helps."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from allocation_cases import CONVOY, an_instance, household, instances, planned
from allocation_rules import KINDS, fits, left_over
from cases.planning import allocation
from cases.planning.triage.rules import LANGUAGES


def left(instance: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    return {one["household"]: (one["reason"], one["would_help"]) for one in planned(instance)["not_seated"]}


BUS = CONVOY | {"seats": 5}


@pytest.mark.parametrize(
    ("facts", "convoy", "reason", "help_"),
    [
        ({"direction": "russia"}, {}, "no_convoy_in_direction", None),
        ({"stop": "S2"}, {}, "no_convoy_at_stop", None),
        ({"earliest": "2026-01-10T09:00:01Z"}, {}, "outside_dates", None),
        ({"latest": "2026-01-10T10:59:59+02:00"}, {}, "outside_dates", None),
        ({"seats": 7}, {}, "no_seat", ("seats", 2)),
        ({"wheelchairs": 2}, {"wheelchairs": 1}, "no_wheelchair_place", ("wheelchairs", 1)),
        ({"stretchers": 1}, {}, "no_stretcher_place", ("stretchers", 1)),
        ({"animals": 3}, {"animals": 2}, "no_animal_place", ("animals", 1)),
        ({"luggage": 70}, {}, "no_luggage_place", ("luggage", 20)),
        ({"luggage": 70, "animals": 1}, {}, "no_animal_place", None),
    ],
)
def test_each_reason_is_said_where_it_holds(facts: Any, convoy: Any, reason: str, help_: Any) -> None:
    told = left(an_instance(household("H", **facts), convoys=(BUS | convoy,)))
    wanted = None if help_ is None else {"kind": help_[0], "count": help_[1], "convoy": "V1"}
    assert told == {"H": (reason, wanted)}


def test_there_are_no_convoys_at_all() -> None:
    assert left(an_instance(household("H"))) == {"H": ("no_convoy_in_direction", None)}


def test_a_group_that_fits_no_convoy_is_too_large_and_a_member_too_large_by_itself_says_its_own() -> None:
    group = household("a", seats=3, together="F"), household("b", seats=4, together="F")
    help_ = {"kind": "seats", "count": 2, "convoy": "V1"}
    assert left(an_instance(*group, convoys=(BUS,))) == dict.fromkeys("ab", ("group_too_large", help_))
    lying = household("b", stretchers=1, together="F")
    told = left(an_instance(group[0], lying, convoys=(BUS,)))
    assert (told["a"][0], told["b"][0]) == ("group_too_large", "no_stretcher_place")


def test_a_group_no_one_convoy_suits_is_too_large() -> None:
    apart = household("a", together="F"), household("b", together="F", stop="S2")
    buses = BUS, BUS | {"id": "V2", "stops": ["S2"]}
    assert left(an_instance(*apart, convoys=buses)) == dict.fromkeys("ab", ("group_too_large", None))


def test_a_seat_that_went_to_somebody_more_urgent_is_said_as_such() -> None:
    told = left(an_instance(household("a", "P1", seats=5), household("b"), convoys=(BUS,)))
    assert told == {"b": ("more_urgent_first", {"kind": "seats", "count": 1, "convoy": "V1"})}


def test_a_seat_that_somebody_less_urgent_has_by_confirmation_is_no_seat() -> None:
    told = left(an_instance(household("a", "P4", seats=5, confirmed="V1"), household("b"), convoys=(BUS,)))
    assert told["b"][0] == "no_seat"


def test_a_confirmation_against_their_own_wish_is_told_by_its_convoy() -> None:
    other = BUS | {"id": "V2", "direction": "russia"}
    told = left(an_instance(household("a", confirmed="V2"), convoys=(BUS, other)))
    assert told == {"a": ("no_convoy_in_direction", None)}


def test_reasons_are_said_in_three_languages_with_numbers_that_agree() -> None:
    plan = planned(an_instance(household("H", stretchers=2), convoys=(BUS,)))
    says = plan["not_seated"][0]["says"]
    assert tuple(says) == LANGUAGES
    assert (
        "2 stretcher places" in says["en"] and "2 місця для нош" in says["uk"] and "2 места для носилок" in says["ru"]
    )


@given(instances())
@settings(max_examples=200, deadline=None)
def test_what_would_help_helps_and_one_less_does_not(instance: dict[str, Any]) -> None:
    plan = planned(instance)
    seated = {seat["household"]: seat["convoy"] for seat in plan["seated"]}
    by_id = {one["id"]: one for one in instance["households"]}
    room = left_over(instance, seated)
    for one in plan["not_seated"]:
        if one["would_help"] is None:
            continue
        kind, count, convoy = (one["would_help"][key] for key in ("kind", "count", "convoy"))
        mine = by_id[one["household"]]
        group = [mine] if not mine["together"] else [h for h in by_id.values() if h["together"] == mine["together"]]
        whole = {name: sum(member.get(name, 0) for member in group) for name in KINDS}
        assert fits(whole, room[convoy] + Counter({kind: count}))
        assert not fits(whole, room[convoy] + Counter({kind: count - 1}))


@given(instances(lone=False, confirmed=False))
@settings(max_examples=60, deadline=None)
def test_a_plan_with_what_would_help_seats_more(instance: dict[str, Any]) -> None:
    plan = planned(instance)
    for one in plan["not_seated"][:2]:
        if one["would_help"] is None:
            continue
        larger = json.loads(json.dumps(instance))
        convoy = next(row for row in larger["convoys"] if row["id"] == one["would_help"]["convoy"])
        convoy[one["would_help"]["kind"]] += one["would_help"]["count"]
        assert planned(larger)["weighted_people"] >= plan["weighted_people"]


def test_any_seating_can_be_explained() -> None:
    read, _ = allocation.read(json.dumps(an_instance(household("a"), household("b", stop="S9"), convoys=(BUS,))))
    assert [one.party for one in allocation.explain(read, {"a": "V1"})] == ["b"]


@pytest.mark.parametrize(
    ("apart", "places", "reason"),
    [
        (True, None, ""),
        (True, (2, 0, 0, 0, 0), ""),
        (True, (1, 5, 5, 0, 0), "only_private_cars"),
        (False, (0, 0, 0, 0, 0), ""),
    ],
)
def test_who_rides_in_no_private_car_is_planned_where_other_vehicles_have_room(apart, places, reason) -> None:
    read, _remarks = allocation.read(json.dumps(an_instance(household("H", seats=2), convoys=(BUS,))))
    (party,), (convoy,) = read.parties, read.convoys
    instance = replace(read, parties=(replace(party, apart=apart),), convoys=(replace(convoy, apart=places),))
    plan = allocation.plan(instance)
    assert (list(plan.seated), [one.reason for one in plan.left]) == (
        [] if reason else ["H"],
        [reason] if reason else [],
    )


def test_of_many_who_ride_in_no_private_car_the_most_urgent_have_the_other_places() -> None:
    late, first, bound = (household(name, cls, seats=2) for name, cls in (("L", "P3"), ("F", "P2"), ("B", "P4")))
    rich = household("M", "P1", seats=1)
    read, _remarks = allocation.read(
        json.dumps(an_instance(late, first, bound | {"confirmed": "V1"}, rich, convoys=(BUS | {"seats": 9},)))
    )
    parties = tuple(replace(party, apart=party.id != "M") for party in read.parties)
    instance = replace(read, parties=parties, convoys=(replace(read.convoys[0], apart=(4, 0, 0, 0, 0)),))
    where = allocation.kept(instance, allocation.plan(instance).seated)
    assert sorted(where) == ["B", "F", "M"]
    (left,) = allocation.explain(allocation.settled(instance, where), where)
    assert (left.party, left.reason) == ("L", "only_private_cars")


def test_without_private_cars_a_plan_stands_as_it_is() -> None:
    read, _remarks = allocation.read(json.dumps(an_instance(household("H", seats=2), convoys=(BUS,))))
    seated = allocation.plan(read).seated
    assert allocation.kept(read, seated) == seated
    assert allocation.settled(read, seated) == read
