"""Who may run beside whom, over all test processes of a run: most together, a few with the machine to themselves."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(place: Path, *, alone: bool) -> Iterator[None]:
    """Wait for a turn: together with others, or when nobody else runs and nobody comes until this one has ended.

    Whoever wants to be alone waits in the gate, so those who come later do not pass by for ever.
    """
    with (place / "gate").open("w") as gate, (place / "room").open("w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # a forked child may hold the file open
