"""Start several processes, keep them running, stop them in order. Knows neither Django nor what they do.

A child that dies is started again after a growing pause; one that keeps dying stops everything. Each child
leads a process group of its own, so that its children go with it, and none outlives us (see `engines.lifeline`).
"""

import http.client
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from hotline.engines import lifeline
from hotline.engines.lifeline import Guard, Managed, Step

POLL_SECONDS = 0.1
DEATHS_ALLOWED, DEATHS_WITHIN = 5, 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
STEP_GRACE = 10.0
TAIL_LINES = 30

Say = Callable[[str], None]


class SupervisorError(Exception):
    """Why the supervised processes had to be stopped, in one sentence."""


class StopRequested(Exception):
    """Somebody asked us to stop: Ctrl-C, or a signal."""


@dataclass(frozen=True)
class ChildSpec:
    """One process to keep running: what it is called, how it is started, how long its clean stop may take."""

    name: str
    command: Sequence[str | Path]
    grace: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM


class Child(Managed):
    """A process started from a spec."""

    def __init__(self, spec: ChildSpec, environment: Mapping[str, str], cwd: Path | None, log: Path | None) -> None:
        super().__init__()
        self.name = spec.name
        self.steps = (Step(spec.stop_signal, spec.grace),)
        self._spec = spec
        self._environment = environment
        self._cwd = cwd
        self._log = log

    def launch(self) -> None:
        """Start the process; its output goes to its log if it has one, else where ours goes."""
        with ExitStack() as files:
            self.process = lifeline.spawn(
                self._spec.command,
                environment=self._environment,
                death_signal=self._spec.stop_signal,
                output=files.enter_context(self._log.open("wb")) if self._log else None,
                cwd=self._cwd,
            )


@dataclass
class Watched:
    """A managed process and the history of its deaths."""

    managed: Managed
    deaths: deque[float] = field(default_factory=deque)
    again_at: float | None = None

    def died(self, now: float, first_pause: float) -> None:
        """Note a death and when to start again: each one of the last minute doubles the pause."""
        while self.deaths and now - self.deaths[0] > DEATHS_WITHIN:
            self.deaths.popleft()
        self.deaths.append(now)
        self.again_at = now + min(first_pause * 2 ** (len(self.deaths) - 1), LONGEST_PAUSE)

    @property
    def hopeless(self) -> bool:
        """Whether starting it once more is no use."""
        return len(self.deaths) >= DEATHS_ALLOWED


class StopSignals:
    """Counts the requests to stop. The outermost context, so that no start and no stop is cut short by one."""

    def __init__(self) -> None:
        self.count = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # Asked once, we are about to end: one more Ctrl-C must not turn that into a traceback.
            signal.signal(number, signal.SIG_IGN if self.count else handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.count += 1


class Supervisor:
    """Runs single steps and keeps processes running until a signal or a hopeless child ends it.

    Use as a context manager, from the main thread; leaving it stops every child it started, first started first.
    """

    def __init__(
        self,
        signals: StopSignals,
        *,
        environment: Mapping[str, str],
        cwd: Path | None = None,
        say: Say = print,
        first_pause: float = FIRST_PAUSE,
        guarded: bool = True,
    ) -> None:
        """`guarded=False` leaves grandchildren behind when we are killed; only to show that the guard prevents it."""
        self._signals = signals
        self._environment = environment
        self._cwd = cwd
        self._say = say
        self._watched: list[Watched] = []
        self._children: list[Child] = []
        self._first_pause = first_pause
        self._guard = Guard() if guarded else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for child in self._children:
                self._stop(child)
        finally:
            if self._guard is not None:
                self._guard.close()

    def adopt(self, managed: Managed) -> None:
        """Keep a process running that somebody else started and will stop: an engine."""
        self._watched.append(Watched(managed))

    def step(self, name: str, command: Sequence[str | Path], *, log: Path) -> None:
        """Run one command to its end; if it fails, show the end of its log and raise SupervisorError."""
        child = Child(ChildSpec(name, command, STEP_GRACE), self._environment, self._cwd, log)
        self._launch(child)
        try:
            while not child.ended():
                self.pause()
            code = child.process.returncode if child.process else 1
        finally:
            self._stop(child)
            self._children.remove(child)
        if code != 0:
            sys.stderr.write(_tail(log))
            raise SupervisorError(f"{name} failed (exit code {code}): its last lines are above, all of them in {log}.")

    def start(self, specs: Sequence[ChildSpec], *, environment: Mapping[str, str] | None = None) -> None:
        """Start children, to be kept running from now on."""
        for spec in specs:
            child = Child(spec, self._environment if environment is None else environment, self._cwd, None)
            self._launch(child)
            self._watched.append(Watched(child))

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, otherwise: str) -> None:
        """Keep everything running until `ready`; raises SupervisorError with `otherwise` when it takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise SupervisorError(otherwise)
            self._revive()
            self.pause()

    def run(self) -> None:
        """Keep everything running until StopRequested, or SupervisorError when a child is hopeless."""
        while True:
            self._revive()
            self.pause()

    def pause(self) -> None:
        """Let a moment pass; raises StopRequested if a signal has come."""
        if self._signals.count:
            raise StopRequested
        time.sleep(POLL_SECONDS)

    def _launch(self, child: Child) -> None:
        if child not in self._children:
            self._children.append(child)
        try:
            child.launch()
        except OSError as error:
            raise SupervisorError(f"{child.name} cannot be started ({error}): correct its command.") from error
        if self._guard is not None:
            self._guard.watch(child)

    def _stop(self, child: Child) -> None:
        """Stop cleanly, or at once when we were asked a second time."""
        lifeline.stop(child.process, child.steps, hurry=lambda: self._signals.count > 1)
        if self._guard is not None:
            self._guard.forget(child)

    def _revive(self) -> None:
        now = time.monotonic()
        for watched in self._watched:
            managed = watched.managed
            if watched.again_at is None and managed.ended():
                self._bury(watched, now)
            elif watched.again_at is not None and now >= watched.again_at:
                watched.again_at = None
                if isinstance(managed, Child):
                    self._launch(managed)
                else:
                    managed.launch()

    def _bury(self, watched: Watched, now: float) -> None:
        """Clear away what a dead child left running, and decide when it is started again."""
        managed = watched.managed
        code = managed.process.returncode if managed.process else None
        if isinstance(managed, Child):
            self._stop(managed)
        watched.died(now, self._first_pause)
        if watched.hopeless:
            raise SupervisorError(
                f"{managed.name} died {DEATHS_ALLOWED} times within {DEATHS_WITHIN:.0f} seconds"
                f" (last exit code {code}), so everything was stopped: see its messages above."
            )
        pause = (watched.again_at or now) - now
        self._say(f"{managed.name} died (exit code {code}); starting it again in {pause:g} s")


def answers(host: str, port: int, path: str) -> bool:
    """Whether a GET of `path` is answered with 200 now. Goes round any proxy."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "".join(f"{line}\n" for line in lines[-TAIL_LINES:])


def python(*words: str | Path) -> list[str | Path]:
    """A command run by this same interpreter."""
    return [sys.executable, *words]
