"""Convoys in halves that want as few of the same people as can be, so that each can be worked on by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from .units import Bools, Ints

Parts = NDArray[np.int8]
PARTS: Final = 2
One = TypeVar("One")
Done = TypeVar("Done")
UNEVEN: Final = 0.65  # so much of the work in one half is too much


def at_once(work: Callable[[One], Done], parts: Iterable[One]) -> list[Done]:
    """Two at a time, for work that leaves the interpreter's lock alone; the results in the order of the parts."""
    parts = list(parts)
    if len(parts) < PARTS:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(PARTS) as pool:
        return list(pool.map(work, parts))


class Halves:
    """Convoys that share nobody, two directions for one, are halved for good; others by chance, each time anew."""

    def __init__(self, open_: Bools) -> None:
        self.open = open_
        self.lasting = _apart(open_)

    def of(self, rows: Ints) -> list[Ints]:
        """Units in as many sets as can be worked on at once: those of each half, where halves last."""
        if self.lasting is None:
            return [rows]
        part = self.lasting[self.open[rows].argmax(axis=1)]
        return [rows[part == mine] for mine in range(PARTS)]

    def at(self, epoch: int) -> Parts:
        """For each convoy its half, 0 or 1."""
        if self.lasting is not None:
            return self.lasting
        shuffled = np.random.default_rng(epoch).permutation(self.open.shape[1])
        return (shuffled % PARTS).astype(np.int8)


def _apart(open_: Bools) -> Parts | None:
    work = np.count_nonzero(open_, axis=0)
    part, load = np.zeros(len(work), dtype=np.int8), np.zeros(PARTS)
    clusters = _clusters(open_)
    for cluster in sorted(clusters, key=lambda one: -int(work[one].sum())):
        lighter = int(load.argmin())
        part[cluster] = lighter
        load[lighter] += work[cluster].sum()
    return part if load.max() <= UNEVEN * load.sum() else None


def _clusters(open_: Bools) -> list[list[int]]:
    """Convoys joined by anybody who could take either, one set after the other."""
    head = list(range(open_.shape[1]))

    def first(column: int) -> int:
        while head[column] != column:
            head[column] = head[head[column]]
            column = head[column]
        return column

    for row in np.unique(np.packbits(open_, axis=1), axis=0):
        columns = np.flatnonzero(np.unpackbits(row, count=len(head)))
        for column in columns[1:]:
            head[first(int(column))] = first(int(columns[0]))
    clusters: dict[int, list[int]] = {}
    for column in range(len(head)):
        clusters.setdefault(first(column), []).append(column)
    return list(clusters.values())
