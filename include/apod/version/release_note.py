"""The commit message of a version: it reads like a release note, and a machine can read its trailers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import spans
from include.apod.formats.columns import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from include.apod.history.diff import Diff
    from include.apod.version.version import Stamp

TITLE_WIDTH = 60
LONGEST_BODY = 20  # lines


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
    """What is new since the version before.

    Attributes:
        diff: of the two CSVs; None where it is not known.
        emptied: days that are proven to have no picture since.
    """

    diff: Diff | None
    emptied: frozenset[date] = frozenset()

    @property
    def counts(self) -> str:
        """`+1 ~2 -3`, without what is nought."""
        if self.diff is None:
            return ""
        counts = {"+": self.diff.added, "~": self.diff.corrected, "-": self.diff.removed}
        return " ".join(f"{sign}{len(days)}" for sign, days in counts.items() if days)

    @property
    def body(self) -> str:
        """A line for each span of days that came, went or proved empty, and for each day that was corrected."""
        lines = [f"∅ {span}" for span in spans(self.emptied)]
        if self.diff is not None:
            lines[:0] = [
                *_spans("+", self.diff.added),
                *(f"~ {day} {', '.join(values)}" for day, values in self.diff.corrected.items()),
                *_spans("-", self.diff.removed),
            ]
        shown = lines if len(lines) <= LONGEST_BODY else lines[: LONGEST_BODY - 1]
        return "\n".join([*shown, f"and {len(lines) - len(shown)} more"] if shown != lines else shown)


def _spans(sign: str, days: Iterable[str]) -> list[str]:
    found = spans(map(date.fromisoformat, days))
    return [f"{sign} {span} ({len(span)})" if len(span) > 1 else f"{sign} {span}" for span in found]


def read_content(path: Path) -> Content:
    """What the CSV at `path` holds; it has at least one row."""
    days = [(row[0], row[1]) for row in read_rows(path)][1:]
    last, title = days[-1]
    return Content(len(days), days[0][0], last, title)


def facts(content: Content, md5: str, complete: date | None, empty: Iterable[date], stamp: Stamp) -> dict[str, str]:
    """The facts of a version, by the names of the commit's trailers."""
    return {
        "Rows": f"{content.rows}",
        "Range": f"{content.first}..{content.last}",
        "CSV-MD5": md5,
        "Complete-Through": f"{complete}",
        "No-Picture": " ".join(map(str, spans(empty))) or "none",
        "Code-Commit": stamp.code_version,
        "Run": stamp.run,
    }


def release_note(content: Content, changes: Changes, note: str, trailers: Mapping[str, str]) -> str:
    """The whole message: subject, what a person had to say, what changed, trailers."""
    title = " ".join(content.title.split())
    shortened = title if len(title) <= TITLE_WIDTH else f"{title[: TITLE_WIDTH - 1]}…"
    count = f"{content.rows} pictures"
    inside = f"{changes.counts}, {count}" if changes.counts else count
    subject = f'data: {content.last} "{shortened}" ({inside})'
    tail = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in trailers.items())
    return "\n\n".join(part for part in (subject, note.strip(), changes.body, tail) if part) + "\n"
