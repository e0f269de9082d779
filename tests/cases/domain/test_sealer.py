"""The sealer: committed lines get numbers without gaps, and a line that was touched afterwards is named."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from cases import policy
from cases.actors import System
from cases.domain import events
from cases.models import Event, Worker
from chaos.waiting import until
from owner import as_owner
from together import together
from ways_out import a_family

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 20
ROUNDS = 3
LINES = 6
TEST = System("test")
GUARD = "event_guard"


def write(number=0):
    """One line of a running verb, in the caller's transaction."""
    with policy.running("assignment.auto", TEST):
        policy.require()
        events.record(Worker(name="w"), "test.line", number=number)


def sealed_lines(count=LINES):
    """Lines sealed in two goes, so that there are two heads outside the database."""
    for number in range(count):
        write(number)
        if number in (count // 2 - 1, count - 1):
            events.seal()


@pytest.mark.parametrize("count", [events.FEW, events.FEW + 1])
def test_many_lines_at_once_are_the_same_lines_as_one_by_one(cast, count):
    """Past a few, the columns go to the server as arrays."""
    family = a_family()
    with policy.running("assignment.auto", TEST), transaction.atomic():
        policy.require()
        events.record_many((family, family.case_id, {"number": number, "said": "«ї»"}) for number in range(count))
        events.record_many([(Worker(name="w"), None, {})] * count)
    about = Event.objects.filter(case=family.case_id, verb="assignment.auto").order_by("pk")
    assert [(line.subject, line.subject_uid, line.actor, line.data) for line in about] == [
        ("evacuationrequest", family.uid, "system:test", {"number": number, "said": "«ї»"}) for number in range(count)
    ]
    alone = Event.objects.filter(subject="worker", subject_uid=None, case=None, data={}, verb="assignment.auto")
    assert alone.count() == count
    events.seal()
    assert events.verify().broken_at is None


@contextmanager
def unguarded():
    """What only the owner of the tables can do: work below the triggers."""
    with as_owner() as owner:
        owner.execute(f"ALTER TABLE cases_event DISABLE TRIGGER {GUARD}")
        try:
            yield owner
        finally:
            owner.execute(f"ALTER TABLE cases_event ENABLE TRIGGER {GUARD}")


# --- numbering ---------------------------------------------------------------------------------------------------


def test_only_committed_lines_get_a_number():
    write(1)
    with transaction.atomic():
        write(2)
        assert together(1, lambda _: events.seal()) == [1]
    assert list(Event.objects.order_by("pk").values_list("seq", flat=True)) == [1, None]
    assert events.seal() == 1 and events.seal() == 0
    assert list(Event.objects.order_by("pk").values_list("seq", flat=True)) == [1, 2]


class Reader:
    """Reads what is new by one column, as a partner's cursor does."""

    def __init__(self, column):
        self.column, self.cursor, self.read = column, 0, []

    def look(self):
        fresh = Event.objects.filter(**{f"{self.column}__gt": self.cursor}).order_by(self.column)
        for pk, place in fresh.values_list("pk", self.column):
            self.read.append(pk)
            self.cursor = place


def test_a_reader_by_number_loses_nothing_under_many_writers_and_a_reader_by_id_does():
    """Each round's writers insert at once and commit last come first; both readers look after every commit."""
    by_seq, by_id = Reader("seq"), Reader("id")
    turns = [[threading.Event() for _ in range(WRITERS)] for _ in range(ROUNDS)]
    committed = threading.Semaphore(0)
    inserted = threading.Barrier(WRITERS + 1)

    def writer(number):
        for turn in turns:
            with transaction.atomic():
                write(number)
                inserted.wait(20)
                turn[number].wait(20)
            committed.release()

    def reader():
        for turn in turns:
            inserted.wait(20)
            for event in reversed(turn):
                event.set()
                assert committed.acquire(timeout=20)
                events.seal()
                by_seq.look()
                by_id.look()

    assert set(together(WRITERS + 1, lambda n: reader() if n == WRITERS else writer(n))) == {None}
    everything = list(Event.objects.order_by("seq").values_list("pk", flat=True))
    assert len(everything) == WRITERS * ROUNDS
    assert by_seq.read == everything
    assert set(by_id.read) < set(everything)  # the negative control: an id is given before the commit


def test_several_sealers_at_once_give_one_chain():
    def write_and_seal(number):
        for line in range(10):
            write(line)
            events.seal()

    assert set(together(8, write_and_seal)) == {None}
    events.seal()
    assert events.verify() == events.Audit(lines=80, unsealed=0)
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 81))


def test_without_the_lock_two_sealers_give_one_number_to_two_lines():
    """The negative control: both begin at the same head, and only the unique number stops the second."""
    first_looked, second_looked, first_done = threading.Event(), threading.Event(), threading.Event()

    def without_lock(looked, turn):
        def wrapper(execute, query, params, many, context):
            if "advisory" in query:
                return execute("SELECT true", None, many, context)
            if query.startswith("UPDATE"):
                looked.set()
                assert turn.wait(20)
            return execute(query, params, many, context)

        return connection.execute_wrapper(wrapper)

    def sealer(number):
        if number == 0:
            with without_lock(first_looked, second_looked):
                sealed = events.seal()
            first_done.set()
            return sealed
        assert first_looked.wait(20)
        early.commit()
        with without_lock(second_looked, first_done):
            return events.seal()

    parameters = connections["default"].get_connection_params() | {"cursor_factory": psycopg.Cursor, "context": None}
    with psycopg.connect(**parameters) as early:
        early.execute(
            "INSERT INTO cases_event (at, verb, actor, subject, data) VALUES (now(), 'early', 'test', 'worker', '{}')"
        )
        write()
        first, second = together(2, sealer)
    assert first == 1 and isinstance(second, IntegrityError)


# --- what was touched is named -----------------------------------------------------------------------------------

CHANGED = "UPDATE cases_event SET data = '{\"number\": 99}' WHERE seq = 3"
DELETED = "DELETE FROM cases_event WHERE seq = 3"
CONTENT_SWAPPED = (
    "UPDATE cases_event a SET at = b.at, data = b.data FROM cases_event b WHERE (a.seq, b.seq) IN ((3, 5), (5, 3))"
)
NUMBERS_SWAPPED = (
    "UPDATE cases_event SET seq = -seq WHERE false;"
    "UPDATE cases_event SET seq = 1003 WHERE seq = 3; UPDATE cases_event SET seq = 3 WHERE seq = 5;"
    "UPDATE cases_event SET seq = 5 WHERE seq = 1003"
)
CUT_OFF = "DELETE FROM cases_event WHERE seq > 4"
ALL_GONE = "DELETE FROM cases_event"
TAMPERING = {
    "changed": (CHANGED, 3, "changed"),
    "deleted": (DELETED, 3, "missing"),
    "content swapped": (CONTENT_SWAPPED, 3, "changed"),
    "numbers swapped": (NUMBERS_SWAPPED, 3, "changed"),
    "cut off": (CUT_OFF, 5, "cut off"),
    "all gone": (ALL_GONE, 1, "cut off"),
}


@pytest.mark.parametrize(("statement", "line", "what"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_is_found_and_the_first_broken_line_named(statement, line, what):
    sealed_lines()
    assert events.verify() == events.Audit(lines=LINES, unsealed=0)
    with unguarded() as owner:
        owner.execute(statement)
    assert events.verify() == events.Audit(line - 1, 0, line, what)
    with pytest.raises(CommandError, match=f"Line {line} is {what}"):
        call_command("verify_audit")


def test_an_untouched_chain_is_said_to_hold(capsys):
    sealed_lines()
    write()
    call_command("verify_audit")
    assert capsys.readouterr().out == f"{LINES} lines hold; 1 wait for the sealer.\n"


def test_a_chain_computed_anew_does_not_fit_the_heads_kept_outside():
    sealed_lines()
    with unguarded() as owner:
        owner.execute(CHANGED)
        before = events.GENESIS
        for event in Event.objects.order_by("seq"):
            before = events.chained(before, event)
            owner.execute("UPDATE cases_event SET hash = %s WHERE seq = %s", [before, event.seq])
    assert events.verify() == events.Audit(2, 0, 3, "rewritten")


def test_without_the_heads_outside_a_cut_off_end_would_not_show():
    """The negative control of the heads file."""
    sealed_lines()
    events.heads_file().unlink()
    with unguarded() as owner:
        owner.execute(CUT_OFF)
    assert events.verify() == events.Audit(lines=4, unsealed=0)


def test_the_app_role_cannot_touch_a_sealed_line():
    sealed_lines()
    for statement in (CHANGED, DELETED, "UPDATE cases_event SET seq = 9, hash = '\\x00' WHERE seq = 3"):
        with pytest.raises(Exception, match=r"permission denied|append_only|sealed once"), transaction.atomic():
            connection.cursor().execute(statement)
    assert events.verify() == events.Audit(lines=LINES, unsealed=0)


# --- killed ------------------------------------------------------------------------------------------------------


def a_sealing_process():
    """A process of its own that seals in this test's database."""
    parts = connection.settings_dict
    address = f"postgresql://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    return subprocess.Popen(
        [sys.executable, "-c", "import django; django.setup(); from cases.domain import events; events.seal()"],
        env=os.environ
        | {
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "hotline.settings",
            "HOTLINE_DATA_DIR": str(settings.HOTLINE_DATA_DIR),
        },
    )


def test_a_sealer_killed_between_its_commit_and_its_head_breaks_nothing():
    """A head file that is a pipe without a reader holds a real process exactly there."""
    sealed_lines()
    file, kept = events.heads_file(), events.heads_file().read_text()
    file.unlink()
    os.mkfifo(file)
    write()
    child = a_sealing_process()
    try:
        until(lambda: Event.objects.filter(seq=LINES + 1).exists(), what="the sealer's commit")
        assert child.poll() is None
    finally:
        child.kill()
        child.wait(10)
    file.unlink()
    file.write_text(kept)
    assert events.verify() == events.Audit(lines=LINES + 1, unsealed=0)

    write()
    assert events.seal() == 1
    assert dict(events.heads()).keys() == {LINES // 2, LINES, LINES + 2}
    assert events.verify() == events.Audit(lines=LINES + 2, unsealed=0)
