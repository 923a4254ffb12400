"""The clean fragments: for each raw month its rows of the CSV, their origins, and its rejected observations.

`clean/YYYY-MM/<key>.csv`, `<key>.origin.csv` and `<key>.rejected.csv`; the key is a digest of what they were made from.
`clean/manifest.json` lists the fragments of the archive as it is now; the steps after transform read only these. All of
it can be made again, so nothing is flushed to the disk: what a crash leaves half written is noticed by its digest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from include.apod.adapters.files import md5_hex, replacing
from include.apod.errors import BadData

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

RULES_VERSION = "7"  # raise it with every change to what transform writes: columns, rules, how a source is read
Kind = Literal["rows", "origins", "rejections"]
SUFFIXES: dict[Kind, str] = {"rows": "csv", "origins": "origin.csv", "rejections": "rejected.csv"}


class DamagedFragment(BadData):
    """A file of a fragment is not what transform wrote."""


class Origin(NamedTuple):
    """Where a row comes from: a line of `<key>.origin.csv` and a row of `apod.staging_origin`.

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
    """An observation in quarantine: a line of `<key>.rejected.csv` and a row of `apod.staging_rejected`.

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


@dataclass(frozen=True)
class FragmentFiles:
    """The contents of a fragment's three files."""

    rows: bytes
    origins: bytes
    rejections: bytes

    def named(self) -> dict[Kind, bytes]:
        """The contents by kind."""
        return {"rows": self.rows, "origins": self.origins, "rejections": self.rejections}


class Digests(NamedTuple):
    """The md5 of each file of a fragment; that of no bytes where there is no file."""

    rows: str
    origins: str
    rejections: str


@dataclass(frozen=True)
class Fragment:
    """The clean rows of one raw month, without the files' contents.

    Attributes:
        month: `YYYY-MM`.
        raw_size, raw_modified, raw_md5: of the raw file (bytes, nanoseconds, hex) when it was read.
        key: digest of the raw bytes and `RULES_VERSION`, 16 hex digits.
        size: bytes of the rows.
        rejected: number of observations in quarantine.
        unreadable: the days that have nothing else, `YYYY-MM-DD`.
        md5: of its files.
    """

    month: str
    raw_size: int
    raw_modified: int
    raw_md5: str
    key: str
    size: int
    rejected: int
    unreadable: tuple[str, ...]
    md5: Digests

    def path(self, clean: Path, kind: Kind = "rows") -> Path:
        """The path of one of its files."""
        return clean / self.month / f"{self.key}.{SUFFIXES[kind]}"

    def is_current(self, raw: Path, clean: Path) -> bool:
        """Whether its files exist and were made from the raw file as it is now."""
        rows, origins = self.path(clean), self.path(clean, "origins")
        exists = rows.exists() and rows.stat().st_size == self.size and (origins.exists() or not self.size)
        return exists and self.is_of(raw)

    def is_of(self, raw: Path) -> bool:
        """Whether the raw file is the one that was read, by its size and time."""
        status = raw.stat()
        return (self.raw_size, self.raw_modified) == (status.st_size, status.st_mtime_ns)

    def write(self, clean: Path, files: FragmentFiles) -> None:
        """Writes its files, the rows last, and deletes those of older fragments of the month."""
        contents = {kind: content for kind, content in files.named().items() if content or kind == "rows"}
        for kind in reversed([*contents]):
            with replacing(self.path(clean, kind), durable=False) as file:
                file.write(contents[kind])
        names = {self.path(clean, kind).name for kind in contents}
        for path in self.path(clean).parent.iterdir():
            if path.name not in names:
                path.unlink()

    def read(self, clean: Path, kind: Kind = "rows") -> bytes:
        """The bytes of one of its files; none if it does not exist. Changes nothing.

        Raises:
            DamagedFragment: they are not what transform wrote.
        """
        path = self.path(clean, kind)
        content = path.read_bytes() if path.exists() else b""
        if md5_hex(content) != getattr(self.md5, kind):
            raise DamagedFragment(f"{path} was damaged after transform wrote it.")
        return content

    def read_or_drop(self, clean: Path, kind: Kind = "rows") -> bytes:
        """As `read`, for the steps: where a file is damaged the rows are deleted, so the next run makes all anew.

        Raises:
            BadData: a file is damaged.
        """
        try:
            return self.read(clean, kind)
        except DamagedFragment as error:
            self.path(clean).unlink(missing_ok=True)
            raise BadData(
                f"{self.path(clean, kind)} was damaged after transform wrote it, and is dropped. Nothing was "
                "published; ./apod trigger load makes it anew."
            ) from error


def key_of(raw_content: bytes) -> str:
    """The key of the fragment that is made from the bytes of a raw month."""
    return hashlib.sha256(raw_content + RULES_VERSION.encode()).hexdigest()[:16]


def to_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows without nulls as CSV, each field quoted."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _from_json(values: list[Any]) -> Fragment:  # type: ignore[explicit-any]  # parsed JSON
    """A fragment from its entry in the manifest, a list of the values of its fields."""
    named = dict(zip((field.name for field in fields(Fragment)), values, strict=True))
    return Fragment(**{**named, "unreadable": tuple(named["unreadable"]), "md5": Digests(*named["md5"])})


def read_manifest(clean: Path) -> dict[str, Fragment]:
    """The fragments of the archive by month; none if the manifest is missing, damaged or of other rules."""
    try:
        manifest = json.loads((clean / "manifest.json").read_bytes())
        if manifest["version"] != RULES_VERSION:
            return {}
        return {values[0]: _from_json(values) for values in manifest["fragments"]}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}


def write_manifest(clean: Path, fragments: Iterable[Fragment]) -> None:
    """Writes `manifest.json`."""
    manifest = {"version": RULES_VERSION, "fragments": [astuple(fragment) for fragment in fragments]}
    with replacing(clean / "manifest.json") as file:
        file.write(json.dumps(manifest, separators=(",", ":")).encode())
