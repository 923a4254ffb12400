"""Local files: atomic replacement, md5 and sha256."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import sys
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK_BYTES = 1 << 20
BUFFER_BYTES = 1 << 18  # a file system keeps large writes in large pieces: 12 MB in half the time of single months


class Checksums(NamedTuple):
    """The md5 and the sha256 of a file, in hex digits."""

    md5: str
    sha256: str


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Locks an open file for this process; returns False if another one holds it.

    A file system without locks takes none: then nothing is safe from a second writer, and nothing else is different.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock that one process has at a time, on an empty file that stays there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        _lock(file.fileno(), wait=True)
        yield


def remove_abandoned(folder: Path, name: str = "") -> None:
    """Removes the temporary files that killed writers of a file, or of any, left; a living one holds a lock on them."""
    prefix = f".{name}." if name else "."
    for temporary in folder.iterdir():  # not by a pattern, which would be made anew for each file
        if temporary.name.startswith(prefix) and temporary.suffix == ".tmp":
            with suppress(FileNotFoundError), temporary.open("rb") as file:
                if _lock(file.fileno(), wait=False):
                    temporary.unlink()


@contextmanager
def _temporary(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file beside `path`, with a name of its own and locked; removed if the block fails."""
    while True:
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp")
        with temporary.open("xb", buffering=BUFFER_BYTES) as file:
            _lock(file.fileno(), wait=True)
            if not os.fstat(file.fileno()).st_nlink:
                continue  # another writer took it for abandoned, before it was locked
            try:
                yield file, temporary
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            return


@contextmanager
def replacing(path: Path, *, durable: bool = True, flush_folder: bool = True) -> Iterator[BinaryIO]:
    """Opens a temporary file that is renamed to `path` when the block ends without an error.

    A reader sees the old file or the whole new one, also where two write at once: the last one stands. With
    `durable=False` nothing is flushed to the disk: after a power cut the file may hold anything, so use it only for
    files whose digest is checked when they are read. With `flush_folder=False` the contents are flushed, and the caller
    flushes the folder, once for many files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent, path.name)
    with _temporary(path) as (file, temporary):
        yield file
        file.flush()
        if durable:
            os.fsync(file.fileno())
        sys.audit("apod.file.written", str(path))
        temporary.replace(path)
        sys.audit("apod.file.renamed", str(path))
    if durable and flush_folder:
        flush(path.parent)


def flush(path: Path) -> None:
    """Flushes a file, or a folder so that renames in it survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def md5_hex(content: bytes) -> str:
    """The md5 of some bytes, 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def sha256_hex(content: bytes) -> str:
    """The sha256 of some bytes, 64 hex digits. Where the processor has it, in half the time of md5."""
    return hashlib.sha256(content).hexdigest()


def md5_of(path: Path) -> str:
    """The md5 of a file, as DVC, PostgreSQL and `md5sum` compute it: 32 hex digits."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """The sha256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums_of(path: Path) -> Checksums:
    """The md5 and the sha256 of a file, which is read once."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            md5.update(block)
            sha256.update(block)
    return Checksums(md5.hexdigest(), sha256.hexdigest())
