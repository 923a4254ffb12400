"""The calendar of the archive. A day is the US Eastern calendar day of its picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EASTERN = ZoneInfo("America/New_York")
PUBLISHED_AT = timedelta(minutes=5)  # past midnight, US Eastern
DAY = timedelta(days=1)
LONGEST = 31 * DAY  # span of one request: the planetary service reads a page a day within 60 s


@dataclass(frozen=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return (self.first + n * DAY for n in range(len(self)))

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def halves(self) -> tuple[Span, Span]:
        """The older and the newer half of a span of at least two days."""
        middle = self.first + (len(self) // 2) * DAY
        return Span(self.first, middle - DAY), Span(middle, self.last)

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


def spans(days: Iterable[date]) -> list[Span]:
    """The days as spans without gaps, oldest first."""
    made: list[Span] = []
    for day in sorted(days):
        if made and day - made[-1].last == DAY:
            made[-1] = Span(made[-1].first, day)
        else:
            made.append(Span(day, day))
    return made


def parse_spans(text: str) -> set[date]:
    """The days of spans as they are written, one blank between them; of `none` none."""
    ends = [span.split("..") for span in text.removesuffix("none").split()]
    return {day for end in ends for day in Span(date.fromisoformat(end[0]), date.fromisoformat(end[-1]))}


def published_at(day: date) -> datetime:
    """When the picture of a day comes out."""
    return datetime(day.year, day.month, day.day, tzinfo=EASTERN) + PUBLISHED_AT


def newest_publishable(now: datetime) -> date:
    """The newest day whose picture can be out at `now` (aware)."""
    return (now.astimezone(EASTERN) - PUBLISHED_AT).date()


def in_requests(days: Iterable[date]) -> list[Span]:
    """The spans to ask for so that the `days` are covered, newest first.

    Each is in one calendar month, or two neighbours that are no longer than one together.
    """
    months = groupby(sorted(days), key=lambda day: (day.year, day.month))
    spans: list[Span] = []
    for _, group in reversed([(month, list(group)) for month, group in months]):
        if spans and spans[-1].last - group[0] < LONGEST:
            spans[-1] = Span(group[0], spans[-1].last)
        else:
            spans.append(Span(group[0], group[-1]))
    return spans


def parse_span(start: str | None, end: str | None, within: Span) -> Span | None:
    """The span that two run parameters (`YYYY-MM-DD`) ask for, or None when both are empty.

    Raises:
        Misconfigured: not a date, in the wrong order, or outside `within`.
    """
    if not start and not end:
        return None
    try:
        asked = Span(
            date.fromisoformat(start) if start else within.first,
            date.fromisoformat(end) if end else within.last,
        )
    except ValueError as error:
        raise Misconfigured(f"start_date={start!r}, end_date={end!r}: {error}; write YYYY-MM-DD.") from error
    if not within.first <= asked.first <= asked.last <= within.last:
        raise Misconfigured(
            f"start_date={asked.first}, end_date={asked.last}: must be in order and within {within}, "
            "the days that can have a picture."
        )
    return asked


def hours_since(day: date, now: datetime) -> float:
    """Hours since the picture of a day came out."""
    return (now - published_at(day)).total_seconds() / 3600
