"""The clean fragments: for each raw month its rows of the CSV, their origins, and its rejected observations.

`clean/rows.<name>.csv`, `origins.<name>.csv` and `rejections.<name>.csv` hold what one transform made, one month after
the other; where there is nothing, there is no file. `clean/manifest.json` says where the fragment of each month is. The
steps after transform read only these. All of it can be made again, so nothing is flushed to the disk: what a crash
leaves half written is noticed by its digest.
"""

from __future__ import annotations

import io
import shutil
from contextlib import ExitStack
from operator import add
from typing import TYPE_CHECKING, BinaryIO, Generic, Literal, NamedTuple, TypeVar

import msgspec

from include.apod.adapters.files import remove_abandoned, replacing, sha256_hex
from include.apod.errors import BadData
from include.apod.formats.index_file import read_index, write_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from include.apod.formats.raw import FileState

RULES_VERSION = "7"  # raise it with every change to what transform writes: columns, rules, how a source is read
LAYOUT = "5"  # of the files
MAX_NAMES = 20  # of files that hold fragments; the next transform makes them one again
Kind = Literal["rows", "origins", "rejections"]
KINDS: tuple[Kind, ...] = ("rows", "origins", "rejections")
Value = TypeVar("Value")


class DamagedFragment(BadData):
    """A file of a fragment is not what transform wrote."""


class Origin(NamedTuple):
    """Where a row comes from. In `origins.<name>.csv` and `apod.staging_origin` the md5 of the row is a field more.

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
    """Something of each of the three files: contents, sizes and offsets in bytes, or digests (sha256)."""

    rows: Value
    origins: Value
    rejections: Value

    def of(self, kind: Kind) -> Value:
        """That of one file."""
        return self[KINDS.index(kind)]


def _file_name(kind: Kind, name: str) -> str:
    """The name of a file of fragments in the folder."""
    return f"{kind}.{name}.csv"


class Fragment(NamedTuple):
    """The clean rows of one raw month, without the contents.

    Attributes:
        raw_size, raw_modified, raw_md5: of the raw file (bytes, nanoseconds, hex) when it was read.
        rejected: number of observations in quarantine.
        unreadable: the days that have nothing else, `YYYY-MM-DD`.
        size, sha256: of its contents in each file.
        name: of the files; empty while it is in none.
        offset: where its contents begin in each file.
    """

    raw_size: int
    raw_modified: int
    raw_md5: str
    rejected: int
    unreadable: tuple[str, ...]
    size: PerFile[int]
    sha256: PerFile[str]
    name: str = ""
    offset: PerFile[int] = PerFile(0, 0, 0)

    @property
    def key(self) -> str:
        """What it is made from, and by which rules."""
        return f"{self.raw_md5}-{RULES_VERSION}"

    def path(self, clean: Path, kind: Kind) -> Path:
        """The path of a file that holds it."""
        return clean / _file_name(kind, self.name)

    def is_of(self, raw: FileState) -> bool:
        """Whether a raw file in this state is the one that was read."""
        return (self.raw_size, self.raw_modified) == raw

    def is_within(self, sizes: Mapping[str, int]) -> bool:
        """Whether files of these sizes, by name, are long enough to hold it."""
        ends = map(add, self.offset, self.size)
        return all(end <= sizes.get(_file_name(kind, self.name), 0) for kind, end in zip(KINDS, ends, strict=True))


class Manifest(msgspec.Struct, frozen=True):
    """The content of `manifest.json`: the fragments of the archive.

    Attributes:
        fragments: by month, `YYYY-MM`, oldest first.
        version: `RULES_VERSION` of the code that made them.
        layout: `LAYOUT`.
    """

    fragments: dict[str, Fragment]
    version: str
    layout: str = LAYOUT

    @property
    def names(self) -> set[str]:
        """The names of the files."""
        return {fragment.name for fragment in self.fragments.values()}

    def outdated(self, raw: Mapping[str, FileState], clean: Path) -> Mapping[str, FileState]:
        """The raw files of which there is no current fragment; all of them, where the fragments are in many files."""
        if len(self.names) > MAX_NAMES:
            return raw
        sizes = {path.name: path.stat().st_size for path in clean.iterdir()} if clean.exists() else {}
        current = {month for month, fragment in self.fragments.items() if fragment.is_within(sizes)}
        return {
            month: state
            for month, state in raw.items()
            if month not in current or not self.fragments[month].is_of(state)
        }

    def contents(self, clean: Path, months: Iterable[str], kind: Kind = "rows") -> Iterator[bytes]:
        """What some fragments have in the files of a kind, one after the other. Changes nothing.

        Raises:
            DamagedFragment: one is not what transform wrote.
        """
        files: dict[str, BinaryIO] = {}
        with ExitStack() as closing:
            for month in months:
                fragment = self.fragments[month]
                if fragment.name not in files:
                    path = fragment.path(clean, kind)
                    file = closing.enter_context(path.open("rb")) if path.exists() else io.BytesIO()
                    files[fragment.name] = file
                files[fragment.name].seek(fragment.offset.of(kind))
                content = files[fragment.name].read(fragment.size.of(kind))
                if sha256_hex(content) != fragment.sha256.of(kind):
                    raise DamagedFragment(
                        f"{month} in {fragment.path(clean, kind)} was damaged after transform wrote it"
                    )
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


def quoted(text: str) -> str:
    """A text as a field of a CSV."""
    if '"' in text:
        text = text.replace('"', '""')
    return f'"{text}"'


def to_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows without nulls as CSV, each field quoted; in a fraction of the time of Python's csv module."""
    content = "".join(f'"{between}"\n' for between in map('","'.join, rows))
    if content.count('"') != 2 * sum(map(len, rows)):  # a field has one of its own
        content = "".join(",".join(map(quoted, row)) + "\n" for row in rows)
    return content.encode()


def read_manifest(clean: Path) -> Manifest:
    """The fragments of the archive; none if the manifest is missing, damaged, of other rules or of another layout."""
    manifest = read_index(clean / "manifest.json", Manifest)
    if manifest is None or (manifest.layout, manifest.version) != (LAYOUT, RULES_VERSION):
        return Manifest({}, RULES_VERSION)
    return manifest


def _name(due: Mapping[str, FileState]) -> str:
    """A name for the files of the fragments of some raw files: equal for two that make the same."""
    lines = "".join(f"{month} {state.size} {state.modified}\n" for month, state in due.items())
    return sha256_hex(lines.encode())[:16]


def write_manifest(
    clean: Path,
    unchanged: Mapping[str, Fragment],
    due: Mapping[str, FileState],
    renewed: Iterable[tuple[Fragment, PerFile[bytes]]],
) -> Manifest:
    """Writes new fragments, then the manifest, and deletes files in which nothing is left.

    Args:
        clean: the folder.
        unchanged: the fragments that stay where they are, by month.
        due: the raw files of the new ones, by month; they give the new files their name.
        renewed: these, in the same order.
    """
    fragments, name = {**unchanged}, _name(due)
    with ExitStack() as closing:
        paths = [clean / _file_name(kind, name) for kind in KINDS]
        files = [closing.enter_context(replacing(path, durable=False)) for path in paths]
        for month, (fragment, contents) in zip(due, renewed, strict=True):
            offset = PerFile(*(file.tell() for file in files))
            fragments[month] = fragment._replace(name=name, offset=offset)
            for file, content in zip(files, contents, strict=True):
                file.write(content)
    manifest = Manifest({month: fragments.pop(month) for month in sorted(fragments)}, RULES_VERSION)
    write_index(clean / "manifest.json", manifest, durable=False)
    _remove_outdated(clean, manifest)
    return manifest


def _remove_outdated(clean: Path, manifest: Manifest) -> None:
    """Deletes the files in which no fragment is, and what killed writers left."""
    current = {"manifest.json", *(_file_name(kind, name) for kind in KINDS for name in manifest.names)}
    for path in [*clean.iterdir()]:
        if path.is_dir():
            shutil.rmtree(path)  # a layout before had a folder for each month
        elif not path.name.startswith(".") and (path.name not in current or not path.stat().st_size):
            path.unlink(missing_ok=True)  # a temporary file is its writer's
    remove_abandoned(clean)  # of files of other names, which nobody writes again
