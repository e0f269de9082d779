"""Fifty operators at once: nothing fails, nothing typed is lost, every ring is on every page, and one of many has it.

Times are printed, not asserted: a busy machine is no fault of ours. What is asserted holds on any machine.
"""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import signing
from django.utils.http import urlencode

from cases.domain.stream import CHANNEL
from chaos.fifty import FIFTY, Operator, at_work
from chaos.floor import ENVIRONMENT, Floor, resident, ring, rings_for
from chaos.pages import Stream
from chaos.system import PASSWORD, System, running
from chaos.waiting import until
from hotline import live
from hotline.asgi import THREADS, URGENT_THREADS
from hotline.management.commands.up import WEB_PROCESSES

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

WARM_SECONDS, SECONDS = 4.0, 12.0
# Memory may move a little; what grows by every ring and page grows by much more than a quarter.
MOST_GROWTH = 1.25
# The worker's, its heartbeat's and the beat's connections, beside one for each thread that makes pages.
OTHERS = 8
PAGE_SECONDS = 1.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system"), like=filled, **ENVIRONMENT) as whole:
        yield whole


@pytest.fixture(scope="module")
def floor(system: System) -> Floor:
    """Their work is over, all but the measuring: `memory` before and after, `connections` while they worked."""
    mine = Floor(system)
    with at_work(mine):
        rings_for(mine, WARM_SECONDS)
        mine.memory = [resident(system)]
        rings_for(mine, SECONDS)
        mine.connections = system.value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hotline'")
        mine.memory.append(resident(system))
    print("\nFifty operators")
    mine.tell()
    return mine


# --- a busy shift ------------------------------------------------------------------------------------------------


def test_nothing_fails(floor):
    assert floor.figures.errors == []
    assert len(floor.figures.seconds["autosave"]) > FIFTY and len(floor.figures.seconds["record"]) > 1


def test_every_ring_is_on_every_page(floor):
    rings = floor.rings()
    assert len(rings) == len(floor.rung) > 3
    assert {uid: len(floor.heard[uid]) for uid in rings} == dict.fromkeys(rings, FIFTY)


def test_of_several_who_press_at_once_exactly_one_has_the_call(floor):
    """Its control is in the run itself: most rings were pressed by more than one."""
    users = dict(floor.system.rows("SELECT id, username FROM cases_user"))
    owners = dict(floor.system.rows("SELECT uid::text, operator_id FROM cases_call WHERE operator_id IS NOT NULL"))
    assert any(len(floor.pressed[uid]) > 1 for uid in floor.won)
    assert {uid: [f"operator{hand}" for hand in hands] for uid, hands in floor.won.items()} == {
        uid: [users[owners[uid]]] for uid in floor.won
    }


def test_no_draft_is_older_than_what_was_acknowledged(floor):
    kept = dict(floor.system.rows("SELECT uid, serial FROM cases_draft"))
    assert len(floor.acknowledged) >= FIFTY
    assert {key: serial for key, serial in floor.acknowledged.items() if kept.get(key, 0) != serial} == {}


def test_memory_does_not_grow_with_rings(floor):
    before, after = floor.memory
    assert after < before * MOST_GROWTH, floor.memory


def test_streams_hold_no_connection_to_the_database(floor):
    assert 0 < floor.connections <= int(WEB_PROCESSES) * (THREADS + URGENT_THREADS) + OTHERS < FIFTY


# --- who may hear what -------------------------------------------------------------------------------------------


@pytest.fixture
def operator(floor: Floor) -> Iterator[Operator]:
    """One of them again, signed in, without a stream and with nothing heard."""
    one = Operator(Floor(floor.system), 0)
    one.client.sign_in("operator0", PASSWORD)
    one.open("/desk/")
    yield one
    if one.stream is not None:
        one.stream.close()
    one.client.close()


def status(system: System, ticket: str | None) -> int:
    stream = Stream(system.port, "" if ticket is None else f"?{urlencode({'ticket': ticket})}", lambda *_: None)
    stream.close()
    return stream.status


def ticket(system: System, *, age: float = 0.0, key: str = "") -> str:
    """A ticket that was signed some seconds ago."""

    class Before(signing.TimestampSigner):
        def timestamp(self) -> str:
            return signing.b62_encode(int(time.time() - age))

    signer = Before(key=key or system.environment["HOTLINE_SECRET_KEY"], salt="hotline.live")
    return signer.sign_object({"user": 1, "topics": ["desk"]})


def test_a_stream_needs_a_ticket_that_is_ours_and_young(system):
    assert status(system, ticket(system)) == 200
    assert status(system, None) == 401
    assert status(system, "") == 401
    assert status(system, ticket(system)[:-2]) == 401
    assert status(system, ticket(system, key="another key")) == 401
    assert status(system, ticket(system, age=live.TICKET_SECONDS + 1)) == 401


def test_a_stream_hears_its_own_topics_and_no_others(floor, operator):
    me, colleague = (
        floor.system.value("SELECT id FROM cases_user WHERE username = %s", f"operator{n}") for n in (0, 1)
    )
    operator.listen()
    until(lambda: operator.seen, seconds=10, what="ready")
    with floor.system.broker() as broker:
        for topic in ("room", "supervisor", f"user:{colleague}", f"user:{me}", "desk"):
            broker.publish(CHANNEL, json.dumps({"topic": topic, "name": "told", "data": {"topic": topic}}))
    until(lambda: ("told", {"topic": "desk"}) in operator.seen, seconds=10, what="the last line")
    assert [data["topic"] for name, data in operator.seen if name == "told"] == [f"user:{me}", "desk"]


# --- without Valkey ----------------------------------------------------------------------------------------------


def test_a_frozen_valkey_slows_no_page_and_pages_are_told(floor, operator):
    operator.listen()
    until(lambda: operator.seen, seconds=10, what="ready")
    floor.system.signal_engine("Valkey", signal.SIGSTOP)
    try:
        until(lambda: [name for name, _ in operator.seen] == ["ready", "away"], seconds=30, what="away")
        for act in (operator.save, operator.touch, operator.live, operator.record, operator.save):
            act()
        operator.client.post("be free", "/desk/presence/", {"state": "free"}, expect=302)
        ring(operator.floor)
    finally:
        floor.system.signal_engine("Valkey", signal.SIGCONT)
    until(lambda: len(operator.seen) > 2, seconds=30, what="ready again")
    assert [name for name, _ in operator.seen[:3]] == ["ready", "away", "ready"]
    assert operator.floor.figures.errors == []
    slowest = {kind: max(taken) for kind, taken in operator.floor.figures.seconds.items() if kind != "sign in"}
    assert {kind: taken for kind, taken in slowest.items() if taken > PAGE_SECONDS} == {}
