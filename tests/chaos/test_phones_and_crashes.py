"""A whole day of a convoy said by three phones, in any order, while the server's connections are killed under them.

What must hold afterwards is counted from the places and the words themselves: boarded = arrived + diverted +
accounted for + still aboard; every word is kept once; the legs count who is aboard.
"""

import uuid
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.db import Error, connection, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.domain import field as ground
from cases.enums import ACCOUNTS
from cases.models import EvacuationRequest, FieldEntry, Leg, Manifest, Seat
from cases.planning.boarding import BECOMES
from on_the_ground import Day, a_day, freely
from ways_out import a_family

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.alone]

ENDS = ("arrived", "diverted", *ACCOUNTS)
FAMILIES = 3
TRIES = 60


def a_story(day: Day, seats: list[Seat], random: Random) -> tuple[list[list[dict[str, Any]]], dict[int, str]]:
    """What three phones say of everybody, and what it should come to."""
    phones: list[list[dict[str, Any]]] = [[], [], []]
    comes_to: dict[int, str] = {}
    for seat in seats:
        boards = random.random() < 0.8
        act = "boarded" if boards else random.choice(["refused", "turned_away", "no_show"])
        phones[random.randrange(2)].append(day.line(act, seat, data=freely()))
        comes_to[seat.pk] = str(BECOMES[act])
    aboard = [seat for seat in seats if comes_to[seat.pk] == "boarded"]
    phones[0].append(day.line("stop_left", data={"stop": 0, "count": len(aboard)}))
    if random.random() < 0.5:
        phones[0] += [day.line("halted"), day.line("went_on")]
    phones[2].append(day.line("came"))
    for seat in aboard:
        if random.random() < 0.9:
            act = random.choice(ENDS)
            phones[2].append(day.line(act, seat))
            comes_to[seat.pk] = str(BECOMES[act])
    return phones, comes_to


def batches(phones: list[list[dict[str, Any]]], random: Random) -> list[tuple[int, list[dict[str, Any]]]]:
    """Each phone's words cut into batches, heard in any order, some of them twice."""
    cut = []
    for phone, lines in enumerate(phones):
        while lines:
            size = random.randint(1, 4)
            cut.append((phone, lines[:size]))
            lines = lines[size:]
    cut += random.sample(cut, k=len(cut) // 3)
    random.shuffle(cut)
    return cut


def killed_sync(day: Day, phone: Any, lines: list[dict[str, Any]], random: Random, deaths: list[int]) -> None:
    """Send until it was answered; before, or right after the commit, the connection may be killed."""
    for _try in range(TRIES):
        kill = random.random()
        try:
            if kill < 0.25:
                with connection.cursor() as cursor:  # dies on the way there
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            if kill < 0.5:
                dies_within(day, phone, lines)
            day.send(phone, *lines)
        except Error:
            connections.close_all()
            deaths.append(_try)
            continue
        if kill < 0.75:
            return  # else the answer was lost: the phone says it again
    raise AssertionError("never answered")


def dies_within(day: Day, phone: Any, lines: list[dict[str, Any]]) -> None:
    """The server's process dies after the last statement of the verb and before its commit."""

    def die() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    connection.execute_wrappers.append(last_words(die))
    try:
        day.send(phone, *lines)
    finally:
        connection.execute_wrappers.clear()


def last_words(die: Any) -> Any:
    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "cases_fieldentry"'):
            connection.execute_wrappers.clear()
            die()
        return found

    return wrap


def counted(day: Day) -> dict[str, int]:
    found: dict[str, int] = {}
    for status in Seat.objects.filter(convoy=day.convoy).values_list("status", flat=True):
        found[status] = found.get(status, 0) + 1
    return found


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_boarded_is_arrived_diverted_and_accounted_for_whatever_dies(seed: int, cast_once: Any) -> None:
    random = Random(seed)
    families = [a_family("18-59", "60-69") for _ in range(FAMILIES)]
    day = a_day(*families, like=cast_once.get("day"), seats=12)
    cast_once["day"] = day
    seats = list(Seat.objects.filter(convoy=day.convoy).order_by("pk"))
    said, comes_to = a_story(day, seats, random)
    lines = sum(len(phone) for phone in said)
    phones = [day.phone() for _ in said]

    for phone, batch in batches(said, random):
        killed_sync(day, phones[phone], batch, random, cast_once["deaths"])

    became = dict(Seat.objects.filter(convoy=day.convoy).values_list("pk", "status"))
    assert became == comes_to
    assert FieldEntry.objects.filter(convoy=day.convoy).count() == lines
    totals = counted(day)
    boarded = sum(1 for one in said for line in one if line["act"] == "boarded")
    ended = sum(totals.get(status, 0) for status in ("arrived", "diverted", "accounted"))
    assert boarded == ended + totals.get("boarded", 0)
    assert Leg.objects.get(convoy=day.convoy).seats_taken == totals.get("boarded", 0)
    _closes_only_when_nobody_is_aboard(day, totals)


def _closes_only_when_nobody_is_aboard(day: Day, totals: dict[str, int]) -> None:
    aboard = Seat.objects.filter(convoy=day.convoy, status="boarded")
    if aboard.exists():
        with pytest.raises(Exception, match="accounted"):
            ground.reconcile(day.convoy, by=day.plan.dmytro)
        for seat in aboard:
            ground.settle(seat, act="left_by_choice", by=day.plan.dmytro)
    assert ground.reconcile(day.convoy, by=day.plan.dmytro).status == "reconciled"


def test_control_a_phone_that_forgets_what_it_called_its_words_counts_people_twice(cast: Any) -> None:
    day = a_day()
    people = [{"band": "18-59", "sex": "f", "mobility": "", "kind": "seat", "name": "", "freely": "yes"}]
    said = day.line("walk_up", data={"stop": 0, "people": people})
    phone = day.phone()
    day.send(phone, said)
    day.send(phone, said)
    assert EvacuationRequest.objects.count() == 1
    day.send(phone, said | {"uid": str(uuid.uuid4())})
    assert EvacuationRequest.objects.count() == 2


@pytest.fixture
def cast_once(cast: Any) -> Iterator[dict[str, Any]]:
    """What the examples of one test share: the people who plan and board; and that connections did die."""
    assert not Manifest.objects.exists()
    shared: dict[str, Any] = {"deaths": []}
    yield shared
    assert len(shared["deaths"]) > FAMILIES
