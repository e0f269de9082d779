"""`python -m tests.bench`: what the desk's door and the assignment cost, as a share of the bare statements.

`python -m tests.bench fifty` (or `make bench ARGS=fifty`) is fifty operators at once, `names` a search among a million
people (BENCH_PEOPLE makes it another number), `queue` the coordinators' page over a million cases (BENCH_CASES,
BENCH_OPEN), `allocation` the planning of convoys (BENCH_SHAPES, BENCH_BOUND), `suspend` a corridor that stands
still at once (BENCH_TRAVELLERS, BENCH_CONVOYS), `guard` what the guards of seats cost (BENCH_SECONDS); without a word,
all of it.
Needs DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL; `make bench` gives them. It asserts nothing: it prints.
"""

import os
import re
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import allocation, guard, names, queue, suspending
from tests.bench.database import own_database

ROUNDS = 7
CALLS_A_ROUND = 20
CASES = 300
WORKERS = 2  # as `manage.py up` starts them
STATEMENT_RUNS = 20
SLOWEST = 5
KIND = re.compile(r'\(?(?:(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)|(SELECT) .*? FROM "?(\w+)|(\w+))', re.DOTALL)


def rate(work: Any, count: int) -> float:
    """How often a second."""
    start = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - start)


def new_number() -> str:
    """One that nobody called from yet."""
    return f"+7 915 {uuid.uuid4().int % 10**7:07}"


def intakes() -> None:
    from django.db import connection
    from django.test import Client, override_settings

    from cases.models import User
    from tests.bench import bare
    from tests.calls import C01_FORM
    from tests.cast import hire

    door = Client()
    door.force_login(User.objects.get(pk=hire("olena", "operator").user_id))

    def intake() -> None:
        answer = door.post("/desk/", C01_FORM | {"key": uuid.uuid4().hex, "number": new_number()})
        assert answer.status_code == 302, (answer.status_code, answer.context["form"].errors)

    def nothing_but_the_rows() -> None:
        with override_settings(ROOT_URLCONF="tests.bench.bare", MIDDLEWARE=[]):
            assert plain.post("/bare/").status_code == 200

    intake()
    recorder, before = bare.Recorder(), bare.last_ids()
    with connection.execute_wrapper(recorder):
        intake()
    bare.replay[:] = [bare.Replay(recorder.statements, before)]
    plain = Client()
    plain.cookies.clear()
    nothing_but_the_rows()

    pairs = []
    for _ in range(ROUNDS):
        ours = rate(intake, CALLS_A_ROUND)
        pairs.append((ours, rate(nothing_but_the_rows, CALLS_A_ROUND)))
    ours, theirs = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    share = median(pair[0] / pair[1] for pair in pairs)
    print(f"intakes through the desk      {ours:8.1f} /s")
    print(f"the same {bare.replay[0].rows} rows, bare view   {theirs:8.1f} /s   ratio {share:.2f}")

    clock = Clock()
    with connection.execute_wrapper(clock):
        for _ in range(STATEMENT_RUNS):
            intake()
    clock.tell()


class Clock:
    """An execute wrapper that adds up what each kind of statement costs."""

    def __init__(self) -> None:
        self.seconds, self.numbers = Counter[str](), Counter[str]()

    def __call__(self, execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(query, params, many, context)
        finally:
            found = KIND.match(query)
            kind = " ".join(part for part in found.groups() if part) if found else query[:40]
            self.seconds[kind] += time.perf_counter() - start
            self.numbers[kind] += 1

    def tell(self) -> None:
        verbs = Counter[str]()
        for kind, number in self.numbers.items():
            verbs[kind.split()[0]] += number
        print(f"statements of one intake      {self.numbers.total() / STATEMENT_RUNS:8.1f}")
        print(
            "  of these                    " + ", ".join(f"{v} {n / STATEMENT_RUNS:g}" for v, n in verbs.most_common())
        )
        for kind, _ in self.seconds.most_common(SLOWEST):
            self._line(kind, self.numbers[kind], self.seconds[kind])
        self._line("all statements together", self.numbers.total(), self.seconds.total())

    @staticmethod
    def _line(kind: str, number: int, seconds: float) -> None:
        print(f"  {kind:40} {number / STATEMENT_RUNS:5.1f} times {1000 * seconds / STATEMENT_RUNS:7.2f} ms")


def _as_the_worker(work: Callable[[], object]) -> None:
    """In as many processes as the worker has, each with connections of its own."""
    from django.db import connections

    connections.close_all()
    children = []
    for _ in range(WORKERS):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work()
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * WORKERS


def assignments() -> None:
    from django.db import connection

    from cases import tasks
    from cases.domain import assignment, jobs
    from cases.models import Assignment, Case, Job
    from tests.cast import hire
    from tests.factories import a_case

    coordinators = [hire(f"coordinator{number}", "coordinator", on_duty=True, capacity=10_000) for number in range(10)]
    Job.objects.all().delete()
    cases = [a_case(priority="P3") for _ in range(2 * CASES)]
    jobs._outside.pop("message")
    assert assignment.auto in tasks.HANDLERS
    Job.objects.bulk_create(Job(kind="assign", key=f"assign:{case.uid}", subject=case.pk) for case in cases[:CASES])
    start = time.perf_counter()
    _as_the_worker(lambda: jobs.sweep(600))
    ours = CASES / (time.perf_counter() - start)
    assert Assignment.objects.count() == CASES

    rest = iter(cases[CASES:])
    owner = coordinators[0].user_id

    def nothing_but_the_rows() -> None:
        case = next(rest)
        with connection.connection.transaction():
            connection.connection.execute("UPDATE cases_case SET status = 'assigned' WHERE id = %s", [case.pk])
            connection.connection.execute(
                "INSERT INTO cases_assignment (uid, version, created_at, case_id, owner_id, by, because, ended_because)"
                " VALUES (gen_random_uuid(), 0, now(), %s, %s, 'system:bench', '{}', '')",
                [case.pk, owner],
            )

    theirs = rate(nothing_but_the_rows, CASES)
    assert Case.objects.filter(status="assigned").count() == 2 * CASES
    print(f"assignments by {WORKERS} workers      {ours:8.1f} /s")
    print(f"a bare UPDATE and INSERT      {theirs:8.1f} /s   ratio {ours / theirs:.2f}")


def rows() -> None:
    with own_database():
        intakes()
        assignments()


def fifty() -> None:
    tests = Path(__file__).resolve().parents[1]
    path = os.pathsep.join([str(tests.parent), str(tests)])
    subprocess.run(
        [sys.executable, str(tests / "bench" / "fifty.py")], env=os.environ | {"PYTHONPATH": path}, check=True
    )


BENCHES = {
    "rows": rows,
    "names": names.main,
    "queue": queue.main,
    "fifty": fifty,
    "allocation": allocation.main,
    "suspend": suspending.main,
    "guard": guard.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
