"""The shape of a table of allowed moves."""

from collections.abc import Mapping

Moves = Mapping[str, frozenset[str]]


def moves(table: dict[str, str]) -> Moves:
    """A table from "status": "status status …" to sets."""
    return {start: frozenset(ends.split()) for start, ends in table.items()}
