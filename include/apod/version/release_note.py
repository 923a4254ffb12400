"""The commit message of a version: for a person a release note, for a machine trailers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import complete_through, spans
from include.apod.sources.absence import absent_days, lost_days

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from include.apod.formats.coverage import Coverage
    from include.apod.formats.csv_file import Content
    from include.apod.history.diff import Diff

TITLE_WIDTH = 60
MAX_BODY_LINES = 20


@dataclass(frozen=True)
class Stamp:
    """How a version is made.

    Attributes:
        run: the orchestrator's name for the run.
        code_version: commit of the running code.
        since: first day of the archive.
        note: what a person has to say about this version.
        allow_shrink: a person has said that words of the version before may go.
    """

    run: str
    code_version: str
    since: date
    note: str = ""
    allow_shrink: bool = False


@dataclass(frozen=True)
class NewsSinceTip:
    """What is new since the version before.

    Attributes:
        diff: of the two CSVs; None where it is not known.
        emptied: days that are proven to have no picture since.
        approvers: who let loads through that a guard had stopped.
    """

    diff: Diff | None
    emptied: frozenset[date] = frozenset()
    approvers: tuple[str, ...] = ()

    @property
    def counts(self) -> str:
        """`+1 ~2 -3`, without zeros."""
        if self.diff is None:
            return ""
        counts = {"+": self.diff.added, "~": self.diff.corrected, "-": self.diff.removed}
        return " ".join(f"{sign}{len(days)}" for sign, days in counts.items() if days)

    @property
    def body(self) -> str:
        """A line for each span of days that was added, removed or proven empty, and for each corrected day."""
        lines = [f"∅ {span}" for span in spans(self.emptied)]
        if self.diff is not None:
            lines[:0] = [
                *_span_lines("+", self.diff.added),
                *(f"~ {day} {', '.join(values)}" for day, values in self.diff.corrected.items()),
                *_span_lines("-", self.diff.removed),
            ]
        if len(lines) <= MAX_BODY_LINES:
            return "\n".join(lines)
        first = lines[: MAX_BODY_LINES - 1]
        return "\n".join([*first, f"and {len(lines) - len(first)} more"])


def _span_lines(sign: str, days: Iterable[str]) -> list[str]:
    found_spans = spans(map(date.fromisoformat, days))
    return [f"{sign} {span} ({len(span)})" if len(span) > 1 else f"{sign} {span}" for span in found_spans]


def trailers(content: Content, md5: str, coverage: Coverage, stamp: Stamp) -> dict[str, str]:
    """The facts of a version as trailers of the commit message.

    Args:
        content: summary of the CSV.
        md5: of the CSV.
        coverage: what the raw store that it was made from has of each day.
        stamp: how the version is made.
    """
    absent, lost = absent_days(coverage), lost_days(coverage)
    return {
        "Rows": f"{content.rows}",
        "Range": f"{content.first}..{content.last}",
        "CSV-MD5": md5,
        "Complete-Through": f"{complete_through(content.days.union(absent, lost), stamp.since)}",
        "No-Picture": " ".join(map(str, spans(absent))) or "none",
        "Lost-By-Source": " ".join(map(str, spans(lost))) or "none",
        "Code-Commit": stamp.code_version,
        "Run": stamp.run,
    }


def release_note(content: Content, news: NewsSinceTip, note: str, facts: Mapping[str, str]) -> str:
    """The whole message: subject, a person's note, what changed, trailers."""
    title = " ".join(content.title.split())
    shortened = title if len(title) <= TITLE_WIDTH else f"{title[: TITLE_WIDTH - 1]}…"
    count = f"{content.rows} pictures"
    summary = f"{news.counts}, {count}" if news.counts else count
    subject = f'data: {content.last} "{shortened}" ({summary})'
    approvals = {"Approved-By": ", ".join(news.approvers)} if news.approvers else {}
    tail = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in {**facts, **approvals}.items())
    return "\n\n".join(part for part in (subject, note.strip(), news.body, tail) if part) + "\n"
