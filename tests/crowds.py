"""Instances of the allocation in many shapes, invented from a seed: what the benchmark and the tests plan."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 1, 10, 6, tzinfo=UTC)
DIRECTIONS = ("ukraine", "russia")


@dataclass(frozen=True)
class Shape:
    """How a crowd and its convoys look. Ranges are inclusive; shares and chances are of 1."""

    households: int = 10_000
    convoys: int = 200
    stops: int = 20
    stops_a_convoy: tuple[int, int] = (1, 4)
    days: int = 7
    window_hours: tuple[int, int] = (24, 120)
    classes: tuple[float, float, float, float] = (0.05, 0.15, 0.35, 0.45)
    size: tuple[int, int] = (1, 6)
    seats: tuple[int, int] = (20, 60)
    wheelchairs: tuple[int, int] = (0, 3)
    stretchers: tuple[int, int] = (0, 2)
    animals: tuple[int, int] = (0, 8)
    luggage_a_seat: tuple[float, float] = (1.0, 1.6)
    in_wheelchair: float = 0.05
    lying: float = 0.02
    with_animals: float = 0.25
    luggage_a_person: tuple[float, float] = (0.5, 2.0)
    grouped: float = 0.05
    group: tuple[int, int] = (2, 4)
    confirmed: float = 0.02
    lone_older: float = 0.3  # of those who are alone


SHAPES = {
    "200 convoys": Shape(),
    "1,500 convoys": Shape(convoys=1_500, seats=(6, 20), wheelchairs=(0, 1), stretchers=(0, 1), animals=(0, 3)),
    "1,500 coaches": Shape(convoys=1_500),
    "minibuses": Shape(convoys=600, seats=(6, 9), wheelchairs=(0, 1), stretchers=(0, 1), animals=(0, 2)),
    "few convoys": Shape(convoys=12, stops=5, seats=(200, 500), wheelchairs=(5, 20), stretchers=(3, 10)),
    "wheelchairs": Shape(in_wheelchair=0.25, lying=0.1, wheelchairs=(0, 2), stretchers=(0, 1)),
    "luggage": Shape(luggage_a_seat=(0.4, 0.8), with_animals=0.5, animals=(0, 3)),
    "groups": Shape(grouped=0.6, group=(2, 8), seats=(30, 60)),
    "big groups": Shape(grouped=0.4, group=(5, 12), seats=(20, 50)),
    "narrow dates": Shape(window_hours=(2, 16), stops_a_convoy=(2, 6)),
    "one stop": Shape(stops=1, stops_a_convoy=(1, 1), window_hours=(200, 400)),
    "all P1": Shape(classes=(1, 0, 0, 0)),
    "all P4": Shape(classes=(0, 0, 0, 1), convoys=100),
    "many confirmed": Shape(confirmed=0.5, convoys=100),
    "room for all": Shape(convoys=600, wheelchairs=(2, 6), stretchers=(1, 4), animals=(6, 20)),
    "small": Shape(households=200, convoys=8, stops=4, grouped=0.2),
}


def crowd(shape: Shape, seed: int = 0) -> dict[str, Any]:
    """An instance, as a file holds it."""
    dice = random.Random(seed)
    stops = [f"S{number}" for number in range(1, shape.stops + 1)]
    convoys = [_convoy(shape, dice, f"V{number}", stops) for number in range(1, shape.convoys + 1)]
    households = [_household(shape, dice, f"H{number}", stops) for number in range(1, shape.households + 1)]
    _group(shape, dice, households)
    _confirm(shape, dice, convoys, households)
    return {"now": _at(0), "convoys": convoys, "households": households}


def smaller(shape: Shape, households: int, convoys: int) -> Shape:
    return replace(shape, households=households, convoys=convoys, stops=min(shape.stops, max(1, convoys // 3)))


def _at(hours: float) -> str:
    return (NOW + timedelta(hours=round(hours, 2))).isoformat().replace("+00:00", "Z")


def _convoy(shape: Shape, dice: random.Random, name: str, stops: list[str]) -> dict[str, Any]:
    seats = dice.randint(*shape.seats)
    return {
        "id": name,
        "direction": dice.choice(DIRECTIONS),
        "departs": _at(dice.randrange(shape.days) * 24 + dice.choice((3, 6, 9))),
        "stops": dice.sample(stops, min(len(stops), dice.randint(*shape.stops_a_convoy))),
        "seats": seats,
        "wheelchairs": dice.randint(*shape.wheelchairs),
        "stretchers": dice.randint(*shape.stretchers),
        "animals": dice.randint(*shape.animals),
        "luggage": int(seats * dice.uniform(*shape.luggage_a_seat)),
    }


def _household(shape: Shape, dice: random.Random, name: str, stops: list[str]) -> dict[str, Any]:
    people = dice.randint(*shape.size)
    wheelchairs = sum(dice.random() < shape.in_wheelchair for _ in range(min(people, 2)))
    stretchers = int(wheelchairs < people and dice.random() < shape.lying)
    opens = dice.uniform(-24, shape.days * 24 - 12)
    return {
        "id": name,
        "class": dice.choices(("P1", "P2", "P3", "P4"), shape.classes)[0],
        "seats": people - wheelchairs - stretchers,
        "wheelchairs": wheelchairs,
        "stretchers": stretchers,
        "animals": dice.randint(1, 3) if dice.random() < shape.with_animals else 0,
        "luggage": round(people * dice.uniform(*shape.luggage_a_person)),
        "direction": dice.choice(DIRECTIONS),
        "stop": dice.choice(stops),
        "earliest": _at(opens),
        "latest": _at(opens + dice.uniform(*shape.window_hours)),
        "together": None,
        "confirmed": None,
        "lone_older": people == 1 and dice.random() < shape.lone_older,
        "waiting_since": _at(-dice.uniform(0, 200)),
    }


def _group(shape: Shape, dice: random.Random, households: list[dict[str, Any]]) -> None:
    """Neighbours who go the same way at the same time, as groups that form at a stop do."""
    wanted = int(len(households) * shape.grouped)
    number = at = 0
    while at < wanted:
        number += 1
        first, *others = households[at : at + dice.randint(*shape.group)]
        for one in (first, *others):
            one |= {key: first[key] for key in ("direction", "stop", "earliest", "latest")}
            one["together"] = f"F{number}"
        at += 1 + len(others)


def _confirm(shape: Shape, dice: random.Random, convoys: list[Any], households: list[Any]) -> None:
    """Promise places that are there."""
    kinds = ("seats", "wheelchairs", "stretchers", "animals", "luggage")
    left = {convoy["id"]: {kind: convoy[kind] // 2 for kind in kinds} for convoy in convoys}
    for one in households:
        if dice.random() >= shape.confirmed or one["together"]:
            continue
        convoy = dice.choice(convoys)
        if all(one[kind] <= left[convoy["id"]][kind] for kind in kinds):
            for kind in kinds:
                left[convoy["id"]][kind] -= one[kind]
            one |= {"confirmed": convoy["id"], "direction": convoy["direction"], "stop": convoy["stops"][0]}
            one |= {"earliest": _at(-48), "latest": _at(shape.days * 24 + 48)}
