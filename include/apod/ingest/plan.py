"""Which days one ingest asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from include.apod.days import DAY, Span, in_requests, newest_publishable

if TYPE_CHECKING:
    from include.apod.formats.coverage import Coverage


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

    @property
    def seen_at(self) -> str:
        """The time of asking as it stands in the raw store."""
        return f"{self.now:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def lookback(self) -> Span:
        """The newest days. They are read again, and one without a picture may just not be out yet."""
        return Span(self.archive.last - (self.lookback_days - 1) * DAY, self.archive.last)


def look_back(coverage: Coverage, scope: Scope) -> Span:
    """The days to read again: all that a daily look-back since the last look would have read.

    There may have been no run for weeks, or the raw store was restored from an older version.
    """
    lookback = scope.lookback
    if not scope.lookback_days or not coverage.newest:
        return lookback
    last_look = newest_publishable(datetime.fromisoformat(max(coverage.newest.values())))
    return Span(min(lookback.first, last_look - (scope.lookback_days - 2) * DAY), lookback.last)


def plan(coverage: Coverage, scope: Scope) -> list[Span]:
    """The spans to ask for, newest first."""
    reread = {day for day in scope.reread or look_back(coverage, scope) if day in scope.archive}
    return in_requests(reread.union(coverage.missing(scope.archive, scope.now.date())))
