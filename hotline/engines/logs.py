"""The engines' log files: opened anew at each start, and read when a start fails."""

import re
from pathlib import Path
from typing import IO

from .errors import EngineError, disk_full, from_os_error

TELLING = re.compile(r"(?:FATAL|PANIC|ERROR|error|[Ff]atal|Can't|Could not)\b.*")


def fresh(path: Path) -> IO[bytes]:
    """Open an empty log; the one before it is kept beside it, for whoever asks what happened last time."""
    try:
        if path.exists():
            path.replace(path.with_suffix(".previous.log"))
        return path.open("wb")
    except OSError as error:
        raise from_os_error(error, path.parent) from error


def read(path: Path) -> str:
    """The whole of a log, or nothing."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def failure(name: str, path: Path) -> EngineError:
    """Why an engine did not start, as its log tells it."""
    text = read(path)
    if "No space left on device" in text:
        return disk_full(path.parent.parent)
    reasons = TELLING.findall(text) or text.strip().splitlines()[-1:] or ["it said nothing"]
    return EngineError(f"{name} did not start ({reasons[-1].strip().rstrip('.')}): see {path}.")
