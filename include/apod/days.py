"""The calendar of the archive. A day is the US Eastern calendar day of its picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

EASTERN = ZoneInfo("America/New_York")
PUBLISHED_AT = timedelta(minutes=5)  # past midnight, US Eastern
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip  # `calendar.month_name` is in the user's language
DAY = timedelta(days=1)
LONGEST_REQUEST = 31 * DAY  # the planetary service reads a page a day, and its gateway gives up after 60 s
STALE_HOURS = 36  # an archive is stale after a day, and half a day for a service that is late


@dataclass(frozen=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        return map(date.fromordinal, range(self.first.toordinal(), self.last.toordinal() + 1))

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
    result: list[Span] = []
    for day in sorted(days):
        if result and day - result[-1].last == DAY:
            result[-1] = Span(result[-1].first, day)
        else:
            result.append(Span(day, day))
    return result


def complete_through(days: Collection[date], first: date) -> date | None:
    """The last day up to which every day from `first` is among some days; None if the first is not."""
    last = first
    while last in days:
        last += DAY
    return last - DAY if last > first else None


def parse_spans(text: str) -> set[date]:
    """The days of spans written with one blank between them; `none` is no day."""
    ends = [span.split("..") for span in text.removesuffix("none").split()]
    return {day for end in ends for day in Span(date.fromisoformat(end[0]), date.fromisoformat(end[-1]))}


def published_at(day: date) -> datetime:
    """When the picture of a day comes out."""
    return datetime(day.year, day.month, day.day, tzinfo=EASTERN) + PUBLISHED_AT


def newest_publishable(now: datetime) -> date:
    """The newest day whose picture can be out at `now` (aware)."""
    return (now.astimezone(EASTERN) - PUBLISHED_AT).date()


def hours_since(day: date, now: datetime) -> float:
    """Hours since the picture of a day came out."""
    return (now - published_at(day)).total_seconds() / 3600


def in_requests(days: Iterable[date]) -> list[Span]:
    """The spans to ask for so that the `days` are covered, newest first.

    Each span is within one calendar month, or covers two neighbouring ones if it is no longer than one request.
    """
    months = groupby(sorted(days), key=lambda day: (day.year, day.month))
    requests: list[Span] = []
    for _, group in reversed([(month, list(group)) for month, group in months]):
        if requests and requests[-1].last - group[0] < LONGEST_REQUEST:
            requests[-1] = Span(group[0], requests[-1].last)
        else:
            requests.append(Span(group[0], group[-1]))
    return requests


def parse_span(start: str, end: str, within: Span) -> Span | None:
    """The span of two run parameters (`YYYY-MM-DD`); None if both are empty.

    Raises:
        Misconfigured: not a date, in the wrong order, or outside `within`.
    """
    if not start and not end:
        return None
    try:
        span = Span(
            date.fromisoformat(start) if start else within.first,
            date.fromisoformat(end) if end else within.last,
        )
    except ValueError as error:
        raise Misconfigured(f"start_date={start!r}, end_date={end!r}: {error}; write YYYY-MM-DD.") from error
    if not within.first <= span.first <= span.last <= within.last:
        raise Misconfigured(
            f"start_date={span.first}, end_date={span.last}: must be in order and within {within}, "
            "the days that can have a picture."
        )
    return span
