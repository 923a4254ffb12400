"""Where the files are, and how they are replaced."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 1 << 20
PUBLISHED = ""  # the part of the store that is its top: the CSV and what describes it


@dataclass(frozen=True)
class Store:
    """The folder that the steps hand their files over in; `mirror` has the one of an object store."""

    root: Path

    def fetch(self) -> None:
        """Brings the folder in line with what others have written; this one is theirs, too."""

    def send(self) -> None:
        """Makes what was written last beyond this task; here it has."""

    @property
    def raw(self) -> Path:
        """`YYYY/YYYY-MM.jsonl`: what the services said. The only truth; everything else is made from it."""
        return self.root / "raw"

    @property
    def restoring(self) -> Path:
        """The raw store of the last version, while it is being brought back."""
        return self.root / "raw.restoring"

    @property
    def coverage(self) -> Path:
        """What the raw store covers, so that it need not be read whole every day. May be deleted at any time."""
        return self.root / "coverage.json"

    @property
    def clean(self) -> Path:
        """`YYYY-MM/<key>.csv`: the clean rows of a month."""
        return self.root / "clean"

    @property
    def staged_csv(self) -> Path:
        """The next CSV, not yet proven."""
        return self.root / "staged" / "apod_data.csv"

    @property
    def staged_composition(self) -> Path:
        """Which fragments the staged CSV is made of, and its md5."""
        return self.root / "staged" / "composition.json"

    @property
    def composition(self) -> Path:
        """Which fragments the published CSV is made of, and its md5."""
        return self.root / "composition.json"

    @property
    def csv(self) -> Path:
        return self.root / "apod_data.csv"

    @property
    def datapackage(self) -> Path:
        return self.root / "datapackage.json"


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
