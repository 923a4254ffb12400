"""A second process for what takes one core long, without importing anything twice."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

PATIENCE_SECONDS = 60  # for one item
PIPE_BYTES = 1 << 20  # holds what is made of one item, so that neither process waits until the other is ready
Item = TypeVar("Item")
Result = TypeVar("Result")


def _is_possible() -> bool:
    """Whether there is a core for a copy of this process, and the copy would be sound.

    It has one thread, and what the others had locked stays locked in it. On macOS the system's libraries break in it.
    """
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1 and threading.active_count() == 1


def _received(reader: Connection[object, Result]) -> Iterator[Result]:
    """What the other process sends, until it ends or is silent for too long."""
    with suppress(EOFError, OSError):
        while reader.poll(PATIENCE_SECONDS):
            yield reader.recv()


@contextmanager
def _made_elsewhere(make: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Iterator[Result]]:
    """What a copy of this process makes of some items. It ends where nobody reads from it any more."""
    reader, writer = Pipe(duplex=False)
    with suppress(OSError):  # a system may allow less
        fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)  # Linux alone has it
    if not (child := os.fork()):
        try:
            reader.close()
            for item in items:
                writer.send(make(item))
        finally:
            os._exit(0)  # what goes wrong here goes wrong again where it can be told
    writer.close()
    try:
        with reader:
            yield _received(reader)
    finally:
        with suppress(ChildProcessError):  # somebody else may wait for all children of this process
            if os.waitpid(child, os.WNOHANG) == (0, 0):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def map_in_two_processes(make: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """`make` of each item, in their order; every second one by another process, where that is possible.

    The first of each two goes there, so an odd one does, too: this process has the results to deal with besides.

    Args:
        make: changes nothing; what it returns can be pickled, and is not None.
        items: what to do. What the other process does not deliver is made here, so its end costs time and no more.
    """
    if len(items) == 1 or not _is_possible():
        yield from map(make, items)
        return
    with _made_elsewhere(make, items[::2]) as elsewhere:
        for start in range(0, len(items), 2):
            second = [make(item) for item in items[start + 1 : start + 2]]  # while the other one makes the first
            result = next(elsewhere, None)
            yield make(items[start]) if result is None else result
            yield from second
