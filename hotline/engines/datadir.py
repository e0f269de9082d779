"""The data directory: who may use it now, and the secrets kept in it."""

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import EngineError, from_os_error

PREDECESSOR_SECONDS = 30.0
POLL_SECONDS = 0.05
PASSWORDS = ("postgres", "hotline_owner", "hotline_app", "valkey")


def _ring(name: str) -> str:
    """A key ring of one fresh 256-bit key, `id:base64`."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


SECRETS: dict[str, Callable[[], str]] = {
    "HOTLINE_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "HOTLINE_DATA_KEYS": lambda: _ring("d1"),
    "HOTLINE_INDEX_KEYS": lambda: _ring("i1"),
}


class DataDirectory:
    """A directory that exactly one supervisor uses at a time.

    Two locks (flock(2)): `lock` is ours alone and refuses a second supervisor at once. `engines.lock` is
    inherited by the engines, so after a supervisor was killed it stays taken until the last of its engines
    has gone, and a new start waits for that instead of starting a second PostgreSQL on the same files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._open: list[int] = []
        try:
            self._prepare()
            self._lock()
        except OSError as error:
            self.close()
            raise from_os_error(error, self.path) from error
        except EngineError:
            self.close()
            raise

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own directory."""
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's own directory."""
        return self.path / "valkey"

    def log(self, name: str) -> Path:
        """Where an engine or a step writes its log."""
        return self.path / "log" / f"{name}.log"

    @property
    def inherited_lock(self) -> int:
        """The descriptor every engine inherits."""
        return self._open[1]

    def passwords(self) -> dict[str, str]:
        """The engines' passwords, made once."""
        return _kept(self.path / "passwords.json", {name: lambda: secrets.token_urlsafe(24) for name in PASSWORDS})

    def secrets(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The application's secrets for development, for those `environ` gives neither outright nor as a file."""
        kept = _kept(self.path / "secrets.json", SECRETS)
        return {name: value for name, value in kept.items() if not (environ.get(name) or environ.get(f"{name}_FILE"))}

    def close(self) -> None:
        """Let go of the locks; engines that still run keep theirs."""
        while self._open:
            os.close(self._open.pop())

    def _prepare(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / "log").mkdir(mode=0o700, exist_ok=True)
        # Secrets and people's data: never into a repository by accident.
        (self.path / ".gitignore").write_text("*\n")

    def _lock(self) -> None:
        self._open.append(_open_lock(self.path / "lock"))
        if not _try_lock(self._open[0]):
            raise EngineError(
                f"The data directory {self.path} is in use by another start of the hotline:"
                " stop that one, or choose another directory with --data."
            )
        self._open.append(_open_lock(self.path / "engines.lock"))
        deadline = time.monotonic() + PREDECESSOR_SECONDS
        while not _try_lock(self._open[1]):
            if time.monotonic() > deadline:
                raise EngineError(
                    f"Engines left by an earlier start still use {self.path}:"
                    " end its postgres and valkey-server processes, or choose another directory with --data."
                )
            time.sleep(POLL_SECONDS)


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _kept(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """The values in a private file, with what is missing made now and kept."""
    try:
        values: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        missing = {name: make() for name, make in makers.items() if name not in values}
        if missing:
            values |= missing
            write_private(path, json.dumps(values, indent=2) + "\n")
    except OSError as error:
        raise from_os_error(error, path.parent) from error
    except ValueError as error:
        raise EngineError(f"{path} is damaged: restore it, or choose another directory with --data.") from error
    return {name: values[name] for name in makers}


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
