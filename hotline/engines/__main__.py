"""`python -m hotline.engines [--data DIR] [--fast] -- COMMAND ARGS…`: run one command with the engines up.

Exits with the command's code; 1 and one sentence on stderr when the engines cannot run.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from . import EngineError, lifeline, start


class Runner:
    """Runs the command and passes our signals on to it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped_by: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._forward)

    def run(self, command: list[str], environment: dict[str, str]) -> int:
        """The command's exit code, in a shell's manner: 128 and the number for one ended by a signal."""
        if self._stopped_by is not None:
            return 128 + self._stopped_by
        try:
            # Its session stays ours, so that it can use the terminal.
            self._process = lifeline.spawn(
                command, environment=environment, death_signal=signal.SIGTERM, stdin=None, new_session=False
            )
        except OSError as error:
            raise EngineError(f"{command[0]} cannot be run ({error.strerror}): correct the command.") from error
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def _forward(self, number: int, frame: FrameType | None) -> None:
        self._stopped_by = number
        if self._process is None or self._process.returncode is not None:
            return
        if number == signal.SIGINT and _terminal_is_ours():
            return  # a Ctrl-C reached the command already; twice would cut short its own tidying
        self._process.send_signal(number)


def _terminal_is_ours() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def main(arguments: list[str]) -> int:
    """Start the engines, run the command, stop the engines."""
    options, command = _parse(arguments)
    runner = Runner()
    try:
        with start(options.data, durable=not options.fast) as engines:
            return runner.run(command, {**os.environ, **engines.secrets, **engines.environment()})
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="python -m hotline.engines",
        usage="%(prog)s [--data DIR] [--fast] -- COMMAND ARGS…",
        description="Run a command with PostgreSQL and Valkey up.",
    )
    parser.add_argument("--data", type=Path, help="where to keep the data (default: a temporary directory)")
    parser.add_argument("--fast", action="store_true", help="give up crash safety for speed; for tests only")
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = parser.parse_args(arguments[:at]), arguments[at + 1 :]
    if not command:
        parser.error("say which command to run, after --")
    return options, command


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
