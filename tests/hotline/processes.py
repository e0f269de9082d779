"""Real processes for the tests of the engines and the supervisor: started, watched, always ended by number."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 60.0


def without_engines() -> dict[str, str]:
    """Our environment without addresses of engines: `make test` runs us with some."""
    ours = ("DATABASE_", "REDIS_", "HOTLINE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def until(condition: Callable[[], object], *, seconds: float = DEADLINE) -> None:
    """Wait for a condition; fail when it takes too long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_gone(pids: Iterable[int]) -> bool:
    """Whether none of these runs."""
    return not any(alive(pid) for pid in pids)


def kill(pids: Iterable[int]) -> None:
    """The last resort of a test, on what it started itself."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    table: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            table.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        children = table.get(todo.pop(), [])
        found += children
        todo += children
    return found


def run_python(*words: str | Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start our interpreter at the root of the project."""
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=without_engines() | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], *, seconds: float = DEADLINE) -> tuple[int, str, str]:
    """Wait for the end: exit code, stdout, stderr. Kills it when it takes too long."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, out, err
