"""Ports on 127.0.0.1."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from tempfile import gettempdir

from filelock import FileLock, Timeout

# below those that systems give to outgoing connections, which would take one before its server listens
ORDINARY = range(20_000, 32_768)
TRIES = 100
_reserved: dict[int, FileLock] = {}  # held until this process ends; by then its servers listen, or are gone


def is_free(port: int) -> bool:
    """Whether a server of ours could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def reserve(wanted: int) -> int:
    """The wanted port, or any other that is free; no other stack that is just starting takes it meanwhile.

    Raises:
        OSError: there is none.
    """
    for port in (wanted, *_candidates()):
        path = Path(gettempdir()) / f"apod-port-{os.getuid()}-{port}.lock"
        lock = _reserved.get(port) or FileLock(path)
        with suppress(Timeout):
            lock.acquire(blocking=False)
            if is_free(port):
                _reserved[port] = lock
                return port
            lock.release()
    message = f"no port is free, {wanted} neither"
    raise OSError(message)


def any_free() -> int:
    """A port that is free now.

    Raises:
        OSError: there is none.
    """
    port = next(filter(is_free, _candidates()), None)
    if port is None:
        message = "no port is free"
        raise OSError(message)
    return port


def _candidates() -> list[int]:
    """Some ports, in any order, so that two who look at the same time hardly meet."""
    return SystemRandom().sample(ORDINARY, TRIES)
