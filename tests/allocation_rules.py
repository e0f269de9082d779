"""The hard rules of an allocation, checked without a line of the planner: what a plan breaks, in words."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

KINDS = ("seats", "wheelchairs", "stretchers", "animals", "luggage")
WEIGHTS = {"P1": 1000, "P2": 100, "P3": 10, "P4": 1}


def weight(household: dict[str, Any]) -> int:
    return WEIGHTS[household["class"]] * sum(household.get(kind) or 0 for kind in KINDS[:3])


def suits(household: dict[str, Any], convoy: dict[str, Any]) -> bool:
    """Direction, stop, dates and the household's own confirmation."""
    departs = datetime.fromisoformat(convoy["departs"])
    earliest, latest = household.get("earliest"), household.get("latest")
    return (
        household["direction"] == convoy["direction"]
        and household["stop"] in convoy["stops"]
        and (not earliest or datetime.fromisoformat(earliest) <= departs)
        and (not latest or departs <= datetime.fromisoformat(latest))
        and household.get("confirmed") in (None, convoy["id"])
    )


def left_over(instance: dict[str, Any], seated: dict[str, str]) -> dict[str, Counter[str]]:
    """Places left on each convoy; below 0 where it is over."""
    left = {convoy["id"]: Counter({kind: convoy.get(kind) or 0 for kind in KINDS}) for convoy in instance["convoys"]}
    for household in instance["households"]:
        if household["id"] in seated:
            left[seated[household["id"]]].subtract({kind: household.get(kind) or 0 for kind in KINDS})
    return left


def fits(household: dict[str, Any], places: Counter[str]) -> bool:
    return all((household.get(kind) or 0) <= places[kind] for kind in KINDS)


def broken(instance: dict[str, Any], plan: dict[str, Any]) -> list[str]:
    """Every hard rule the plan breaks. Empty is good."""
    households = {household["id"]: household for household in instance["households"]}
    convoys = {convoy["id"]: convoy for convoy in instance["convoys"]}
    seated = {seat["household"]: seat["convoy"] for seat in plan["seated"]}
    told = [seat["household"] for seat in plan["seated"]] + [left["household"] for left in plan["not_seated"]]
    wrong = [f"{one} stands {count} times" for one, count in Counter(told).items() if count > 1]
    wrong += [f"{one} is not told of" for one in households.keys() - set(told)]
    wrong += [f"{one} may not go on {at}" for one, at in seated.items() if not suits(households[one], convoys[at])]
    left = left_over(instance, seated)
    wrong += [f"{at} is over in {kind}" for at, places in left.items() for kind in KINDS if places[kind] < 0]
    groups = defaultdict(set)
    for household in households.values():
        if household.get("together"):
            groups[household["together"]].add(seated.get(household["id"]))
    wrong += [f"group {name} is on {where}" for name, where in groups.items() if len(where) > 1]
    if plan["weighted_people"] != sum(weight(households[one]) for one in seated):
        wrong.append("the weighted people are not those who are seated")
    return wrong + promises_broken(instance, seated) + left_behind(instance, seated, left)


def promises_broken(instance: dict[str, Any], seated: dict[str, str]) -> list[str]:
    """A confirmation is kept where all of its convoy's fit, and their groups do."""
    wrong = []
    groups = defaultdict(list)
    for one in instance["households"]:
        groups[one.get("together") or f"alone {one['id']}"].append(one)
    for convoy in instance["convoys"]:
        bound = [group for group in groups.values() if any(one.get("confirmed") == convoy["id"] for one in group)]
        bound = [group for group in bound if all(suits(one, convoy) for one in group)]
        asked = Counter[str]()
        for group in bound:
            for one in group:
                asked.update({kind: one.get(kind) or 0 for kind in KINDS})
        if all(asked[kind] <= (convoy.get(kind) or 0) for kind in KINDS):
            wrong += [f"{one['id']} lost its place" for group in bound for one in group if one["id"] not in seated]
    return wrong


def left_behind(instance: dict[str, Any], seated: dict[str, str], left: dict[str, Counter[str]]) -> list[str]:
    """Older people alone who stayed while others of their stop, of their class or a lower one, took their place."""
    groups = defaultdict(list)
    for one in instance["households"]:
        groups[one.get("together") or f"alone {one['id']}"].append(one)
    wrong = []
    for one in instance["households"]:
        if not one.get("lone_older") or one.get("together") or one["id"] in seated:
            continue
        for convoy in instance["convoys"]:
            if not suits(one, convoy):
                continue
            room, same_stop = Counter(left[convoy["id"]]), False
            for group in groups.values():
                if seated.get(group[0]["id"]) == convoy["id"] and _makes_way(one, group):
                    same_stop |= any(other["stop"] == one["stop"] for other in group)
                    for other in group:
                        room.update({kind: other.get(kind) or 0 for kind in KINDS})
            if same_stop and fits(one, room):
                wrong.append(f"{one['id']} was left behind by {convoy['id']}")
    return wrong


def _makes_way(one: dict[str, Any], group: list[dict[str, Any]]) -> bool:
    most_urgent = min(other["class"] for other in group)
    if any(other.get("confirmed") for other in group) or most_urgent < one["class"]:
        return False
    older = len(group) == 1 and group[0].get("lone_older") and not group[0].get("together")
    return not (older and most_urgent == one["class"])
