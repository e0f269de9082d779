"""Watch a supervisor through a pipe and end its process groups once it is gone.

The kernel's parent-death signal reaches only direct children; a Celery worker's pool processes are
grandchildren, and a killed worker cannot end them. So this tiny program holds the other end of a
pipe: when the supervisor dies, however it dies, the pipe closes.

Run as a script by path, so that it imports nothing of the product and starts in milliseconds.
Lines on stdin: `+ PID SIGNAL GRACE` begins watching a process group, `- PID` ends it.
SIGNAL 0 means that the kernel already tells the leader to stop.
"""

import os
import signal
import sys
import time

POLL_SECONDS = 0.05


def alive(pid: int) -> bool:
    """Whether the process still exists; a zombie nobody reaps counts until the deadline, which is harmless."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def tell(pid: int, number: int) -> None:
    """Signal the leader of a group, which may have gone already."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def end(watched: dict[int, tuple[int, float]]) -> None:
    """Ask every leader to stop, give each its grace, then kill what is left of every group."""
    for pid, (number, _grace) in watched.items():
        if number:
            tell(pid, number)
    started = time.monotonic()
    waiting = dict(watched)
    while waiting:
        for pid, (_number, grace) in list(waiting.items()):
            if alive(pid) and time.monotonic() - started < grace:
                continue
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            del waiting[pid]
        time.sleep(POLL_SECONDS)


def main() -> None:
    """Read what to watch until the pipe closes, then end it."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, tuple[int, float]] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", pid, number, grace]:
                watched[int(pid)] = (int(number), float(grace))
            case ["-", pid]:
                watched.pop(int(pid), None)
    end(watched)


if __name__ == "__main__":
    main()
