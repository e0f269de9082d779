"""The test database as its owner sees it: for emptying it, and for tampering that the app role cannot do."""

from typing import Any

import psycopg
from django.db import connections


def as_owner() -> "psycopg.Connection[Any]":
    """A connection of its own, in autocommit; close it, or use it as a context manager."""
    parameters = connections["owner"].get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)
