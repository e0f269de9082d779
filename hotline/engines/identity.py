"""Under which user PostgreSQL runs, since it refuses to run as root.

A user namespace is tried first: inside it we are an ordinary user, outside still the owner of the
files, so nothing changes hands (user_namespaces(7)). Many containers forbid that; there PostgreSQL
runs as `nobody`, or as whoever owns the data already, on a directory of its own. Permissions of
parent directories are never touched: instead the one capability that passes them is kept.
"""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError
from .lifeline import LIBC

CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS = 8
# Without this bit access(2), by which initdb looks for postgres, forgets the capability of an ordinary user.
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

Demotion = Callable[[], None]


@dataclass(frozen=True)
class Identity:
    """How to become the user that runs PostgreSQL, and who then owns its files."""

    demote: Demotion | None
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Give `path` and all below it to this user, if it is not theirs yet. Links are not followed."""
        if os.geteuid() != 0 or path.lstat().st_uid == self.uid:
            return
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(path, self.uid, self.gid)


def choose(binary: Path, directory: Path) -> Identity:
    """Who can run `binary` on `directory`; raises EngineError when nobody we may become can."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return Identity(None, uid, gid)
    owner = directory.stat()
    if uid != 0 or owner.st_uid == 0:
        inside = _named_ordinary_user()
        demotion = _namespace(inside.pw_uid, inside.pw_gid)
        if _works(demotion, binary, directory):
            return Identity(demotion, uid, gid)
    if uid != 0:
        return Identity(None, uid, gid)
    return _ordinary_user(binary, directory)


def _ordinary_user(binary: Path, directory: Path) -> Identity:
    """Whoever owns the directory already, or `nobody`."""
    owner = directory.stat()
    nobody = _named_ordinary_user()
    uid, gid = (owner.st_uid, owner.st_gid) if owner.st_uid else (nobody.pw_uid, nobody.pw_gid)
    identity = Identity(_become(uid, gid), uid, gid)
    identity.own(directory)
    if not _works(identity.demote, binary, directory):
        raise EngineError(
            f"PostgreSQL refuses to run as root and no other user can reach {binary} and {directory}:"
            " start as an ordinary user, or choose a directory such as /var/tmp/hotline"
            " with --data."
        )
    return identity


def _named_ordinary_user() -> pwd.struct_passwd:
    """`nobody`, or any user but root: initdb looks its own user up by number and fails without a name."""
    for entry in sorted(pwd.getpwall(), key=lambda entry: entry.pw_name != "nobody"):
        if entry.pw_uid != 0:
            return entry
    raise EngineError("PostgreSQL refuses to run as root and this system has no other user: add one and start as it.")


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _works(demote: Demotion | None, binary: Path, directory: Path) -> bool:
    """Whether a process so demoted can write to the directory and run the binary."""

    def prepare() -> None:
        if demote is not None:
            demote()
        mark = directory / ".probe"
        mark.touch()
        mark.unlink()
        if not os.access(binary, os.X_OK):  # as initdb asks, by the real user
            raise PermissionError(binary)

    try:
        probe = subprocess.run(
            [binary, "--version"], preexec_fn=prepare, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0


def _namespace(inner_uid: int, inner_gid: int) -> Demotion:
    """Enter a user namespace in which we are `inner_uid`, while our files stay ours."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()

    def demote() -> None:
        if LIBC is None or LIBC.unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "user namespaces are not allowed")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{inner_uid} {outer_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{inner_gid} {outer_gid} 1")

    return demote


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _become(uid: int, gid: int) -> Demotion:
    """Become an ordinary user, keeping of root's powers only the passage through closed directories."""
    mask = 1 << CAP_DAC_OVERRIDE
    header = _Header(CAPABILITY_VERSION_3, 0)
    sets = (_Sets * 2)(_Sets(mask, mask, mask), _Sets(0, 0, 0))

    def demote() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
            LIBC.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        # Where this is refused, plain file permissions decide; the probe tells.
        if LIBC is not None and LIBC.capset(ctypes.byref(header), sets) == 0:
            LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)

    return demote
