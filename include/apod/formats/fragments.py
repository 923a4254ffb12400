"""The clean fragments: for each raw month its rows of the CSV, where they come from, and what went to quarantine.

A fragment's name is a digest of what it was made from. The manifest names the fragments that make up the archive now;
the steps behind transform read it, not the raw store. All of it can be made again, so nothing here waits for the disk:
what a crash leaves half written is found by its digest.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING, Any

from include.apod.adapters.files import replacing
from include.apod.errors import BadData

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

VERSION = "4"  # raise it with every change to what transform writes, a source's `normalise` included
KINDS = ("csv", "origin.csv", "rejected.csv")  # rows, where they come from, quarantine


@dataclass(frozen=True)
class Fragment:
    """The clean rows of one raw month.

    Attributes:
        month: `YYYY-MM`.
        raw_size, raw_modified, raw_md5: of the raw file (bytes, nanoseconds, hex) when it was read.
        key: digest of the raw bytes and `VERSION`, 16 hex digits.
        size: bytes of the rows.
        rejected: observations in quarantine.
        md5: of its file of each of `KINDS`; of nothing where there is none.
    """

    month: str
    raw_size: int
    raw_modified: int
    raw_md5: str
    key: str
    size: int
    rejected: int
    md5: list[str]

    def path(self, clean: Path, kind: str = "csv") -> Path:
        """The file of one of `KINDS`."""
        return clean / self.month / f"{self.key}.{kind}"

    def is_of(self, raw: Path, clean: Path) -> bool:
        """Whether it is there and made from the raw file as it is now."""
        rows, origins, _ = [self.path(clean, kind) for kind in KINDS]
        there = rows.exists() and rows.stat().st_size == self.size and (origins.exists() or not self.size)
        return there and self.is_raw(raw)

    def is_raw(self, raw: Path) -> bool:
        """Whether the raw file is the one that was read, by its size and time."""
        now = raw.stat()
        return (self.raw_size, self.raw_modified) == (now.st_size, now.st_mtime_ns)

    def write(self, clean: Path, files: Mapping[str, bytes]) -> None:
        """Puts its files in place, the rows last, and drops those of an older one of the month."""
        for kind in reversed([*files]):
            with replacing(self.path(clean, kind), durable=False) as file:
                file.write(files[kind])
        for other in self.path(clean).parent.iterdir():
            if other.name not in {f"{self.key}.{kind}" for kind in files}:
                other.unlink()

    def read(self, clean: Path, kind: str = "csv") -> bytes:
        """The bytes of one of its files; nothing where there is none.

        Raises:
            BadData: they are not what transform wrote. The rows are dropped, so the next run makes all of it anew.
        """
        path = self.path(clean, kind)
        content = path.read_bytes() if path.exists() else b""
        if md5(content) != self.md5[KINDS.index(kind)]:
            self.path(clean).unlink(missing_ok=True)
            raise BadData(
                f"{path} was damaged after transform wrote it, and is dropped. Nothing was published; "
                "./apod trigger load makes it anew."
            )
        return content


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def key_of(content: bytes) -> str:
    return hashlib.sha256(content + VERSION.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Composition:
    """What a CSV is made of.

    Attributes:
        md5: of the CSV.
        months: of each month the key of its fragment, and md5 and size of the raw file that this was made from.
    """

    md5: str
    months: dict[str, list[Any]]


def read_composition(path: Path) -> Composition | None:
    """What a CSV is made of; None where that is not known."""
    try:
        return Composition(**json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_composition(path: Path, composition: Composition) -> None:
    with replacing(path) as file:
        file.write(json.dumps(asdict(composition), separators=(",", ":")).encode())


def read_manifest(clean: Path) -> dict[str, Fragment]:
    """The fragments that make up the archive, by month; none where the manifest is damaged or of other rules."""
    try:
        said = json.loads((clean / "manifest.json").read_bytes())
        return {fields[0]: Fragment(*fields) for fields in said["fragments"]} if said["version"] == VERSION else {}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def write_manifest(clean: Path, fragments: Iterable[Fragment]) -> None:
    said = {"version": VERSION, "fragments": [astuple(fragment) for fragment in fragments]}
    with replacing(clean / "manifest.json") as file:
        file.write(json.dumps(said, separators=(",", ":")).encode())
