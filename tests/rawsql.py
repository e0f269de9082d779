"""Raw SQL as the app role, and what refused it."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction


def refused(sql: str, *params: Any) -> str:
    """Run raw SQL; the name of the constraint that refused it, or the SQLSTATE for missing rights."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        run(sql, *params)
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    return cause.diag.constraint_name or cause.sqlstate


def run(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
