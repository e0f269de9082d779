"""`manage.py up`: the engines, the migrations, the seeds, the web, the worker and the beat, as one command."""

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from hotline import engines
from hotline.supervisor import (
    ChildSpec,
    StopRequested,
    StopSignals,
    Supervisor,
    SupervisorError,
    answers,
    python,
)

READY_SECONDS = 90.0
EVERYWHERE = {"0.0.0.0", "::", ""}
SERVING_SECONDS = 3
# Each makes one page at a time: one more than the two cores of a small machine.
WEB_PROCESSES = "3"


class Command(BaseCommand):
    """Runs the whole system until Ctrl-C.

    Settings were read before the engines had an address, so this process never opens a database: every
    step and every server is a child of its own with the engines' addresses in its environment.
    """

    help = "Run the whole hotline, engines included, behind one port. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The command's own options."""
        parser.add_argument("--port", type=int, default=8000, help="the one port (default 8000)")
        parser.add_argument("--host", default=engines.LOOPBACK, help="the address to listen on (default 127.0.0.1)")
        parser.add_argument("--data", type=Path, default=settings.HOTLINE_DATA_DIR, help="where everything is kept")
        parser.add_argument("--demo", action="store_true", help="add a demo staff and demo cases, and print the logins")

    def handle(self, *, host: str, port: int, data: Path, demo: bool, **options: Any) -> None:
        """Exit 0 when asked to stop, 1 with one sentence when it cannot run."""
        try:
            with StopSignals() as signals:
                self._run(signals, host, port, data, demo)
        except (engines.EngineError, SupervisorError) as error:
            self.stderr.write(str(error), self.style.ERROR)
            sys.exit(1)

    def _run(self, signals: StopSignals, host: str, port: int, data: Path, demo: bool) -> None:
        engines.require_free_port(host, port)
        with engines.start(data, say=self._say) as running:
            environment = _environment(running, host, port)
            with Supervisor(signals, environment=environment, cwd=settings.BASE_DIR, say=self._say) as supervisor:
                for engine in running.parts:
                    supervisor.adopt(engine)
                try:
                    self._prepare(supervisor, running.data, demo)
                    self._serve(supervisor, environment, running.data, host, port)
                    self._announce(running.data, host, port, demo)
                    supervisor.run()
                except StopRequested:
                    self._say("Stopping")
        self._say("Stopped")

    def _prepare(self, supervisor: Supervisor, data: Path, demo: bool) -> None:
        steps = [("Migrating", ["migrate", "--no-input"]), ("Seeding", ["seed"])]
        if demo:
            steps.append(("Preparing the demo", ["demo"]))
        for name, words in steps:
            self._say(name)
            supervisor.step(name, python("manage.py", *words), log=data / "log" / f"{words[0]}.log")

    def _serve(self, supervisor: Supervisor, environment: dict[str, str], data: Path, host: str, port: int) -> None:
        self._say("Starting the web, the worker and the beat")
        # What serves never holds the owner's password: it can do only what the app role may.
        served = {name: value for name, value in environment.items() if not name.startswith("DATABASE_OWNER_URL")}
        served.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_emptied(data / "metrics")))
        supervisor.start(children(data, host, port), environment=served)
        supervisor.wait_until(
            lambda: answers(_reachable(host), port, "/readyz"),
            seconds=READY_SECONDS,
            otherwise=f"The hotline was not ready within {READY_SECONDS:.0f} seconds: see the messages above.",
        )

    def _announce(self, data: Path, host: str, port: int, demo: bool) -> None:
        logins = data / "demo-logins.txt"
        lines = ["", "The hotline is running.", f"  Address  {_address(host, port)}/", f"  Data     {data}"]
        lines += ["  Stop     Ctrl-C", ""]
        if demo and logins.exists():
            lines += [logins.read_text(encoding="utf-8").rstrip(), ""]
        self._say("\n".join(lines))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def children(data: Path, host: str, port: int) -> list[ChildSpec]:
    """What is kept running, in the order in which it is stopped."""
    web = ["--host", host, "--port", str(port), "--timeout-graceful-shutdown", str(SERVING_SECONDS)]
    web += ["--workers", os.environ.get("WEB_CONCURRENCY", WEB_PROCESSES)]
    # In a container everybody is root: Celery's three lines about it at every start teach nobody anything.
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery: list[str | Path] = [*quiet, "-m", "celery", "--app", "hotline", "--quiet"]
    bare = ["-W", "ignore:No directory at"]  # without `collectstatic`, files are found where they were written
    # Workers tell each other nothing: a broker that dies meanwhile ends them, and the table says what is to be done.
    alone = ["--without-gossip", "--without-mingle"]
    beat: list[str | Path] = ["beat", "--schedule", data / "beat", "--pidfile=", "-l", "warning"]
    return [
        ChildSpec(
            "web", python(*bare, "-m", "uvicorn", "hotline.asgi:application", *web, "--log-level", "warning"), 6.0
        ),
        ChildSpec(
            "worker", python(*celery, "worker", "--concurrency", "2", "--pool", "prefork", *alone, "-l", "warning")
        ),
        ChildSpec("beat", python(*celery, *beat), 5.0),
    ]


def _emptied(folder: Path) -> Path:
    """A folder with nothing in it: the counters of processes that are gone count no more."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _environment(running: engines.Engines, host: str, port: int) -> dict[str, str]:
    return {
        "HOTLINE_URL": _address(host, port),
        **os.environ,
        **running.secrets,
        **running.environment(),
        "HOTLINE_DATA_DIR": str(running.data),
    }


def _reachable(host: str) -> str:
    """Where we ourselves reach a server that listens everywhere."""
    return engines.LOOPBACK if host in EVERYWHERE else host


def _address(host: str, port: int) -> str:
    reachable = _reachable(host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
