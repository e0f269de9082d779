"""The test database is emptied after each test that committed: as its owner, and quickly, for this is done often."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from owner import as_owner

REFERENCE_TABLES = frozenset(
    """cases_place cases_placekey cases_needtype cases_specificneedcode cases_observationcode cases_disposition
    cases_unmetreason cases_template cases_consenttext cases_script cases_triagerules django_migrations
    django_content_type auth_permission""".split()
)
# Each deleted row is looked for in every table that may point at it; from about here on TRUNCATE is quicker.
FEW = 1000

_kept: "psycopg.Connection[Any] | None" = None


def empty_all_tables(_: Any = None) -> None:
    """Empty everything but reference data, and let all numbers begin anew. The app role may do neither.

    Waits for whoever still writes, so that nothing comes after. TRUNCATE makes a hundred tables and all their indexes
    anew on the disk; the few rows that most tests leave are deleted in a tenth of that time.
    """
    owner = _connection()
    names = sorted(name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    wanted = [name for name in names if name not in REFERENCE_TABLES]
    with owner.transaction():
        owner.execute(f"LOCK TABLE {', '.join(wanted)} IN EXCLUSIVE MODE")
        found = _rows(owner, wanted)
        if sum(found.values()) > FEW:
            owner.execute(f"TRUNCATE {', '.join(wanted)} RESTART IDENTITY CASCADE")
            return
        with _guards_off(owner, list(found)):
            for name in found:
                owner.execute(f"DELETE FROM {name}")
            owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _begin_numbers_anew(owner, wanted)


def leave() -> None:
    """Let go of the database, so that it can be dropped."""
    global _kept
    if _kept is not None:
        _kept.close()
    _kept = None


def _connection() -> "psycopg.Connection[Any]":
    """One that stays: its first statements about a hundred tables cost more than all the rest."""
    global _kept
    if _kept is None or _kept.closed:
        _kept = as_owner()
    return _kept


def _rows(owner: "psycopg.Connection[Any]", names: list[str]) -> dict[str, int]:
    """The tables that hold any rows, and how many, counted to a little more than a few."""
    counts = (f"SELECT '{name}', count(*) FROM (SELECT FROM {name} LIMIT {FEW + 1}) AS rows" for name in names)
    return {name: count for name, count in owner.execute(" UNION ALL ".join(counts)) if count}


@contextmanager
def _guards_off(owner: "psycopg.Connection[Any]", names: list[str]) -> Iterator[None]:
    """Guards that speak when rows are deleted, as TRUNCATE passes them by too; back before anybody sees them gone."""
    guarded = owner.execute(
        "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgtype & 8 > 0 AND tgrelid::regclass::text = ANY(%s)",
        [names],
    ).fetchall()
    for (name,) in guarded:
        owner.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    yield
    for (name,) in guarded:
        owner.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def _begin_numbers_anew(owner: "psycopg.Connection[Any]", names: list[str]) -> None:
    owner.execute(
        "SELECT setval(format('%%I.%%I', sequences.schemaname, sequences.sequencename)::regclass, start_value, false)"
        " FROM pg_sequences AS sequences JOIN pg_depend ON objid ="
        " format('%%I.%%I', sequences.schemaname, sequences.sequencename)::regclass AND deptype IN ('a', 'i')"
        " WHERE last_value IS NOT NULL AND refobjid::regclass::text = ANY(%s)",
        [names],
    )
