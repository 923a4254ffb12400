"""Folders for one piece of work; those of work that was killed are removed by whoever comes next."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "apod-scratch-"  # nobody else's


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A folder of its own, gone when the block ends.

    The process holds a lock on it. A folder that nobody holds was left by a process that is dead.
    """
    _sweep()
    unborn = Path(mkdtemp(prefix=f".{NAME}{purpose}-"))  # hidden until it is held: no sweep takes it
    folder = unborn.with_name(unborn.name[1:])
    held = os.open(unborn, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield unborn.rename(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _sweep() -> None:
    for left in Path(gettempdir()).glob(f"{NAME}*"):
        with suppress(OSError):  # held, somebody else's, or gone in between
            found = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(found)
