"""The embedded Valkey, which speaks the Redis protocol."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import redis

from . import lifeline, logs
from .binaries import find_valkey
from .datadir import DataDirectory
from .lifeline import Managed, Step
from .ports import LOOPBACK, free_port

START_SECONDS = 60.0
POLL_SECONDS = 0.05
TRIES = 3
# It flushes its append-only file before it ends.
STOP = (Step(signal.SIGTERM, 10.0),)


class Valkey(Managed):
    """One Valkey server on a free port of the loopback interface."""

    name = "Valkey"
    steps = STOP

    def __init__(
        self, data: DataDirectory, environ: Mapping[str, str], *, durable: bool, die_with_parent: bool
    ) -> None:
        super().__init__()
        self._data = data
        self._environ = environ
        self._durable = durable
        self._death_signal = signal.SIGTERM if die_with_parent else None
        self._port = 0
        self._log = data.log("valkey")

    def start(self) -> None:
        """Start the server and wait until it has read its data and answers."""
        self._data.valkey.mkdir(mode=0o700, exist_ok=True)
        for tries_left in reversed(range(TRIES)):
            self._port = free_port()
            self.launch()
            if self._answers():
                return
            if not (tries_left and "in use" in logs.read(self._log)):
                raise logs.failure(self.name, self._log)

    def launch(self) -> None:
        """Start the server on the port it already has. Returns at once."""
        with logs.fresh(self._log) as log:
            self.process = lifeline.spawn(
                [self._binary, "-"],
                environment={"PATH": self._environ.get("PATH", os.defpath), "LANG": "C"},
                death_signal=self._death_signal,
                output=log,
                stdin=subprocess.PIPE,
                cwd=Path("/"),
                inherit=[self._data.inherited_lock],
            )
        if self.process.stdin is not None:
            # On stdin, so that the password shows in no list of processes. One that died at once is found by poll().
            try:
                with self.process.stdin as pipe:
                    pipe.write(self._configuration().encode())
            except BrokenPipeError:
                pass

    @property
    def url(self) -> str:
        """Its address, password included."""
        return f"redis://:{quote(self._password, safe='')}@{LOOPBACK}:{self._port}/0"

    @cached_property
    def _binary(self) -> Path:
        return find_valkey(self._environ)

    @cached_property
    def _password(self) -> str:
        return self._data.passwords()["valkey"]

    def _configuration(self) -> str:
        """Without the append-only file a kill loses the whole queue; an evicting server loses it silently."""
        directory = str(self._data.valkey).replace("\\", "\\\\").replace('"', '\\"')
        settings = {
            "bind": LOOPBACK,
            "port": str(self._port),
            "requirepass": self._password,
            "dir": f'"{directory}"',
            "appendonly": "yes",
            "appendfsync": "everysec" if self._durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items())

    def _answers(self) -> bool:
        """Wait until the server answers a ping; False when it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
            while time.monotonic() < deadline:
                if self.ended():
                    return False
                try:
                    client.ping()
                    return True
                except redis.RedisError:  # refused, or still loading
                    time.sleep(POLL_SECONDS)
        raise logs.failure(self.name, self._log)
