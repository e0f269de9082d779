"""The two roles of the database: an owner that migrates, an application that may only do what it is granted."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

OWNER, APP = "hotline_owner", "hotline_app"
ATTRIBUTES = {
    # CREATEDB for the test database; owning a database is what allows trusted extensions in it.
    OWNER: "LOGIN CREATEDB NOCREATEROLE NOSUPERUSER NOREPLICATION NOBYPASSRLS",
    APP: "LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER NOREPLICATION NOBYPASSRLS",
}


def ensure(superuser: psycopg.Connection, passwords: Mapping[str, str], *, database: str) -> None:
    """Create or mend both roles and the database. Takes an autocommit connection to `postgres`, and closes it."""
    with superuser:
        for role in (OWNER, APP):
            _ensure_role(superuser, role, passwords[role])
        _ensure_database(superuser, database)
        # Template too, so that a test database is guarded like the real one.
        for name in ("template1", database):
            _give_schema(superuser, name)


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    connection.execute(
        sql.SQL("{} ROLE {} {} PASSWORD {}").format(
            sql.SQL("ALTER" if known else "CREATE"),
            sql.Identifier(role),
            sql.SQL(ATTRIBUTES[role]),
            sql.Literal(password),
        )
    )


def _ensure_database(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(OWNER)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(APP)))


def _give_schema(connection: psycopg.Connection, database: str) -> None:
    with psycopg.connect(
        connection.info.dsn, dbname=database, password=connection.info.password, autocommit=True
    ) as inside:
        inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
        inside.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
