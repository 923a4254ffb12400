"""Step 1: bring the raw store in line with the calendar."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from include.apod.days import DAY, Span, in_requests, newest_publishable
from include.apod.errors import RateLimited, SourceChanged, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import read_coverage
from include.apod.formats.raw import Observation, digest, digests, month_file, parse_month
from include.apod.ingest.fetcher import Asking, OutOfRequests
from include.apod.run import Report
from include.apod.sources import Absent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from include.apod.formats.coverage import Coverage
    from include.apod.formats.store import Store
    from include.apod.ingest.fetcher import Said
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
        began: when the run began, None for now: what its earlier tries kept is news, too.
    """

    archive: Span
    now: datetime
    lookback_days: int = 16
    reread: Span | None = None
    budget: int = 600
    began: datetime | None = None

    @property
    def seen_at(self) -> str:
        return f"{self.now:%Y-%m-%dT%H:%M:%SZ}"

    @property
    def lookback(self) -> Span:
        """The newest days: they are read again, and one without a picture may just not be out yet."""
        return Span(self.archive.last - (self.lookback_days - 1) * DAY, self.archive.last)


@dataclass
class Tally:
    """What a run found, in counts; the words themselves are in the raw store.

    Attributes:
        days: the first and the last that something new was said of.
    """

    added: int = 0
    corrected: int = 0
    no_picture: int = 0
    not_out_yet: int = 0
    days: tuple[date, ...] = ()

    def count(self, seen: Observation, coverage: Coverage) -> None:
        self.no_picture += seen.absent is not None
        self.corrected += seen.absent is None and seen.date in coverage.observed
        self.added += seen.absent is None and seen.date not in coverage.observed
        self.days = (min((seen.date, *self.days)), max((seen.date, *self.days)))


def look_back(coverage: Coverage, scope: Scope) -> Span:
    """The days to read again: all that a look-back on each day since the last look would have read.

    Nobody may have looked for weeks, or the raw store was restored from a version that is older than its last look.
    """
    back = scope.lookback
    if not scope.lookback_days or not coverage.newest:
        return back
    looked = newest_publishable(datetime.fromisoformat(max(coverage.newest.values())))
    return Span(min(back.first, looked - (scope.lookback_days - 2) * DAY), back.last)


def plan(coverage: Coverage, scope: Scope) -> list[Span]:
    """The spans to ask for, newest first."""
    again = {day for day in scope.reread or look_back(coverage, scope) if day in scope.archive}
    return in_requests(again.union(coverage.missing(scope.archive, scope.now.date())))


def is_out(sources: Sequence[Source], store: Store, day: date) -> bool:
    """Whether the picture of a day is held already or published by now. Who cannot tell says why in the log."""
    if day in read_coverage(store.raw, store.coverage).observed:
        return True
    asking = Asking(sources, budget=10)
    try:
        said = [*asking.ask(Span(day, day), {day}, frozenset())]
    except SourceChanged as error:
        log.warning("nobody can say whether %s is out; ingest will try: %s", day, error)
        return True
    except (Unavailable, RateLimited) as error:
        log.warning("%s", error)
        return False
    out = any(not isinstance(one.words, Absent) for one in said)
    log.info("%s: %s", "out" if out else "source down" if asking.failed else "not out yet", day)
    return out


def observed(said: Said, held: Mapping[date, tuple[str, str]], seen_at: str) -> Observation | None:
    """What is kept of what a source said: a record that is new or changed, or its word that there is no picture.

    Old words of a source count again once another has spoken since: else an error of the one that stood in would stay.
    """
    if isinstance(said.words, Absent):
        evidence = {"status": said.words.status, "body": said.words.body}
        return Observation(said.day, seen_at, said.source, digest(evidence), absent=evidence)
    sha256 = digest(said.words)
    if held.get(said.day) == (said.source, sha256):
        return None
    return Observation(said.day, seen_at, said.source, sha256, record=said.words)


def keep(asking: Asking, store: Store, span: Span, coverage: Coverage, scope: Scope, tally: Tally) -> None:
    """Asks for one span and appends what is new or changed, also where the asking is cut short."""
    held, seen_at = digests(store.raw, span), scope.seen_at
    missing = set(coverage.missing(span, scope.now.date()))
    new: list[Observation] = []
    try:
        for said in asking.ask(span, missing, coverage.observed):
            if isinstance(said.words, Absent) and (said.day in scope.lookback or said.day not in missing):
                tally.not_out_yet += said.day in missing  # no evidence: pictures have come out days late
            elif seen := observed(said, held, seen_at):
                new.append(seen)
    finally:
        raw_store.append(store.raw, new)
        store.send()
        for seen in new:
            tally.count(seen, coverage)
    log.info("%s: %d new or changed", span, len(new))


def kept_since(raw: Path, coverage: Coverage, began: datetime | None) -> int:
    """How many observations an earlier try of the same run kept: news that nobody was told of yet."""
    since = f"{began:%Y-%m-%dT%H:%M:%SZ}" if began else "9999"
    months = [month_file(raw, month) for month, newest in coverage.newest.items() if newest >= since]
    return sum(seen.seen_at >= since for path in months for seen in parse_month(path.read_bytes(), path))


def ingest(sources: Sequence[Source], store: Store, scope: Scope) -> Report:
    """Asks for what the calendar lacks and appends what is new or changed.

    Each span is kept as soon as it is read, so that a run which is stopped, or over its budget, loses nothing.

    Raises:
        RateLimited, Misconfigured, SourceChanged: as the sources do; what was read is kept.
        Unavailable: no source could be reached.
    """
    coverage = read_coverage(store.raw, store.coverage)
    earlier = kept_since(store.raw, coverage, scope.began)
    asking, tally, left = Asking(sources, scope.budget), Tally(), plan(coverage, scope)
    while left:
        try:
            keep(asking, store, left[0], coverage, scope, tally)
        except (OutOfRequests, Unavailable) as end:
            log.warning("%s. %d months are left for the next run", end, len(left))
            break
        left.pop(0)
    if asking.trouble and not asking.heard:
        raise asking.trouble
    return _report(asking, tally, len(left), earlier)


def _report(asking: Asking, tally: Tally, left: int, earlier: int) -> Report:
    counts = {
        "requests": asking.requests,
        "added": tally.added,
        "corrected": tally.corrected,
        "no_picture": tally.no_picture,
        "not_out_yet": tally.not_out_yet,
        "source_down": len(asking.failed),
        "months_left": left,
    }
    notes = {
        f"an earlier try of this run kept {earlier} observations": earlier,
        f"not out yet: {tally.not_out_yet} days": tally.not_out_yet,
        f"source down for {len(asking.failed)} days": len(asking.failed),
        f"{left} months left for the next run": left,
        f"{asking.requests} requests": True,
    }
    found = f"{tally.added} pictures added, {tally.corrected} corrected by NASA, no picture on {tally.no_picture} days"
    sentence = "; ".join(
        [found if tally.days else "nothing new: NASA's words are the ones we hold", *(n for n in notes if notes[n])]
    )
    if not tally.days:
        return Report(earlier > 0, sentence, counts)
    return Report(True, sentence, {**counts, "first": f"{tally.days[0]}", "last": f"{tally.days[1]}"})
