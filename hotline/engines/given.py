"""Servers given by address instead of embedded: reached once before anything depends on them."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import redis
from psycopg.conninfo import make_conninfo

from .errors import EngineError

TIMEOUT_SECONDS = 5
POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


def value(environ: Mapping[str, str], name: str) -> str | None:
    """What the environment gives for `name`, outright or as the file `name_FILE`; None when it gives nothing."""
    if environ.get(name):
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if not file:
        return None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise EngineError(f"{name}_FILE={file} cannot be read ({error.strerror}): correct it, or unset it.") from error


def require_postgres(url: str, name: str = "DATABASE_URL") -> None:
    """Raise EngineError unless a PostgreSQL answers at `url`. The sentence never repeats the password."""
    try:
        conninfo = _conninfo(url)
    except ValueError as error:
        raise EngineError(
            f"{name} is not a PostgreSQL address: write postgresql://user:password@host:port/database."
        ) from error
    try:
        psycopg.connect(conninfo, connect_timeout=TIMEOUT_SECONDS).close()
    except psycopg.Error as error:
        raise EngineError(f"{name} does not answer ({_reason(error)}): correct it, or unset it.") from error


def _conninfo(url: str) -> str:
    """The address as libpq takes it; query parameters that are not about TLS are the application's own."""
    parts = urlsplit(url)
    if parts.scheme not in POSTGRES_SCHEMES:
        raise ValueError(parts.scheme)
    tls = {key: values[-1] for key, values in parse_qs(parts.query).items() if key.startswith("ssl")}
    words = {
        "host": unquote(parts.hostname or ""),
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.lstrip("/")),
    }
    return make_conninfo("", **{key: word for key, word in words.items() if word}, **tls)


def require_redis(url: str) -> None:
    """Raise EngineError unless a Redis-compatible server answers at `url`."""
    try:
        client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
    except ValueError as error:
        raise EngineError("REDIS_URL is not a Redis address: write redis://:password@host:port/0.") from error
    try:
        with client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise EngineError(f"REDIS_URL does not answer ({_reason(error)}): correct it, or unset it.") from error


def _reason(error: Exception) -> str:
    """The first line of a driver's message, without its full stop."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
