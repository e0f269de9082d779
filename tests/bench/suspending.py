"""A corridor with 5,000 travellers on 40 convoys stands still, and goes on: seconds, and a share of the bare rows.

BENCH_TRAVELLERS and BENCH_CONVOYS make it other numbers. The baseline is what cannot be avoided: each status changed
with one UPDATE, each line and each job put in with one INSERT … SELECT, in one transaction, through the same triggers
and rolled back. While the corridor is suspended another thread asks for the planner's board again and again.
"""

import os
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from tests.bench.database import own_database

TRAVELLERS = int(os.environ.get("BENCH_TRAVELLERS", "5000"))
CONVOYS = int(os.environ.get("BENCH_CONVOYS", "40"))
ROUNDS = 3
BARE = """
UPDATE cases_corridor SET status = 'suspended', version = version + 1;
UPDATE cases_convoy SET status = 'suspended', version = version + 1;
UPDATE cases_seat SET status = 'parked', version = version + 1 WHERE status IN ('held', 'confirmed');
UPDATE cases_evacuationrequest SET status = 'verified', version = version + 1 WHERE status IN ('held', 'confirmed');
UPDATE cases_job SET state = 'done', done_at = now() WHERE kind = 'hold' AND state = 'waiting';
INSERT INTO cases_event (at, verb, actor, subject, subject_uid, case_id, data)
  SELECT now(), 'bench', 'system:bench', 'convoy', uid, NULL, '{"from": "planned", "to": "suspended"}'
    FROM cases_convoy;
INSERT INTO cases_event (at, verb, actor, subject, subject_uid, case_id, data)
  SELECT now(), 'bench', 'system:bench', 'seat', uid, NULL, '{"from": "confirmed", "to": "parked"}'
    FROM cases_seat;
INSERT INTO cases_event (at, verb, actor, subject, subject_uid, case_id, data)
  SELECT now(), 'bench', 'system:bench', 'evacuationrequest', uid, case_id, '{"from": "held", "to": "verified"}'
    FROM cases_evacuationrequest;
INSERT INTO cases_job (kind, key, lane, due_at, order_key, subject, attempts, worker, state, error_code, created_at)
  SELECT 'bench', 'bench:' || id, 'normal', now(), '', id, 0, '', 'waiting', '', now() FROM cases_case
"""


class Watch:
    """The planner's board, asked for again and again by a thread of its own while the block runs."""

    def __init__(self, by: Any) -> None:
        self.by, self.seconds, self._stop = by, list[float](), threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        from django.db import connection

        while not self._stop.is_set():
            self.seconds.append(looked(self.by))
        connection.close()


def looked(by: Any) -> float:
    """Seconds of the board's rows."""
    from cases.queries.evacuation.board import board

    return took(lambda: board(by))


def took(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare() -> float:
    """Seconds of the rows that cannot be avoided; nothing of it stays."""
    from django.db import connection, transaction

    def work() -> None:
        for statement in BARE.split(";\n"):
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with transaction.atomic(), connection.cursor() as cursor:
        seconds = took(work)
        transaction.set_rollback(True)
    return seconds


class Statements:
    """An execute wrapper that keeps the seconds of each statement."""

    def __init__(self) -> None:
        self.seconds = list[tuple[float, str]]()

    def __call__(self, execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(query, params, many, context)
        finally:
            self.seconds.append((time.perf_counter() - begun, query))

    def tell(self, said: str) -> None:
        total = sum(seconds for seconds, _query in self.seconds)
        print(f"{said}: {len(self.seconds)} statements, {total:.2f} s of it in the database")
        for seconds, query in sorted(self.seconds, reverse=True)[:5]:
            print(f"  {seconds:6.3f} s  {' '.join(query.split())[:90]}")


def tidied() -> None:
    """What was rolled back or is done is out of the way of the next round."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("DELETE FROM cases_job WHERE kind <> 'hold' OR state <> 'waiting'")
        owner.execute("VACUUM ANALYZE")


def main() -> None:
    """Print what standing still and going on cost, alone and with the board beside them."""
    with own_database():
        _main()


def _main() -> None:
    from django.db import connection

    from cases.domain import evacuation
    from cases.models import Job, Seat
    from tests.bench.travellers import lay_down

    laid = lay_down(TRAVELLERS, CONVOYS, seats=min(200, 2 * TRAVELLERS // CONVOYS))
    stops, goes, floor, boards = [], [], [], []
    looked(laid.by)
    quiet = median(looked(laid.by) for _ in range(20))
    statements, again = Statements(), Statements()
    for number in range(2 * ROUNDS):
        beside = number >= ROUNDS
        floor.append(bare())
        tidied()
        with connection.execute_wrapper(statements if number == ROUNDS - 1 else Statements()):
            stop = lambda: evacuation.suspend(laid.corridor, reason="unsafe", by=laid.by)  # noqa: E731
            if beside:
                with Watch(laid.by) as watch:
                    stops.append(took(stop))
                boards += watch.seconds
            else:
                stops.append(took(stop))
        told = Job.objects.filter(kind__in=["call_household", "write_household"], state="waiting").count()
        assert told == Seat.objects.filter(status="parked").count() // 2, told
        evacuation.propose_resume(laid.corridor, by=laid.by)
        with connection.execute_wrapper(again if number == ROUNDS - 1 else Statements()):
            goes.append(took(lambda: evacuation.resume(laid.corridor, by=laid.other)))
        assert not Seat.objects.filter(status="parked").exists()
        tidied()
    alone, crowded = median(stops[:ROUNDS]), median(stops[ROUNDS:])
    print(f"{TRAVELLERS:,} travellers on {CONVOYS} convoys stand still, and all who are concerned are in the queue:")
    print(f"suspended, alone              {alone:8.2f} s    ratio to the bare rows {alone / median(floor):.2f}")
    print(f"suspended, beside the board   {crowded:8.2f} s")
    print(f"resumed                       {median(goes):8.2f} s")
    print(f"the bare rows                 {median(floor):8.2f} s")
    print(f"the board alone               {1000 * quiet:8.0f} ms")
    print(f"the board meanwhile           {1000 * median(boards):8.0f} ms   slowest {1000 * max(boards):.0f} ms")
    statements.tell("suspended")
    again.tell("resumed")
