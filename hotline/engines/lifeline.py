"""Starting processes that never outlive us, and stopping them with a deadline.

On Linux the kernel sends each child a signal when the thread that started it ends
(PR_SET_PDEATHSIG, prctl(2)); therefore everything here is called from the main thread.
Elsewhere, and for grandchildren, `guard.py` at the end of a pipe does the same.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1
STOP_POLL_SECONDS = 0.02
# Loaded before any fork: loading a library between fork and exec can deadlock.
LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None


@dataclass(frozen=True)
class Step:
    """One rung of a stop: the signal, and how many seconds it is given to work."""

    signal: signal.Signals
    seconds: float


class Managed:
    """A process that can be started again and stopped: an engine, or a child of the supervisor."""

    name: str
    steps: Sequence[Step]

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def grace(self) -> float:
        """Seconds a clean stop may take."""
        return sum(step.seconds for step in self.steps)

    def launch(self) -> None:
        """Start the process and return at once, without waiting until it can serve."""
        raise NotImplementedError

    def ended(self) -> bool:
        """Whether the process is not running, for whatever reason."""
        return self.process is None or self.process.poll() is not None

    def stop(self) -> None:
        """Stop the process, cleanly if it lets us; harmless when it has stopped already."""
        stop(self.process, self.steps)


def die_with_parent(number: int, parent: int) -> None:
    """In the child: ask the kernel for `number` when the parent ends, and end now if it already has."""
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def spawn(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    death_signal: signal.Signals | None,
    demote: Callable[[], None] | None = None,
    output: IO[bytes] | int | None = None,
    stdin: int | None = subprocess.DEVNULL,
    cwd: Path | None = None,
    new_session: bool = True,
    inherit: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command`; `death_signal` reaches it when we die, None lets it live on.

    A session of its own keeps a Ctrl-C in the terminal from reaching it, so that we choose the order of the stop.
    """
    parent = os.getpid()

    def prepare() -> None:
        if demote is not None:
            demote()
        if death_signal is not None:  # last: a change of user clears the setting
            die_with_parent(death_signal, parent)

    return subprocess.Popen(
        [os.fspath(word) for word in command],
        env=dict(environment),
        stdin=stdin,
        stdout=output,
        stderr=output,
        cwd=cwd,
        start_new_session=new_session,
        pass_fds=tuple(inherit),
        preexec_fn=prepare,  # noqa: PLW1509  safe: it takes no lock, and we start no threads
    )


def stop(
    process: subprocess.Popen[bytes] | None, steps: Sequence[Step], *, hurry: Callable[[], bool] = lambda: False
) -> None:
    """Climb the steps until the process has ended; then kill it and whatever is left of its group.

    As soon as `hurry` says so, the remaining steps are left out.
    """
    if process is None:
        return
    for step in steps:
        if process.poll() is not None:
            break
        process.send_signal(step.signal)
        deadline = time.monotonic() + step.seconds
        while process.poll() is None and time.monotonic() < deadline and not hurry():
            time.sleep(STOP_POLL_SECONDS)
    kill_group(process.pid)
    process.wait()


def kill_group(pid: int) -> None:
    """Kill a process group whose leader is (or was) `pid`; nothing left of it is fine."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Guard:
    """Our end of the pipe to `guard.py`."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("guard.py")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def pid(self) -> int:
        """The process that watches."""
        return self._process.pid

    def watch(self, managed: Managed) -> None:
        """End the group of a process if we die; on Linux the kernel already sends the leader its signal."""
        if managed.process is not None:
            number = 0 if LINUX else int(managed.steps[0].signal)
            self._write(f"+ {managed.process.pid} {number} {managed.grace}\n")

    def forget(self, managed: Managed) -> None:
        """The group has ended; its number may soon mean somebody else."""
        if managed.process is not None:
            self._write(f"- {managed.process.pid}\n")

    def close(self) -> None:
        """Let the guard go. What is still watched is ended."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass
        self._process.wait()

    def _write(self, line: str) -> None:
        """A guard that was killed must not take the system down with it: the kernel's signal remains."""
        if self._process.stdin is None or self._process.stdin.closed:
            return
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
