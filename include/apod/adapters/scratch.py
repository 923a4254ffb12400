"""Temporary folders that are removed even when the process that made them was killed."""

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

PREFIX = "apod-scratch-"


def _remove_abandoned() -> None:
    for folder in Path(gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # locked by a living process, another user's, or removed in the meantime
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """Makes a temporary folder, and removes it when the block ends.

    The process holds a file lock on its folder. A folder without a lock was left by a killed process; the next call
    removes it.
    """
    _remove_abandoned()
    hidden = Path(mkdtemp(prefix=f".{PREFIX}{purpose}-"))  # a hidden name is not cleaned up: it has no lock yet
    folder = hidden.with_name(hidden.name[1:])
    descriptor = os.open(hidden, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield hidden.rename(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)
