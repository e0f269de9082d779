"""The one error the engines raise, always a sentence a person can act on."""

import errno
from pathlib import Path

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
FULL = {errno.ENOSPC, errno.EDQUOT}


class EngineError(Exception):
    """What went wrong and what to do about it, in one sentence."""


def disk_full(path: Path) -> EngineError:
    """The sentence for a full disk, which PostgreSQL, Valkey and we ourselves may each be first to notice."""
    return EngineError(f"The disk under {path} is full: free some space, or choose another directory with --data.")


def from_os_error(error: OSError, path: Path) -> EngineError:
    """Turn the operating system's refusal to use `path` into a sentence."""
    if error.errno in FULL:
        return disk_full(path)
    if error.errno in UNWRITABLE:
        return EngineError(
            f"The data directory {path} cannot be written by this user:"
            " give it to this user, or choose another with --data."
        )
    reason = error.strerror or str(error)
    return EngineError(f"The data directory {path} cannot be used ({reason}): choose another with --data.")
