"""The embedded engines: a PostgreSQL and a Valkey of our own, for whoever gives no address of theirs.

    with engines.start(Path(".data")) as running:
        subprocess.run(command, env={**os.environ, **running.environment()})

Imports no Django, and needs nothing in the environment.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from . import given
from .datadir import DataDirectory
from .errors import EngineError, from_os_error
from .lifeline import LINUX, Guard, Managed
from .ports import LOOPBACK, free_port, require_free_port
from .postgres import Postgres
from .roles import APP, OWNER
from .valkey import Valkey

__all__ = ["LOOPBACK", "EngineError", "Engines", "free_port", "require_free_port", "start"]

Say = Callable[[str], None]


@dataclass
class Engines:
    """The running engines, and the addresses by which to reach them.

    `parts` are those we run ourselves, in the order in which they started.
    """

    data: Path
    database_url: str
    database_owner_url: str
    redis_url: str
    secrets: dict[str, str]
    parts: list[Managed] = field(default_factory=list)
    _resources: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def pids(self) -> list[int]:
        """The processes of the engines we run."""
        return [part.process.pid for part in self.parts if part.process is not None]

    def environment(self) -> dict[str, str]:
        """What a process needs to find the engines."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.database_owner_url,
            "REDIS_URL": self.redis_url,
        }

    def stop(self) -> None:
        """Stop Valkey, then PostgreSQL, and let the data directory go. Harmless when repeated."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    data: Path | None = None,
    *,
    durable: bool = True,
    environ: Mapping[str, str] | None = None,
    die_with_parent: bool = True,
    say: Say = lambda line: None,
) -> Engines:
    """Start what `environ` gives no address for, and return once it answers.

    data: where everything is kept; None is a temporary directory, removed at the stop.
    durable: False gives up crash safety for speed; only for tests.
    die_with_parent: False leaves orphans when we are killed; only to show that the guard is what prevents it.
    say: called with a line for every step that takes a while.
    Call from the main thread: the engines end with the thread that started them. Raises EngineError.
    """
    environ = os.environ if environ is None else environ
    with ExitStack() as undo:
        try:
            running = _start(undo, data, durable, environ, die_with_parent, say)
        except OSError as error:
            raise from_os_error(error, data or Path(tempfile.gettempdir())) from error
        running._resources = undo.pop_all()
        return running


def _start(
    undo: ExitStack, data: Path | None, durable: bool, environ: Mapping[str, str], die_with_parent: bool, say: Say
) -> Engines:
    database_url, redis_url = given.value(environ, "DATABASE_URL"), given.value(environ, "REDIS_URL")
    owner_url = given.value(environ, "DATABASE_OWNER_URL") if database_url else None
    directory = DataDirectory(data or _temporary(undo))
    undo.callback(directory.close)
    launched: list[Managed] = []

    def run(engine: Postgres | Valkey) -> None:
        say(f"Starting {engine.name}")
        undo.callback(engine.stop)
        engine.start()
        launched.append(engine)

    if database_url is None:
        postgres = Postgres(directory, environ, durable=durable, die_with_parent=die_with_parent)
        run(postgres)
        database_url, owner_url = postgres.url(APP), postgres.url(OWNER)
    else:
        given.require_postgres(database_url)
        if owner_url:
            given.require_postgres(owner_url, "DATABASE_OWNER_URL")
    if redis_url is None:
        valkey = Valkey(directory, environ, durable=durable, die_with_parent=die_with_parent)
        run(valkey)
        redis_url = valkey.url
    else:
        given.require_redis(redis_url)
    if die_with_parent and not LINUX:
        _guard(undo, launched)
    secrets = directory.secrets(environ)
    return Engines(directory.path, database_url, owner_url or database_url, redis_url, secrets, launched)


def _temporary(undo: ExitStack) -> Path:
    path = Path(tempfile.mkdtemp(prefix="hotline-"))
    undo.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def _guard(undo: ExitStack, engines: list[Managed]) -> None:
    """Where the kernel has no parent-death signal, a process at the end of a pipe gives it."""
    guard = Guard()
    undo.callback(guard.close)
    for engine in engines:
        guard.watch(engine)
        undo.callback(guard.forget, engine)
