"""The whole system as real processes in a directory of its own: started, killed, frozen and brought back by number."""

import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from chaos.waiting import until
from hotline import engines
from hotline.engines.lifeline import Managed
from hotline.management.commands.up import children
from hotline.supervisor import Child, ChildSpec, answers
from post_office import PostOffice

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_", "REDIS_", "HOTLINE_", "EMAIL_", "SMS_", "TELEGRAM_", "WHATSAPP_", "DJANGO_")
LOOPBACK = "127.0.0.1"
PASSWORD = "a long pass phrase"

# Jobs whose time lies ahead by design: what they are for has not come yet.
AHEAD = ("clock", "rescore", "accept", "orphan", "shift_end")


class System:
    """`post_office` takes the mail; `environment` is what the children got; logs are in `data/log`."""

    def __init__(self, stack: ExitStack, data: Path, extra: dict[str, str]) -> None:
        outside = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.data = data
        self.post_office = stack.enter_context(PostOffice())
        self.engines = stack.enter_context(engines.start(data, environ=outside))
        self.port = engines.free_port()
        self.environment = {
            **outside,
            **self.engines.secrets,
            **self.engines.environment(),
            "HOTLINE_DATA_DIR": str(data),
            "HOTLINE_URL": f"http://{LOOPBACK}:{self.port}",
            "EMAIL_URL": f"smtp://{LOOPBACK}:{self.post_office.port}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        } | extra
        self.specs = {spec.name: spec for spec in children(data, LOOPBACK, self.port)}
        self.children: dict[str, Child] = {}
        self._starts = 0
        stack.callback(self._stop_children)

    def fill(self) -> None:
        """Everything that a new database is given, whoever works with it."""
        self.run("migrate", "manage.py", "migrate", "--no-input")
        self.run("seed", "manage.py", "seed")

    def serve(self) -> None:
        self.run("hire", str(Path(__file__).with_name("hire.py")), PASSWORD)
        for name in self.specs:
            self.start(name)
        self.wait_until_served()

    # --- children ----------------------------------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start a child; each start has a log of its own."""
        self.children[name] = self._child(self.specs[name])

    def run(self, name: str, *words: str) -> None:
        """Run our interpreter to its end, which must be a good one."""
        child = self._child(ChildSpec(name, [sys.executable, *words]))
        until(child.ended, seconds=60, what=name)
        assert child.process is not None and child.process.returncode == 0, self.log_of(name)

    def kill(self, name: str) -> None:
        """Kill -9 a child and its whole group."""
        self.kill_from_outside(name)
        until(self.children[name].ended, what=name)

    def kill_from_outside(self, name: str) -> None:
        """Kill -9 without waiting: from another thread than the one that started it."""
        process = self.children[name].process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)

    def restart(self, name: str) -> None:
        self.kill(name)
        self.start(name)

    def log_of(self, name: str) -> str:
        """All a child has said, over all its starts."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.data.glob(f"log/*-{name}.log")))

    def _child(self, spec: ChildSpec) -> Child:
        self._starts += 1
        child = Child(spec, self.environment, ROOT, self.data / "log" / f"{self._starts:03}-{spec.name}.log")
        child.launch()
        return child

    def _stop_children(self) -> None:
        for child in self.children.values():
            child.stop()

    def wait_until_served(self) -> None:
        until(lambda: answers(LOOPBACK, self.port, "/readyz"), seconds=60, what="the web")

    # --- engines -----------------------------------------------------------------------------------------------

    def engine(self, name: str) -> Managed:
        return next(part for part in self.engines.parts if part.name == name)

    def signal_engine(self, name: str, number: signal.Signals) -> None:
        process = self.engine(name).process
        assert process is not None
        os.kill(process.pid, number)

    def kill_engine(self, name: str) -> None:
        """Kill -9 the engine's main process, as the kernel does when memory runs out."""
        process = self.engine(name).process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)

    def revive_engine(self, name: str) -> None:
        """Start it again on its port. What the killed one left may need a moment to go: tried as a supervisor would."""
        engine, alive = self.engine(name), self.redis_answers if name == "Valkey" else self.database_answers

        def back() -> bool:
            if engine.ended():
                engine.launch()
            return alive()

        until(back, seconds=60, what=name)

    def database(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.engines.database_owner_url, autocommit=True, connect_timeout=3)

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.database() as connection:
            return connection.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        return self.rows(query, *parameters)[0][0]

    def broker(self) -> "redis.Redis[bytes]":
        return redis.Redis.from_url(self.engines.redis_url, socket_timeout=2, socket_connect_timeout=2)

    def database_answers(self) -> bool:
        try:
            return self.value("SELECT 1") == 1
        except psycopg.OperationalError:
            return False

    def redis_answers(self) -> bool:
        try:
            with self.broker() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    # --- what is asked about the work ----------------------------------------------------------------------------

    def unfinished(self) -> int:
        """Jobs that should have run by now, or run now."""
        return int(
            self.value(
                "SELECT count(*) FROM cases_job WHERE state = 'running'"
                " OR (state = 'waiting' AND (kind <> ALL(%s) OR due_at <= now()))",
                list(AHEAD),
            )
        )

    def standing(self) -> str:
        """What a wait in vain has to say: the jobs that are not over, and how each child does."""
        jobs = self.rows(
            "SELECT kind, subject, state, attempts, error_code, due_at - now(), worker FROM cases_job"
            " WHERE state IN ('waiting', 'running') AND kind <> ALL(%s) LIMIT 20",
            list(AHEAD),
        )
        ended = [name for name, child in self.children.items() if child.ended()]
        return "\n".join([*map(str, jobs), f"ended: {ended}", self.log_of("worker")[-4000:]])

    def delivered(self) -> list[str]:
        return [str(letter["Message-ID"]) for letter in self.post_office.letters]


def prepared(place: Path) -> Path:
    """A filled data directory in `place`, made by whoever asks first; nothing runs in it. Systems are its copies."""
    with (place / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole, draft = place / "prepared", place / "prepared.new"
        if not whole.exists():
            with ExitStack() as stack:
                System(stack, draft, {}).fill()
            draft.rename(whole)
    return whole


def copied(like: Path, data: Path) -> None:
    """What is kept of a directory in which nothing runs; locks and logs are each one's own."""
    shutil.copytree(like, data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("lock", "engines.lock", "log"))


@contextmanager
def running(data: Path, *, like: Path | None = None, **extra: str) -> Iterator[System]:
    """The system, as a copy of a prepared one or from nothing, and its end: every process by its number."""
    if like is not None:
        copied(like, data)
    with ExitStack() as stack:
        system = System(stack, data, extra)
        if like is None:
            system.fill()
        system.serve()
        yield system
