"""Local files: atomic replacement and md5."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK_BYTES = 1 << 20


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Opens a temporary file that is renamed to `path` when the block ends without an error.

    A reader sees the old file or the whole new one. The temporary name is fixed, so a file that a killed writer left is
    overwritten by the next one. With `durable=False` nothing is flushed to the disk: after a power cut the file may
    hold anything, so use it only for files whose digest is checked when they are read.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        yield file
        if durable:
            file.flush()
            os.fsync(file.fileno())
    sys.audit("apod.file.written", str(path))
    temporary.replace(path)
    sys.audit("apod.file.renamed", str(path))
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flushes a folder, so that renames in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def md5_hex(content: bytes) -> str:
    """The md5 of some bytes, 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def md5_of(path: Path) -> str:
    """The md5 of a file, as DVC, PostgreSQL and `md5sum` compute it: 32 hex digits."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
