"""Ports on 127.0.0.1."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import chain
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock, Timeout

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
    for port in chain((wanted,), (any_free() for _ in range(100))):
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
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
