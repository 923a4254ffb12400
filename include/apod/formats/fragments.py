"""The clean fragments: for each raw month its rows of the CSV, their origins, and its rejected observations.

`clean/rows.<name>.csv`, `origins.<name>.csv` and `rejections.<name>.csv` hold the fragments of the archive, one month
after the other; where there is nothing, there is no file. `clean/manifest.json` says which they are. The steps after
transform read only these. All of it can be made again, so nothing is flushed to the disk: what a crash leaves half
written is noticed by its digest.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

import msgspec

from include.apod.adapters.files import remove_abandoned, replacing, sha256_hex
from include.apod.errors import BadData
from include.apod.formats.index_file import read_index, write_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

RULES_VERSION = "7"  # raise it with every change to what transform writes: columns, rules, how a source is read
LAYOUT = "3"  # of the files
Kind = Literal["rows", "origins", "rejections"]
KINDS: tuple[Kind, ...] = ("rows", "origins", "rejections")
Value = TypeVar("Value")


class DamagedFragment(BadData):
    """A file of a fragment is not what transform wrote."""


class Origin(NamedTuple):
    """Where a row comes from: a line of `origins.<name>.csv` and a row of `apod.staging_origin`.

    Attributes:
        date: of the row, `YYYY-MM-DD`.
        source: the service.
        sha256: of the record in the raw store.
        seen_at: when the service sent it, ISO 8601 in UTC.
        rules: `RULES_VERSION` of the code that made the row.
    """

    date: str
    source: str
    sha256: str
    seen_at: str
    rules: str


class Rejection(NamedTuple):
    """An observation in quarantine: a line of `rejections.<name>.csv` and a row of `apod.staging_rejected`.

    Attributes:
        date, source, sha256, seen_at: as in `Origin`.
        reason: the hard rule that it breaks.
        observation: source and record as JSON in ASCII, since PostgreSQL cannot hold every character of JSON.
    """

    date: str
    source: str
    sha256: str
    seen_at: str
    reason: str
    observation: str


class PerFile(NamedTuple, Generic[Value]):
    """Something of each of the three files: contents, sizes in bytes, or digests (sha256)."""

    rows: Value
    origins: Value
    rejections: Value

    def of(self, kind: Kind) -> Value:
        """That of one file."""
        return self[KINDS.index(kind)]


class Fragment(NamedTuple):
    """The clean rows of one raw month, without the contents.

    Attributes:
        month: `YYYY-MM`.
        raw_size, raw_modified, raw_md5: of the raw file (bytes, nanoseconds, hex) when it was read.
        rejected: number of observations in quarantine.
        unreadable: the days that have nothing else, `YYYY-MM-DD`.
        size, sha256: of its contents in each file.
    """

    month: str
    raw_size: int
    raw_modified: int
    raw_md5: str
    rejected: int
    unreadable: tuple[str, ...]
    size: PerFile[int]
    sha256: PerFile[str]

    @property
    def key(self) -> str:
        """What it is made from, and by which rules."""
        return f"{self.raw_md5}-{RULES_VERSION}"

    def is_of(self, raw: Path) -> bool:
        """Whether the raw file is the one that was read, by its size and time."""
        status = raw.stat()
        return (self.raw_size, self.raw_modified) == (status.st_size, status.st_mtime_ns)


@dataclass(frozen=True)
class Manifest:
    """The fragments of the archive.

    Attributes:
        name: of the files that hold them; empty where there are none.
        fragments: by month, oldest first, as they stand in the files.
    """

    name: str
    fragments: dict[str, Fragment]

    def path(self, clean: Path, kind: Kind) -> Path:
        """The path of a file."""
        return clean / f"{kind}.{self.name}.csv"

    @cached_property
    def _offsets(self) -> dict[str, PerFile[int]]:
        """Where each fragment begins in each file, by month."""
        sizes = (fragment.size for fragment in self.fragments.values())
        offsets = accumulate(sizes, lambda offset, size: PerFile(*map(add, offset, size)), initial=PerFile(0, 0, 0))
        return dict(zip(self.fragments, offsets, strict=False))  # the last one is the end

    def outdated(self, months: Iterable[Path], clean: Path) -> list[Path]:
        """The raw files of which there is no current fragment: all of them, where a file is not of its length."""
        sizes = {kind: sum(fragment.size.of(kind) for fragment in self.fragments.values()) for kind in KINDS}
        complete = all(_size(self.path(clean, kind)) == sizes[kind] for kind in KINDS)
        return [
            path for path in months if not (complete and (old := self.fragments.get(path.stem)) and old.is_of(path))
        ]

    def contents(self, clean: Path, months: Iterable[str], kind: Kind = "rows") -> Iterator[bytes]:
        """What some fragments have in a file, one after the other. Changes nothing.

        Raises:
            DamagedFragment: one is not what transform wrote.
        """
        path = self.path(clean, kind)
        with path.open("rb") if path.exists() else io.BytesIO() as file:
            for month in months:
                fragment = self.fragments[month]
                file.seek(self._offsets[month].of(kind))
                content = file.read(fragment.size.of(kind))
                if sha256_hex(content) != fragment.sha256.of(kind):
                    raise DamagedFragment(f"{month} in {path} was damaged after transform wrote it")
                yield content

    def contents_or_drop(self, clean: Path, months: Iterable[str], kind: Kind = "rows") -> Iterator[bytes]:
        """As `contents`, for the steps: where one is damaged the manifest is deleted, so the next run makes all anew.

        Raises:
            BadData: one is damaged.
        """
        try:
            yield from self.contents(clean, months, kind)
        except DamagedFragment as error:
            (clean / "manifest.json").unlink(missing_ok=True)
            raise BadData(
                f"{error}, and is dropped. Nothing was published; ./apod trigger load makes it anew."
            ) from error


def _size(path: Path) -> int:
    """The bytes of a file; none, where there is no file."""
    return path.stat().st_size if path.exists() else 0


def quoted(text: str) -> str:
    """A text as a field of a CSV."""
    return '"' + text.replace('"', '""') + '"'


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows without nulls as CSV, each field quoted; in a third of the time of Python's csv module."""
    return "".join(",".join(map(quoted, row)) + "\n" for row in rows).encode()


class ManifestFile(msgspec.Struct):
    """The content of `manifest.json`.

    Attributes:
        layout: `LAYOUT`.
        version: `RULES_VERSION`.
        name: of the files.
        fragments: each as a list of its values, by month.
    """

    layout: str
    version: str
    name: str
    fragments: list[Fragment]


def read_manifest(clean: Path) -> Manifest:
    """The fragments of the archive; none if the manifest is missing, damaged, of other rules or of another layout."""
    content = read_index(clean / "manifest.json", ManifestFile)
    if content is None or (content.layout, content.version) != (LAYOUT, RULES_VERSION):
        return Manifest("", {})
    return Manifest(content.name, {fragment.month: fragment for fragment in content.fragments})


def _name(months: Iterable[Path]) -> str:
    """A name for the files of the fragments of some raw files, as these are now."""
    state = hashlib.sha256()
    for path in months:
        status = path.stat()
        state.update(f"{path.stem} {status.st_size} {status.st_mtime_ns}\n".encode())
    return state.hexdigest()[:16]


def write_manifest(
    clean: Path, months: Sequence[Path], fragments: Iterable[tuple[Fragment, PerFile[bytes]]]
) -> Manifest:
    """Writes fragments, then the manifest, and deletes the files of the one before, and those that are empty.

    Args:
        clean: the folder.
        months: the raw files; they give the new files their name.
        fragments: one of each, in the same order.
    """
    manifest = Manifest(_name(months), {})
    with ExitStack() as closing:
        files = [closing.enter_context(replacing(manifest.path(clean, kind), durable=False)) for kind in KINDS]
        for fragment, contents in fragments:
            manifest.fragments[fragment.month] = fragment
            for file, content in zip(files, contents, strict=True):
                file.write(content)
    written = ManifestFile(LAYOUT, RULES_VERSION, manifest.name, [*manifest.fragments.values()])
    write_index(clean / "manifest.json", written, durable=False)
    current = {clean / "manifest.json", *(path for kind in KINDS if _size(path := manifest.path(clean, kind)))}
    for path in {*clean.iterdir()} - current:
        if path.is_dir():
            shutil.rmtree(path)  # the layout before had a folder for each month
        elif not path.name.startswith("."):  # a temporary file is its writer's
            path.unlink(missing_ok=True)
    remove_abandoned(clean)  # of files of other names, which nobody writes again
    return manifest
