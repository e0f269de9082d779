"""The baseline: the same rows in the same tables, written by a view that does nothing else.

The INSERTs of one real intake are recorded as statements and parameters; each replay gives every unique value a fresh
one and lets foreign keys point at the rows of the same replay.
"""

import os
import re
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.apps import apps
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

INSERT = re.compile(r'INSERT INTO "?(\w+)"? \(([^)]*)\)')
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Statement:
    """One INSERT: its columns' values by row; `by_column` when the parameters are arrays, one a column."""

    query: str
    table: str
    columns: list[str]
    rows: list[list[Any]]
    by_column: bool

    def parameters(self, rows: list[list[Any]]) -> list[Any]:
        return list(map(list, zip(*rows, strict=True))) if self.by_column else [value for row in rows for value in row]


class Recorder:
    """An execute wrapper that keeps the INSERTs into tables of ours."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def __call__(self, execute: Callable[..., Any], query: str, params: Any, many: bool, context: Any) -> Any:
        found = INSERT.match(query)
        if found and found[1].startswith("cases_"):
            columns = [column.strip(' "') for column in found[2].split(",")]
            by_column = "UNNEST" in query
            values = list(params)
            if by_column:
                rows = [list(row) for row in zip(*values, strict=True)]
            else:
                width = query[query.index("VALUES (") :].partition(")")[0].count("%s")
                columns = columns[:width]
                rows = [values[start : start + width] for start in range(0, len(values), width)]
            self.statements.append(Statement(query, found[1], columns, rows, by_column))
        return execute(query, params, many, context)


def last_ids() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for model in apps.get_app_config("cases").get_models():
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {model._meta.db_table}")
            found[model._meta.db_table] = cursor.fetchone()[0]
    return found


class Replay:
    """Everything one intake inserted, to be inserted again and again."""

    def __init__(self, statements: list[Statement], before: dict[str, int]) -> None:
        self.statements = statements
        self.before = before
        self.refs = count()
        self.targets = {
            (model._meta.db_table, field.column): field.related_model._meta.db_table
            for model in apps.get_app_config("cases").get_models()
            for field in model._meta.concrete_fields
            if field.related_model is not None
        }

    @property
    def rows(self) -> int:
        return sum(len(statement.rows) for statement in self.statements)

    def run(self) -> None:
        """Once more, in one transaction."""
        connection.ensure_connection()
        ids: dict[tuple[str, int], int] = {}
        placed: dict[str, int] = defaultdict(int)
        fresh: dict[str, str] = defaultdict(lambda: str(uuid.uuid4()))
        with connection.connection.transaction(), connection.connection.cursor() as cursor:
            for statement in self.statements:
                rows = [
                    [
                        self._value(statement.table, column, value, ids, fresh)
                        for column, value in zip(statement.columns, row, strict=True)
                    ]
                    for row in statement.rows
                ]
                cursor.execute(statement.query, statement.parameters(rows))
                for made in cursor.fetchall() if cursor.description else []:
                    placed[statement.table] += 1
                    ids[statement.table, self.before[statement.table] + placed[statement.table]] = made[0]

    def _value(self, table: str, column: str, value: Any, ids: dict[Any, int], fresh: dict[str, str]) -> Any:
        target = self.targets.get((table, column))
        if target is not None:
            return ids.get((target, value), value)
        if isinstance(value, uuid.UUID):
            return uuid.UUID(fresh[str(value)])
        if column == "ref":
            return f"b{next(self.refs):07d}"  # never twice, and never one the product drew
        if column in ("digest", "body"):
            return os.urandom(32)
        if isinstance(value, str):
            if table == "cases_idempotency" and column == "key":
                return uuid.uuid4().hex
            return UUID.sub(lambda found: fresh[found[0]], value)
        return value


replay: list[Replay] = []


@csrf_exempt
def page(request: HttpRequest) -> HttpResponse:
    """Write what an intake writes, and say so."""
    replay[0].run()
    return HttpResponse("ok")


urlpatterns = [path("bare/", page)]
