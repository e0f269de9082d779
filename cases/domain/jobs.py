"""Everything that happens later: one table, two kinds of doing.

*Inside* jobs (a clock, an assignment) change only this database: claimed with SKIP LOCKED, effect and "done" in one
transaction, so exactly once. *Outside* jobs (a message) touch the world: claimed, committed, done, recorded, so at
least once, with a key the receiver can drop repeats by. Celery is nudged after commit and swept every two seconds;
it holds no truth.
"""

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from celery import current_app
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from cases import policy
from cases.actors import System
from cases.domain import verbs
from cases.enums import JobLane, JobState
from cases.models import Job, Worker

log = logging.getLogger("hotline.jobs")

HEARTBEAT_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 6.0
MAX_ATTEMPTS: Final = 12
SWEEP_SECONDS: Final = 8.0
# Few at a time: what is urgent and comes while others run waits for no more than these.
BATCH: Final = 20
NUDGE_TIMEOUT: Final = 0.2
NUDGE_PAUSE: Final = 5.0
LANES: Final = {JobLane.URGENT: 0, JobLane.NORMAL: 1, JobLane.BULK: 2}

# An inside handler may return a delay: its effect stands, and the job comes again.
Handler = Callable[[Job], timedelta | None]
Sender = Callable[[Job], None]
_inside: dict[str, tuple[str, Handler]] = {}
_outside: dict[str, Sender] = {}
_given_up: dict[str, Sender] = {}


class NotNow(Exception):
    """A handler asks for the job to be tried again later; its effects are rolled back. `code` is stable."""

    def __init__(self, code: str, after: timedelta) -> None:
        super().__init__(code)
        self.code, self.after = code, after


def inside(kind: str, *, verb: str) -> Callable[[Handler], Handler]:
    """Register a handler whose effect is in this database alone; it runs as `verb` by the system."""

    def register(handler: Handler) -> Handler:
        _inside[kind] = (verb, handler)
        return handler

    return register


def outside(kind: str, *, given_up: Sender) -> Callable[[Sender], Sender]:
    """Register a handler that reaches outside; it runs with no transaction open and may run twice.

    `given_up` is told of a job that failed too often, so that the fact it was about does not stay under way.
    """

    def register(handler: Sender) -> Sender:
        _outside[kind] = handler
        _given_up[kind] = given_up
        return handler

    return register


# --- putting in ------------------------------------------------------------------------------------------------


def enqueue(
    kind: str,
    key: str,
    *,
    subject: int | None = None,
    lane: JobLane = JobLane.NORMAL,
    due_at: datetime | None = None,
    order_key: str = "",
) -> None:
    """Put one job in, in the caller's transaction; a job with the same key that is still open is kept instead."""
    enqueue_many(
        [Job(kind=kind, key=key, subject=subject, lane=lane, due_at=due_at or timezone.now(), order_key=order_key)]
    )


def enqueue_many(wanted: Iterable[Job]) -> None:
    """Put jobs in, set-based; those due now are nudged after commit."""
    made = Job.objects.bulk_create(list(wanted), ignore_conflicts=True)
    now = timezone.now()
    keys = [job.key for job in made if job.due_at <= now]
    if keys:
        _wanted.keys += keys
        transaction.on_commit(_nudge_wanted)


def cancel(keys: Iterable[str]) -> None:
    """Take out jobs that have not begun. One that runs now is left alone: it would be waited for, with its locks."""
    free = (
        Job.objects.filter(key__in=list(keys), state=JobState.WAITING).select_for_update(skip_locked=True).values("pk")
    )
    Job.objects.filter(pk__in=free).update(state=JobState.DONE, done_at=timezone.now())


def bring_forward(waiting: QuerySet[Job]) -> None:
    """What these jobs (locked, waiting for later) wait for has come: they are due now."""
    found = list(waiting.values_list("pk", "key"))
    if not found:
        return
    Job.objects.filter(pk__in=[pk for pk, _key in found]).update(due_at=timezone.now())
    _wanted.keys += [key for _pk, key in found]
    transaction.on_commit(_nudge_wanted)


# --- nudging: a hint to Celery, never a promise -------------------------------------------------------------------

_quiet_until = [0.0]


class _Wanted(threading.local):
    """What this thread's transaction put in: one nudge for all of it. Keys left by a rollback find no job."""

    def __init__(self) -> None:
        self.keys: list[str] = []


_wanted = _Wanted()


def _nudge_wanted() -> None:
    keys, _wanted.keys = _wanted.keys, []
    if keys:
        nudge(keys)


def nudge(keys: list[str]) -> None:
    """Tell Celery that jobs are due. Bounded at 0.2 s a socket step; any error is swallowed: the sweep finds them."""
    if time.monotonic() < _quiet_until[0]:
        return
    try:
        current_app.send_task("cases.run", args=[keys], connection=_broker(), retry=False, ignore_result=True)
    except Exception as error:
        _hang_up()
        _quiet_until[0] = time.monotonic() + NUDGE_PAUSE
        log.warning("broker not reached, jobs wait for the sweep: %s", type(error).__name__)


_line = threading.local()


def _broker() -> Any:
    """This thread's connection to the broker, kept between nudges; another after a fork or a change of address."""
    wanted = (os.getpid(), current_app.conf.broker_write_url)
    if getattr(_line, "wanted", None) != wanted:
        _hang_up()
        _line.connection = current_app.connection_for_write(transport_options=_NUDGE_OPTIONS)
        _line.wanted = wanted
    return _line.connection


def _hang_up() -> None:
    connection, _line.connection, _line.wanted = getattr(_line, "connection", None), None, None
    if connection is not None:
        with contextlib.suppress(Exception):
            connection.release()


_NUDGE_OPTIONS: Final = {
    "socket_timeout": NUDGE_TIMEOUT,
    "socket_connect_timeout": NUDGE_TIMEOUT,
    "retry_on_timeout": False,
    "max_retries": 0,
    "health_check_interval": 0,
}


# --- running -----------------------------------------------------------------------------------------------------


def due(now: datetime | None = None) -> Any:
    """Jobs that may run now, urgent lane first: waiting, due, and with no earlier open job of their order."""
    now = now or timezone.now()
    earlier = Job.objects.open().filter(order_key=OuterRef("order_key"), pk__lt=OuterRef("pk"))
    return (
        Job.objects.filter(state=JobState.WAITING, due_at__lte=now)
        .filter(Q(order_key="") | ~Exists(earlier))
        .order_by(_LANE_ORDER, "due_at", "pk")
    )


_LANE_ORDER: Final = Case(*(When(lane=lane, then=Value(place)) for lane, place in LANES.items()))


def run(keys: Iterable[str]) -> int:
    """Run the jobs with these keys that are still due; returns how many ran."""
    close_old_connections()
    return sum(_run_one(pk, kind) for pk, kind in due().filter(key__in=list(keys)).values_list("pk", "kind"))


def sweep(seconds: float = SWEEP_SECONDS) -> int:
    """Take back what silent workers hold, run everything due; returns how many jobs ran."""
    close_old_connections()  # one that broke with its server would fail every sweep to come
    take_back()
    until, ran = time.monotonic() + seconds, 0
    seen: list[tuple[int, str]] = []
    while (batch := _next_batch()) != seen:
        seen = batch
        for pk, kind in batch:
            if time.monotonic() >= until:
                return ran
            ran += _run_one(pk, kind)
    return ran


def _next_batch() -> list[tuple[int, str]]:
    """Jobs of a kind that only a newer version knows are left to it, or they would stand in front of all others."""
    return list(due().filter(kind__in=[*_inside, *_outside]).values_list("pk", "kind")[:BATCH])


def _run_one(pk: int, kind: str) -> bool:
    if kind in _inside:
        return _run_inside(pk, *_inside[kind])
    if kind in _outside:
        return _run_outside(pk, _outside[kind])
    log.error("no handler for job kind %s", kind)
    return False


def _run_inside(pk: int, verb: str, handler: Handler) -> bool:
    """Effect and done in one transaction: a crash anywhere leaves the job waiting and nothing half-done."""

    def work() -> bool:
        job = due().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
        if job is None:
            policy.require()
            return False
        again = handler(job)
        if again is not None:
            job.due_at = timezone.now() + again
            job.save(update_fields=["due_at"])
            return True
        job.state, job.done_at, job.attempts = JobState.DONE, timezone.now(), job.attempts + 1
        job.save(update_fields=["state", "done_at", "attempts"])
        return True

    try:
        return verbs.in_transaction(work, verb, System("jobs"))
    except NotNow as later:
        _postpone(pk, later.code, later.after)
        return False
    except Exception as error:
        log.exception("job %s of kind %s failed", pk, verb)
        _postpone(pk, type(error).__name__, None)
        return False


def _run_outside(pk: int, handler: Sender) -> bool:
    try:
        job = claim(pk)
        if job is None:
            return False
        _do_outside(job, handler)
    except (DatabaseError, InterfaceError):
        # Claimed or done, and perhaps not on record: only a worker that falls silent has its jobs taken back.
        change_name()
        raise
    return True


def _do_outside(job: Job, handler: Sender) -> None:
    try:
        handler(job)
    except NotNow as later:
        _postpone(job.pk, later.code, later.after, held=job)
    except Exception as error:
        log.exception("job %s of kind %s failed", job.pk, job.kind)
        _postpone(job.pk, type(error).__name__, None, held=job)
    else:
        _held(job).update(state=JobState.DONE, done_at=timezone.now())


def _held(job: Job) -> Any:
    """The claimed job, if this very claim still holds it."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, worker=job.worker, attempts=job.attempts)


def claim(pk: int) -> Job | None:
    """Take an outside job for this process: one guarded UPDATE, committed. None when another has it."""
    worker = this_worker()
    with transaction.atomic(durable=True):
        job = due().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
        if job is None:
            return None
        job.state, job.worker, job.attempts = JobState.RUNNING, worker, job.attempts + 1
        job.save(update_fields=["state", "worker", "attempts"])
    return job


def backoff(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s … up to 15 minutes."""
    return timedelta(seconds=min(900, 5 * 2 ** min(attempts, 10)))


def _postpone(pk: int, code: str, after: timedelta | None, *, held: Job | None = None) -> None:
    """Put a job that could not be done back for later; an outside one that failed too often is set aside as dead.

    An inside job never dies: somebody's clock or owner hangs on it.
    """
    jobs = Job.objects.filter(pk=pk, state=JobState.WAITING) if held is None else _held(held)
    job = jobs.first()
    if job is None:
        return
    failed = after is None
    attempts = job.attempts + (1 if failed and held is None else 0)
    dead = failed and held is not None and attempts >= MAX_ATTEMPTS
    jobs.update(
        state=JobState.DEAD if dead else JobState.WAITING,
        worker="",
        attempts=attempts,
        error_code=code[:40],
        due_at=timezone.now() + (after if after is not None else backoff(attempts)),
    )
    if dead:
        _given_up[job.kind](job)


# --- heartbeats ------------------------------------------------------------------------------------------------

_me: dict[int, tuple[str, threading.Event]] = {}
_naming = threading.Lock()


def this_worker() -> str:
    """This process's name; the first call starts its heartbeat, one however many threads ask at once."""
    pid = os.getpid()
    known = _me.get(pid)
    if known is None:
        with _naming:
            known = _me.get(pid) or _begin_to_beat(pid)
    return known[0]


def _begin_to_beat(pid: int) -> tuple[str, threading.Event]:
    name, stop = f"{socket.gethostname()[:30]}:{pid}:{secrets.token_hex(6)}", threading.Event()
    beat(name)
    _me.clear()
    _me[pid] = name, stop
    threading.Thread(target=_keep_beating, args=(name, stop), daemon=True, name="heartbeat").start()
    return name, stop


def change_name() -> None:
    """Let this process's name fall silent, so that what it holds is taken back; the next claim takes a new one."""
    known = _me.pop(os.getpid(), None)
    if known is not None:
        known[1].set()


def beat(name: str) -> None:
    Worker.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})


def _keep_beating(name: str, stop: threading.Event) -> None:
    """Runs beside the work with a connection of its own; a database that is away is tried again."""
    while not stop.wait(HEARTBEAT_SECONDS):
        try:
            beat(name)
        except Exception as error:
            log.warning("heartbeat missed: %s", type(error).__name__)
            connection.close()
    connection.close()


def take_back() -> int:
    """Give the running jobs of silent workers back to the queue; returns how many."""
    now = timezone.now()
    living = Worker.objects.filter(beat_at__gt=now - timedelta(seconds=SILENT_SECONDS)).values("name")
    taken: int = (
        Job.objects.filter(state=JobState.RUNNING)
        .exclude(worker__in=living)
        .update(state=JobState.WAITING, worker="", due_at=now)
    )
    Worker.objects.filter(beat_at__lt=now - timedelta(hours=1)).delete()
    return taken
