"""The shape of a table of allowed moves."""

from collections import deque
from collections.abc import Collection, Mapping

Moves = Mapping[str, frozenset[str]]


def moves(table: dict[str, str]) -> Moves:
    """A table from "status": "status status …" to sets."""
    return {start: frozenset(ends.split()) for start, ends in table.items()}


def way(table: Moves, start: str, to: str, through: Collection[str] | None = None) -> list[str] | None:
    """The shortest legal way, without its start; [] where nothing has to move, None where there is none.

    `through`: the statuses it may pass on its way; all of them unless told.
    """
    ways: dict[str, list[str]] = {start: []}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == to:
            return ways[at]
        for step in sorted(table[at]):
            if step not in ways and (step == to or through is None or step in through):
                ways[step] = [*ways[at], step]
                queue.append(step)
    return None
