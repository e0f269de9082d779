"""The embedded PostgreSQL: made once by initdb, run as our own child."""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg

from . import identity, lifeline, logs, roles
from .binaries import PostgresBinaries, find_postgres
from .datadir import DataDirectory
from .errors import EngineError, disk_full, from_os_error
from .lifeline import Managed, Step
from .ports import LOOPBACK, free_port

START_SECONDS = 120.0  # recovery after a crash takes its time on a slow disk
POLL_SECONDS = 0.05
TRIES = 3
DATABASE = "hotline"
# Fast shutdown, then immediate (recovers at the next start), then the kill that `stop` ends with.
STOP = (Step(signal.SIGINT, 20.0), Step(signal.SIGQUIT, 5.0))

SETTINGS = {
    "listen_addresses": LOOPBACK,
    # No socket at all: nothing under /tmp to leave behind, no path too long for a socket address.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # No disk turns any more: at the default of 4, to read the open cases the planner walks through all closed ones too.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A log is no place for names and phones: neither failed statements nor the values that broke a constraint.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Managed):
    """One PostgreSQL server on a free port of the loopback interface."""

    name = "PostgreSQL"
    steps = STOP

    def __init__(
        self, data: DataDirectory, environ: Mapping[str, str], *, durable: bool, die_with_parent: bool
    ) -> None:
        super().__init__()
        self._data = data
        self._environ = environ
        self._durable = durable
        self._death_signal = signal.SIGINT if die_with_parent else None
        self._port = 0
        self._log = data.log("postgres")

    def start(self) -> None:
        """Make the cluster if there is none, start it, wait until it answers, see to the roles."""
        self._make_cluster()
        self._identity.own(self._data.postgres)
        for tries_left in reversed(range(TRIES)):
            self._port = free_port()
            self.launch()
            if self._answers():
                roles.ensure(self._connection(), self._passwords, database=DATABASE)
                return
            if not (tries_left and "Address already in use" in logs.read(self._log)):
                raise logs.failure(self.name, self._log)

    def launch(self) -> None:
        """Start the server on the port it already has. Returns at once."""
        self._clear_reused_pid()
        settings = SETTINGS | {"port": str(self._port)} | ({} if self._durable else FORGETFUL)
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with logs.fresh(self._log) as log:
            self.process = lifeline.spawn(
                [self._binaries.postgres, "-D", self._data.postgres, *options],
                environment=self._environment,
                death_signal=self._death_signal,
                demote=self._identity.demote,
                output=log,
                cwd=Path("/"),
                inherit=[self._data.inherited_lock],
            )

    def url(self, role: str) -> str:
        """The address of the hotline's database for one role."""
        return f"postgresql://{role}:{quote(self._passwords[role], safe='')}@{LOOPBACK}:{self._port}/{DATABASE}"

    @cached_property
    def _passwords(self) -> dict[str, str]:
        return self._data.passwords()

    @cached_property
    def _binaries(self) -> PostgresBinaries:
        return find_postgres(self._environ, wanted=_cluster_version(self._data.postgres))

    @cached_property
    def _identity(self) -> identity.Identity:
        place = self._data.postgres
        return identity.choose(self._binaries.postgres, place if place.exists() else self._made(self._draft))

    @property
    def _draft(self) -> Path:
        return self._data.path / "postgres.new"

    @property
    def _environment(self) -> dict[str, str]:
        """Nothing of ours: no PGPORT, PGDATA or LC_ALL of the person who starts us may change the server."""
        return {"PATH": self._environ.get("PATH", os.defpath), "LANG": "C"}

    def _make_cluster(self) -> None:
        """Run initdb beside the final place and move it there, so that a kill in between leaves no half a cluster."""
        if self._data.postgres.exists():
            return
        shutil.rmtree(self._draft, ignore_errors=True)
        self._made(self._draft)
        password_file = self._data.path / "initdb.password"
        try:
            self._identity.own(self._draft)
            self._write_password(password_file)
            with logs.fresh(self._data.log("initdb")) as log:
                process = lifeline.spawn(
                    self._initdb_command(password_file),
                    environment=self._environment,
                    death_signal=signal.SIGTERM,
                    demote=self._identity.demote,
                    output=log,
                    cwd=Path("/"),
                    inherit=[self._data.inherited_lock],
                )
                if process.wait() != 0:
                    raise logs.failure("PostgreSQL's initdb", self._data.log("initdb"))
            self._draft.rename(self._data.postgres)
        finally:
            password_file.unlink(missing_ok=True)

    def _initdb_command(self, password_file: Path) -> list[str | Path]:
        """UTF-8 throughout; without a UTF-8 ctype a search for Cyrillic finds nothing."""
        locale = ["--lc-collate=C.UTF-8", "--lc-ctype=C.UTF-8"]
        if self._binaries.major >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8"]
        return [
            self._binaries.initdb,
            *("-D", self._draft, "-U", "postgres", "-E", "UTF8", "-A", "scram-sha-256"),
            f"--pwfile={password_file}",
            "--data-checksums",
            *locale,
            *([] if self._durable else ["--no-sync"]),
        ]

    def _write_password(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(self._passwords["postgres"] + "\n")
        self._identity.own(path)

    @staticmethod
    def _made(directory: Path) -> Path:
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, directory) from error
        return directory

    def _clear_reused_pid(self) -> None:
        """Remove a postmaster.pid whose number now belongs to somebody else.

        One of a dead process PostgreSQL clears itself, after making sure that no backend of it is left. But
        after a restart of a container the same small number is soon another program's, and it would refuse.
        """
        pid_file = self._data.postgres / "postmaster.pid"
        lines = logs.read(pid_file).splitlines()
        if not lines or not lines[0].isdigit():
            return
        try:
            words = Path(f"/proc/{lines[0]}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return
        if os.fsencode(self._data.postgres) in words:
            raise EngineError(
                f"A PostgreSQL started by hand (process {lines[0]}) uses {self._data.postgres}:"
                " stop it, or choose another directory with --data."
            )
        pid_file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Wait until the server takes connections; False when it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.ended():
                return False
            try:
                self._connection().close()
                return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise EngineError(
                        f"{self._data.path / 'passwords.json'} does not fit the database beside it:"
                        " restore the file, or choose another directory with --data."
                    ) from error
                if "No space left on device" in str(error):
                    raise disk_full(self._data.path) from error
            time.sleep(POLL_SECONDS)
        raise logs.failure(self.name, self._log)

    def _connection(self, dbname: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=LOOPBACK,
            port=self._port,
            user="postgres",
            password=self._passwords["postgres"],
            dbname=dbname,
            connect_timeout=5,
            sslmode="disable",
            autocommit=True,
        )


def _cluster_version(directory: Path) -> int | None:
    """The major version that made a cluster; None when there is none."""
    try:
        return int((directory / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EngineError(
            f"{directory} is not a whole PostgreSQL data directory: restore it, or choose another with --data."
        ) from error
