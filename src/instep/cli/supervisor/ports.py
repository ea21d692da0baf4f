"""Ports of this machine: whether one is free, and finding one that is."""

from __future__ import annotations

import errno
import socket
import time
from http.client import HTTPConnection, HTTPException

from instep.cli.refusals import CannotStart

HOST = "127.0.0.1"


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: without it a port counts as taken for a minute after its last connection.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            if problem.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise CannotStart(f"{host}:{port} is not an address of this machine: {problem.strerror}.") from None
        except OverflowError:
            raise CannotStart(f"{port} is not a port; choose one from 1 to 65535.") from None
    return True


def free_port(wanted: int = 0, host: str = HOST) -> int:
    """`wanted` where it is free, else any free port. Somebody else may take it before it is used."""
    if wanted and is_free(wanted, host):
        return wanted
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def need_port(port: int, what: str, advice: str, host: str = HOST) -> None:
    """Raise CannotStart with one sentence unless the port is free."""
    if not is_free(port, host):
        raise CannotStart(f"Port {port} is in use, so {what} cannot start: stop what uses it, or {advice}.")


def answers(port: int, path: str = "/", *, seconds: float = 1.0, host: str = HOST) -> bool:
    """Whether a web server gives any answer there."""
    connection = HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status > 0
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def wait_for(port: int, path: str = "/", *, seconds: float, host: str = HOST) -> bool:
    """Wait until a web server answers; False when it does not within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answers(port, path, host=host):
            return True
        time.sleep(0.03)
    return False
