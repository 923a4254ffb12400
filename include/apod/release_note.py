"""The commit message of a version: it reads like a release note, and a machine can read its trailers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.columns import read_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

TITLE_WIDTH = 60


@dataclass(frozen=True)
class Content:
    """What a CSV holds, read from its own bytes.

    Attributes:
        rows: number of pictures.
        first: oldest day.
        last: newest day.
        title: of the newest picture.
    """

    rows: int
    first: str
    last: str
    title: str


@dataclass(frozen=True)
class Changes:
    """Pictures added, changed and removed since the version before."""

    added: int
    changed: int
    removed: int

    def __str__(self) -> str:
        counts = {"+": self.added, "~": self.changed, "-": self.removed}
        return " ".join(f"{sign}{count}" for sign, count in counts.items() if count)


def read_content(path: Path) -> Content:
    """What the CSV at `path` holds; it has at least one row."""
    days = [(row[0], row[1]) for row in read_rows(path)][1:]
    last, title = days[-1]
    return Content(len(days), days[0][0], last, title)


def facts(content: Content, md5: str, complete: date | None, code_version: str, run: str) -> dict[str, str]:
    """The facts of a version, by the names of the commit's trailers."""
    return {
        "Rows": f"{content.rows}",
        "Range": f"{content.first}..{content.last}",
        "CSV-MD5": md5,
        "Complete-Through": f"{complete}",
        "Code-Commit": code_version,
        "Run": run,
    }


def release_note(content: Content, changes: Changes | None, note: str, trailers: Mapping[str, str]) -> str:
    """The whole message: subject, what a person had to say, trailers."""
    title = " ".join(content.title.split())
    shortened = title if len(title) <= TITLE_WIDTH else f"{title[: TITLE_WIDTH - 1]}…"
    count = f"{content.rows} pictures"
    inside = f"{changes}, {count}" if changes and f"{changes}" else count
    subject = f'data: {content.last} "{shortened}" ({inside})'
    tail = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in trailers.items())
    return "\n\n".join(part for part in (subject, note.strip(), tail) if part) + "\n"
