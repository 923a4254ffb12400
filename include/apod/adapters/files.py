"""How files are replaced and hashed."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that becomes `path` when the block ends well, whole or not at all.

    The temporary name is fixed, so that what a killed writer left is overwritten by the next one. Unless `durable`, a
    power cut may leave any bytes under the name: for what is checked when it is read, and can be made again.
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
    """Makes renames in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def md5_of(path: Path) -> str:
    """The hex md5 of a file's bytes: the digest that DVC, Postgres and `md5sum` share."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
