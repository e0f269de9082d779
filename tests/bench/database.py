"""A database of the benchmark's own on the engine it is given: made, migrated and seeded; dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import django
import psycopg
from psycopg import sql


@contextmanager
def own_database() -> Iterator[None]:
    """Inside, Django is set up on an empty, seeded database. Needs the two addresses in the environment."""
    owner_url = os.environ["DATABASE_OWNER_URL"]
    name = sql.Identifier(f"hotline_bench_{os.getpid()}")
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
                os.environ[variable] = urlsplit(os.environ[variable])._replace(path=f"/{name._obj[0]}").geturl()
            _prepare()
            yield
        finally:
            from django.db import connections

            connections.close_all()
            _drop(owner, name)


def _drop(owner: "psycopg.Connection[Any]", name: sql.Identifier) -> None:
    """A plain DROP waits some seconds for connections that are closing; the owner may not end the app's by force."""
    try:
        owner.execute(sql.SQL("DROP DATABASE {}").format(name))
    except psycopg.errors.ObjectInUse:
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline.settings")
    os.environ["HOTLINE_LOG_LEVEL"] = "ERROR"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("seed", verbosity=0)
