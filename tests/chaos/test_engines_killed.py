"""Nothing acknowledged is lost or doubled while the worker, Valkey and PostgreSQL are killed -9."""

import signal
import time
import uuid

import pytest
from celery import Celery

from chaos.desk_client import Browser, shift, typed
from chaos.system import PASSWORD, System, running
from chaos.waiting import until
from hotline.supervisor import ChildSpec, python

pytestmark = [pytest.mark.chaos, pytest.mark.alone]

CALLS = 200
BACK_SECONDS = 15.0
REQUEST_SECONDS = 1.0


@pytest.fixture(scope="module")
def system(tmp_path_factory, filled):
    with running(tmp_path_factory.mktemp("system"), like=filled) as whole:
        yield whole


@pytest.fixture
def browser(system: System):
    mine = Browser(system.port)
    mine.sign_in("olena", PASSWORD)
    return mine


def settle(system: System, *, seconds: float = 60.0) -> None:
    try:
        until(lambda: system.unfinished() == 0, seconds=seconds, what="the jobs")
    except AssertionError as error:
        error.add_note(system.standing())
        raise


def counts(system: System) -> tuple[int, int]:
    return system.rows("SELECT (SELECT count(*) FROM cases_call), (SELECT count(*) FROM cases_case)")[0]


def made_by(system: System, keys: list[str]) -> list[tuple[int, int]]:
    """Calls and cases made under each key."""
    return system.rows(
        "SELECT count(DISTINCT call.id), count(DISTINCT link.case_id) FROM unnest(%s::text[]) AS wanted"
        " LEFT JOIN cases_idempotency done ON done.key = wanted LEFT JOIN cases_call call ON call.uid = done.result"
        " LEFT JOIN cases_callcase link ON link.call_id = call.id GROUP BY wanted",
        keys,
    )


def forgotten_cases(system: System) -> int:
    """Open cases without exactly one live owner that do not stand in the queue either."""
    return system.value(
        "SELECT count(*) FROM cases_case c WHERE c.status NOT IN ('closed', 'cancelled', 'duplicate')"
        " AND (SELECT count(*) FROM cases_assignment a WHERE a.case_id = c.id AND a.ended_at IS NULL) <> 1"
        " AND NOT EXISTS (SELECT FROM cases_job j WHERE j.kind = 'assign' AND j.subject = c.id AND j.state = 'waiting')"
    )


def undelivered(system: System) -> set[str]:
    """The uids of messages that did not arrive under their own Message-ID; every other one is `sent`."""
    rows = system.rows("SELECT uid::text, status FROM cases_message")
    arrived = {letter.strip("<>").partition("@")[0] for letter in system.delivered()}
    assert arrived <= {uid for uid, _ in rows}
    return {uid for uid, status in rows if uid not in arrived or status != "sent"}


# --- killed ------------------------------------------------------------------------------------------------------


def test_nothing_acknowledged_is_lost_or_doubled_while_everything_is_killed_once(system, browser):
    calls_before, cases_before = counts(system)
    with shift(browser, range(CALLS)) as work:
        until(lambda: work.acknowledged >= CALLS // 8, seconds=60, what="the first calls")
        system.restart("worker")
        until(lambda: work.acknowledged >= CALLS * 3 // 8, seconds=60, what="calls after the worker's death")
        system.kill_engine("Valkey")
        until(lambda: work.acknowledged >= CALLS * 4 // 8, seconds=60, what="calls without Valkey")
        system.revive_engine("Valkey")
        until(lambda: work.acknowledged >= CALLS * 5 // 8, seconds=60, what="calls with Valkey again")
        system.kill_engine("PostgreSQL")
        system.revive_engine("PostgreSQL")
    settle(system)

    assert {status for status, _ in work.saved.values()} == {302}
    assert max(sent for _, sent in work.saved.values()) > 1, "no call was interrupted"
    assert made_by(system, list(work.saved)) == [(1, 1)] * CALLS
    calls, cases = counts(system)
    assert (calls - calls_before, cases - cases_before) == (CALLS, CALLS)
    assert forgotten_cases(system) == 0
    assert system.value("SELECT count(*) FROM cases_assignment WHERE ended_at IS NULL") == cases
    assert system.value("SELECT count(*) FROM cases_message") >= CALLS + CALLS // 2
    assert undelivered(system) == set()
    assert system.value("SELECT count(*) FROM cases_job WHERE state = 'dead'") == 0
    until(lambda: system.value("SELECT count(*) FROM cases_event WHERE seq IS NULL") == 0, what="the sealer")
    system.run("verify", "manage.py", "verify_audit")


def save_without_hearing(system: System, browser: Browser, number: int, key: str) -> None:
    """The server commits, and the answer never arrives."""
    before, _ = counts(system)
    connection = browser.send("POST", "/desk/", typed(number, key))
    until(lambda: counts(system)[0] == before + 1, what="the commit")
    connection.close()


@pytest.mark.parametrize(
    ("again", "made"), [(lambda key: key, 1), (lambda key: uuid.uuid4().hex, 2)], ids=["same key", "negative control"]
)
def test_a_call_whose_answer_was_lost_is_one_call_because_of_its_key(system, browser, again, made):
    before, key = counts(system), uuid.uuid4().hex
    save_without_hearing(system, browser, 9001, key)
    assert browser.save(9001, key=again(key))[0] == 302
    after = counts(system)
    assert (after[0] - before[0], after[1] - before[1]) == (made, made)


def test_a_message_in_the_hands_of_a_killed_worker_arrives_under_its_message_id(system, browser):
    settle(system)
    office, accept = system.post_office, system.post_office.handle_DATA
    held = []

    async def accept_and_never_say_so(server, session, envelope):
        await accept(server, session, envelope)
        held.append(office.letters[-1]["Message-ID"])
        office.handle_DATA = accept
        system.kill_from_outside("worker")
        return "451 too late"

    office.handle_DATA = accept_and_never_say_so
    browser.save(9100)
    until(lambda: held, what="a letter in the worker's hands")
    until(system.children["worker"].ended, what="the worker's end")
    system.start("worker")
    until(lambda: system.delivered().count(held[0]) == 2, seconds=BACK_SECONDS + 10, what="the letter again")
    settle(system)
    assert undelivered(system) == set()


def test_a_plain_task_in_the_hands_of_a_killed_worker_is_lost(system):
    """The negative control: what the same death does to work that only Celery knows of."""
    words = ["-m", "celery", "--app", "chaos.careless", "--quiet", "worker", "--concurrency", "1", "-l", "error"]
    system.specs["careless"] = ChildSpec("careless", python(*words))
    careless = Celery(broker=system.engines.redis_url)
    with system.broker() as client:
        system.start("careless")
        careless.send_task("careless.write", args=[1], queue="careless", ignore_result=True)
        until(lambda: client.lrange("begun", 0, -1) == [b"1"], what="the first task")
        system.restart("careless")
        client.rpush("go:1", "go")
        client.rpush("go:2", "go")
        careless.send_task("careless.write", args=[2], queue="careless", ignore_result=True)
        until(lambda: client.llen("written"), what="the second task")
        system.kill("careless")
        assert client.lrange("written", 0, -1) == [b"2"]
        assert client.llen("careless") == 0
        assert not [message for message in client.hvals("unacked") if b"careless.write" in message]


# --- in mid-tick -------------------------------------------------------------------------------------------------

# Ten minutes late: as the jobs say, and as the clocks do.
LATE = """WITH late AS (
    UPDATE cases_clock SET started_at = now() - interval '9 hours', due_at = now() - interval '10 minutes'
    WHERE kind = 'recontact' AND state = 'running' RETURNING id, uid),
  due AS (UPDATE cases_job SET due_at = now() - interval '10 minutes' FROM late
    WHERE key = 'clock:' || late.uid AND state = 'waiting')
SELECT id FROM late"""
STUCK = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND NOT granted"


def killed_where_it_stands(system: System, child: str, table: str) -> None:
    """Kill -9 a child that wants to write into this table, and start it again; the table waits for nobody after."""
    with system.database() as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
        system.start(child)
        until(lambda: system.value(STUCK, table) > 0, what=f"{child} in the middle of it")
        system.kill(child)
    system.start(child)


def test_clocks_whose_scheduler_dies_in_mid_tick_fire_once_each(system, browser):
    for number in range(9400, 9412):
        browser.save(number)
    settle(system)
    system.kill("worker")
    late = [pk for (pk,) in system.rows(LATE)]
    assert len(late) >= 12
    killed_where_it_stands(system, "worker", "cases_message")
    fired = "SELECT count(*) FROM cases_clock WHERE id = ANY(%s) AND state = 'fired'"
    until(lambda: system.value(fired, late) == len(late), what="the clocks")
    settle(system)

    times = (
        "SELECT (SELECT count(*) FROM cases_event WHERE verb = 'clock.fired' AND subject_uid = clock.uid),"
        " (SELECT count(*) FROM cases_message WHERE key LIKE 'late:' || clock.uid || ':%%')"
        " FROM cases_clock clock WHERE id = ANY(%s)"
    )
    assert set(system.rows(times, late)) == {(1, 1)}


def test_what_is_noted_after_it_was_done_is_done_twice(system):
    """The negative control: the same death, where the effect is committed before it is on record."""
    tables = "CREATE TABLE careless_clock AS SELECT 1 AS id, false AS done; CREATE TABLE careless_fired (id int)"
    with system.database() as connection:
        connection.execute(tables)
    system.specs["careless-clock"] = ChildSpec("careless-clock", python("-m", "chaos.careless_clock"))
    system.environment["CARELESS_URL"] = system.engines.database_owner_url
    killed_where_it_stands(system, "careless-clock", "careless_clock")
    until(system.children["careless-clock"].ended, what="the careless clock")
    assert system.value("SELECT count(*) FROM careless_fired") == 2


# --- frozen, flushed ---------------------------------------------------------------------------------------------


def test_a_frozen_valkey_keeps_no_request_waiting_and_the_work_is_done_once_it_thaws(system, browser):
    settle(system)
    system.signal_engine("Valkey", signal.SIGSTOP)
    try:
        took = []
        for number in range(9200, 9220):
            start = time.monotonic()
            assert browser.save(number) == (302, 1)
            took.append(time.monotonic() - start)
    finally:
        system.signal_engine("Valkey", signal.SIGCONT)
    assert max(took) < REQUEST_SECONDS, took
    settle(system, seconds=BACK_SECONDS)
    assert forgotten_cases(system) == 0 and undelivered(system) == set()


def test_what_celery_lost_is_done_soon_after_a_worker_is_back(system, browser):
    settle(system)
    system.kill("worker")
    for number in range(9300, 9306):
        assert browser.save(number)[0] == 302
    with system.broker() as client:
        client.flushall()
    assert system.unfinished() >= 6
    system.start("worker")
    settle(system, seconds=BACK_SECONDS)
    assert forgotten_cases(system) == 0 and undelivered(system) == set()
