"""The turns of tests: alone is alone, and whoever wants to be is let in."""

import fcntl
from pathlib import Path
from threading import Barrier, Lock, Thread

from chaos.waiting import until
from turns import turn


def most_at_once(place: Path, *, alone: bool) -> int:
    """Four threads enter again and again: how many were inside at once while one that may be alone was."""
    inside, most, lock, start = [0], [0], Lock(), Barrier(4)

    def visit(number: int) -> None:
        start.wait()
        for _ in range(200):
            with turn(place, alone=alone and number == 0):
                with lock:
                    inside[0] += 1
                for _ in range(50):
                    most[0] = max(most[0], inside[0]) if number == 0 else most[0]
                with lock:
                    inside[0] -= 1

    threads = [Thread(target=visit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most[0]


def test_nobody_is_beside_whoever_is_alone(tmp_path):
    assert most_at_once(tmp_path, alone=True) == 1


def test_two_may_be_together(tmp_path):
    """The negative control, and the rule for all others: the second enters while the first is inside."""
    with turn(tmp_path, alone=False), turn(tmp_path, alone=False):
        pass


def at_the_gate(place: Path) -> bool:
    with (place / "gate").open("w") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_nobody_passes_whoever_waits_to_be_alone(tmp_path):
    order: list[str] = []

    def enter(name: str) -> None:
        with turn(tmp_path, alone=name == "alone"):
            order.append(name)

    with turn(tmp_path, alone=False):
        first, second = (Thread(target=enter, args=(name,)) for name in ("alone", "later"))
        first.start()
        until(lambda: at_the_gate(tmp_path), what="the one who wants to be alone")
        second.start()
        order.append("before")
    first.join()
    second.join()
    assert order == ["before", "alone", "later"]
