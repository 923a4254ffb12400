"""Step 1: bring the raw store in line with the calendar."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from include.apod import raw as raw_store
from include.apod.coverage import read_coverage
from include.apod.days import DAY, Span, by_month
from include.apod.raw import Observation, digest
from include.apod.run import Report
from include.apod.sources import Absent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from pathlib import Path

    from include.apod.coverage import Coverage
    from include.apod.sources import Source

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scope:
    """What one ingest should look at.

    Attributes:
        archive: every day that can have a picture.
        now: the time of asking, aware.
        lookback_days: how many of the newest days are read again.
        reread: a span that a person asked for instead of the look-back.
        budget: the most requests to make; the next run goes on from there.
    """

    archive: Span
    now: datetime
    lookback_days: int = 16
    reread: Span | None = None
    budget: int = 400

    @property
    def lookback(self) -> Span:
        """The newest days: they are read again, and one that is left out may just not be published yet."""
        return Span(self.archive.last - (self.lookback_days - 1) * DAY, self.archive.last)


def plan(coverage: Coverage, scope: Scope) -> list[Span]:
    """The spans to ask for, one a month, newest first."""
    again = {day for day in scope.reread or scope.lookback if day in scope.archive}
    return by_month(again.union(coverage.missing(scope.archive, f"{scope.now:%Y-%m-%d}")))


def is_out(source: Source, raw: Path, day: date) -> bool:
    """Whether the picture of a day is held already or published by now."""
    return day in read_coverage(raw).observed or not isinstance(source.fetch_day(day), Absent)


def ask(source: Source, span: Span, coverage: Coverage, scope: Scope) -> Iterator[Observation]:
    """What the source says of a span that is not known yet, by day.

    A day that it leaves out is asked for singly, unless it is recent enough to be just not out yet: only the
    service's own word for that day is evidence.
    """
    seen_at = f"{scope.now:%Y-%m-%dT%H:%M:%SZ}"
    records = source.fetch(span)
    unexplained = set(coverage.missing(span, seen_at[:10])) - records.keys() - set(scope.lookback)
    for day in span:
        said = source.fetch_day(day) if day in unexplained else records.get(day)
        if isinstance(said, Absent):
            evidence = {"status": said.status, "body": said.body}
            yield Observation(day, seen_at, source.name, digest(evidence), absent=evidence)
        elif said is not None and digest(said) != coverage.observed.get(day):
            yield Observation(day, seen_at, source.name, digest(said), record=said)


def ingest(source: Source, raw: Path, scope: Scope) -> Report:
    """Asks for what the calendar lacks and appends what is new or changed.

    Each month is kept as soon as it is read, so that a run which is stopped, or over its budget, loses nothing.

    Raises:
        RateLimited, Unavailable, SourceChanged, Misconfigured: as the source does; what was read is kept.
    """
    coverage = read_coverage(raw)
    spans = plan(coverage, scope)
    fresh: list[Observation] = []
    while spans and source.requests < scope.budget:
        span = spans.pop(0)
        new = list(ask(source, span, coverage, scope))
        raw_store.append(raw, new)
        log.info("%s: %d new or changed", span, len(new))
        fresh += [replace(seen, record=None) for seen in new]  # without the words: memory stays flat
    return _report(source.requests, fresh, coverage, spans)


def _report(requests: int, fresh: list[Observation], coverage: Coverage, left: list[Span]) -> Report:
    denied = sum(seen.absent is not None for seen in fresh)
    corrected = sum(seen.date in coverage.observed for seen in fresh)
    counts = {
        "requests": requests,
        "added": len(fresh) - denied - corrected,
        "corrected": corrected,
        "without_picture": denied,
        "months_left": len(left),
    }
    sentence = (
        f"{counts['added']} pictures added, {corrected} corrected by NASA, {denied} days without a picture; "
        f"{requests} requests" + (f"; {len(left)} months left for the next run" if left else "")
    )
    if not fresh:
        return Report(False, f"nothing new: NASA's words are the ones we hold ({requests} requests)", counts)
    days = [seen.date for seen in fresh]
    return Report(True, sentence, {**counts, "first": f"{min(days)}", "last": f"{max(days)}"})
