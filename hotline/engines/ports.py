"""Ports of the loopback interface."""

import errno
import socket

from .errors import EngineError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that was free a moment ago; whoever uses it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free_port(host: str, port: int) -> None:
    """Raise EngineError unless a server could listen on `host`:`port` now."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            # As a server does it, or connections that are still closing would count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        number = error.errno if isinstance(error, OSError) else None
        if number == errno.EADDRINUSE:
            raise EngineError(
                f"Port {port} of {host} is in use by another program: stop it, or choose another port with --port."
            ) from error
        raise EngineError(
            f"Port {port} of {host} cannot be used ({error}): choose another with --port or --host."
        ) from error
