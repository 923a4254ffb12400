"""Which days one ingest asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from include.apod.days import DAY, Span, in_requests, newest_publishable

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from include.apod.formats.coverage import Coverage
    from include.apod.formats.reading_list import ReadingList

WEEK = 7


@dataclass(frozen=True)
class Scope:
    """Which days one ingest looks at, and with how many requests.

    Attributes:
        archive: every day that can have a picture.
        now: the time of asking, aware.
        lookback_days: how many of the newest days are read again.
        reread: a span that a person asked for instead of the look-back.
        budget: the most requests to make; the next run continues from there.
        began: start of the run; observations of its earlier tries are news, too. None for now.
    """

    archive: Span
    now: datetime
    lookback_days: int = 16
    reread: Span | None = None
    budget: int = 1000
    began: datetime | None = None

    @cached_property
    def seen_at(self) -> str:
        """The time of asking as it stands in the raw store."""
        return f"{self.now:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def lookback(self) -> Span:
        """The newest days. They are read again, and one without a picture may just not be out yet."""
        return Span(self.archive.last - (self.lookback_days - 1) * DAY, self.archive.last)


def look_back(coverage: Coverage, reading_list: ReadingList, scope: Scope) -> Span:
    """The days to read again: all that a daily look-back since the last one would have read.

    There may have been no run for weeks, or the raw store was restored from an older version.
    """
    lookback = scope.lookback
    looked_through = reading_list.looked_through
    if looked_through is None and coverage.newest:
        looked_through = newest_publishable(datetime.fromisoformat(max(coverage.newest.values())))
    if not scope.lookback_days or looked_through is None:
        return lookback
    return Span(min(lookback.first, looked_through - (scope.lookback_days - 2) * DAY), lookback.last)


def days_to_reread(
    coverage: Coverage, reading_list: ReadingList, unreadable: Collection[date], scope: Scope
) -> set[date]:
    """The days to read again though we hold them, or hold nothing but what is in quarantine.

    That is what a person asked for, or the look-back; what earlier runs were to read again and could not; and each
    unreadable day once a week.
    """
    today = scope.now.date().toordinal()
    days = {*(scope.reread or look_back(coverage, reading_list, scope)), *reading_list.unread}
    days |= {day for day in unreadable if (today - day.toordinal()) % WEEK == 0}
    return {day for day in days if day in scope.archive}


def plan(coverage: Coverage, reread: Collection[date], scope: Scope) -> list[Span]:
    """The spans to ask for, newest first."""
    return in_requests({*reread, *coverage.missing(scope.archive, scope.now.date())})
