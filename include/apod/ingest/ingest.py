"""Step 1, extraction: the raw store is brought in line with the calendar."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import Span, spans
from include.apod.errors import ApodError, Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import update_coverage
from include.apod.formats.fragments import read_manifest
from include.apod.formats.raw import Observation, RecordId, digest, month_file, newest_records, read_month
from include.apod.formats.reading_list import ReadingList, read_reading_list, write_reading_list
from include.apod.formats.source_states import read_source_states, write_source_states
from include.apod.ingest.fetcher import BudgetSpent, Fetcher
from include.apod.ingest.plan import Scope, days_to_reread, plan
from include.apod.ingest.retirement import active_sources, renewed_states, unretired_sources
from include.apod.run import Report
from include.apod.sources import Absent
from include.apod.sources.absence import is_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from include.apod.formats.coverage import Coverage
    from include.apod.formats.store import Store
    from include.apod.ingest.answers import Answer
    from include.apod.sources import Source

    Keep = Callable[[Span, Sequence[Answer]], None]

log = logging.getLogger(__name__)

SHOWN_SPANS = 5  # of days that could not be read


@dataclass
class Tally:
    """What a run has stored, in counts.

    Attributes:
        corrected: days of which the source that we had them from says something else.
        resourced: days that we had from another source.
        days: the first and the last day with a new observation; empty before the first.
    """

    added: int = 0
    corrected: int = 0
    resourced: int = 0
    no_picture: int = 0
    lost: int = 0
    not_out_yet: int = 0
    days: tuple[date, ...] = ()

    def add(self, observation: Observation, coverage: Coverage, newest: Mapping[date, RecordId]) -> None:
        """Counts an observation; `coverage` and the `newest` records are those before the run."""
        if observation.absent is not None:
            proven = is_proof(observation.date, [observation.source])
            self.no_picture += proven
            self.lost += not proven
        elif observation.date not in coverage.observed:
            self.added += 1
        else:
            same_source = newest[observation.date].source == observation.source
            self.corrected += same_source
            self.resourced += not same_source
        self.days = (min((observation.date, *self.days)), max((observation.date, *self.days)))


def is_out(sources: Sequence[Source], store: Store, day: date, now: datetime) -> bool:
    """Whether the picture of a day is stored already or published by now. The log says why where it is not."""
    if day in update_coverage(store.raw, store.coverage).observed:
        return True
    fetcher = Fetcher(unretired_sources(sources, read_source_states(store.ingest), now.date()), budget=10)
    try:
        answers = [*fetcher.fetch(Span(day, day), {day}, frozenset())]
    except (Unavailable, RateLimited) as error:
        log.warning("%s", error)
        return False
    if not fetcher.answers and isinstance(fetcher.last_failure, SourceChanged):
        log.warning("nobody can say whether %s is out; ingest will try: %s", day, fetcher.last_failure)
        return True
    out = any(not isinstance(answer.content, Absent) for answer in answers)
    log.info("%s: %s", "out" if out else "source down" if fetcher.failed else "not out yet", day)
    return out


def to_observation(answer: Answer, newest: Mapping[date, RecordId], seen_at: str) -> Observation | None:
    """The observation to store for an answer: a new or changed record, or evidence that there is no picture; else None.

    A record is also stored again when another source was stored in between, so that a fallback's error does not remain
    the newest.
    """
    if isinstance(answer.content, Absent):
        evidence = {"status": answer.content.status, "body": answer.content.body}
        return Observation(answer.day, seen_at, answer.source, digest(evidence), absent=evidence)
    sha256 = digest(answer.content)
    if newest.get(answer.day) == RecordId(answer.source, sha256):
        return None
    return Observation(answer.day, seen_at, answer.source, sha256, record=answer.content)


def news(
    answers: Iterable[Answer], newest: Mapping[date, RecordId], coverage: Coverage, scope: Scope, tally: Tally
) -> Iterator[Observation]:
    """What is new or changed in the answers for a span; `coverage` and the `newest` records are those before it."""
    today = scope.now.date()
    for answer in answers:
        if isinstance(answer.content, Absent):
            missing = coverage.is_missing(answer.day, today)
            if answer.day in scope.lookback or not missing:
                tally.not_out_yet += missing  # no evidence: pictures have come out days late
                continue
        if observation := to_observation(answer, newest, scope.seen_at):
            yield observation


def store_span(
    store: Store, span: Span, answers: Sequence[Answer], coverage: Coverage, scope: Scope, tally: Tally
) -> None:
    """Stores what is new or changed of a span, so that a crash loses it no more."""
    newest = newest_records(store.raw, span)
    observations = [*news(answers, newest, coverage, scope, tally)]
    raw_store.append(store.raw, observations)
    store.save()
    for observation in observations:
        tally.add(observation, coverage, newest)
    log.info("%s: %d new or changed", span, len(observations))


@contextmanager
def storing(store: Store, coverage: Coverage, scope: Scope, tally: Tally) -> Iterator[Keep]:
    """Stores the answers for a span while the next one is asked for.

    One span at a time: a run that is killed has lost two at most. What goes wrong with one is raised with the next.
    """
    with ThreadPoolExecutor(1) as thread:
        stored: Future[None] = thread.submit(lambda: None)

        def keep(span: Span, answers: Sequence[Answer]) -> None:
            nonlocal stored
            stored.result()
            stored = thread.submit(store_span, store, span, answers, coverage, scope, tally)

        yield keep
        stored.result()
    raw_store.flush_folders(store.raw)  # before the reading list says that these days were read


def read_span(
    fetcher: Fetcher, span: Span, coverage: Coverage, today: date
) -> tuple[list[Answer], ApodError | BudgetSpent | None]:
    """Asks for one span; returns the answers, and the error that asking ended with, if any."""
    answers: list[Answer] = []
    try:
        answers += fetcher.fetch(span, frozenset(coverage.missing(span, today)), coverage.observed)  # up to an error
    except (ApodError, BudgetSpent) as error:
        return answers, error
    return answers, None


def count_since(raw: Path, coverage: Coverage, began: datetime | None) -> int:
    """How many observations an earlier try of this run stored: news for which no event was sent yet."""
    if began is None:
        return 0
    start = f"{began:%Y-%m-%dT%H:%M:%SZ}"
    paths = [month_file(raw, month) for month, newest in coverage.newest.items() if newest >= start]
    return sum(observation.seen_at >= start for path in paths for observation in read_month(path))


def _unreadable(store: Store) -> set[date]:
    """The days with nothing but quarantine, as the last transform found them."""
    return {
        date.fromisoformat(day)
        for fragment in read_manifest(store.clean).fragments.values()
        for day in fragment.unreadable
    }


def _shown(days: Iterable[date]) -> str:
    """The newest of some days, as spans."""
    newest = spans(days)[::-1]
    return ", ".join(map(str, newest[:SHOWN_SPANS])) + (", …" if len(newest) > SHOWN_SPANS else "")


def _report(fetcher: Fetcher, tally: Tally, months_left: int, earlier: int) -> Report:
    counts = {
        "requests": fetcher.requests,
        "added": tally.added,
        "corrected": tally.corrected,
        "resourced": tally.resourced,
        "no_picture": tally.no_picture,
        "lost": tally.lost,
        "not_out_yet": tally.not_out_yet,
        "source_down": len(fetcher.failed),
        "months_left": months_left,
    }
    result = f"{tally.added} pictures added, {tally.corrected} corrected by NASA, no picture on {tally.no_picture} days"
    notes = {
        f"{tally.resourced} days from another source than before": tally.resourced,
        f"an earlier try of this run kept {earlier} observations": earlier,
        f"{tally.lost} days lost by the source": tally.lost,
        f"not out yet: {tally.not_out_yet} days": tally.not_out_yet,
        f"{len(fetcher.failed)} days could not be read ({_shown(fetcher.failed)})": len(fetcher.failed),
        f"{months_left} months left for the next run": months_left,
        f"{fetcher.requests} requests": True,
    }
    sentence = "; ".join(
        [
            result if tally.days else "nothing new: NASA's records are the ones stored",
            *(note for note, applies in notes.items() if applies),
        ]
    )
    if not tally.days:
        return Report(earlier > 0, sentence, counts)
    return Report(True, sentence, {**counts, "first": f"{tally.days[0]}", "last": f"{tally.days[1]}"})


def ingest(sources: Sequence[Source], store: Store, scope: Scope) -> Report:
    """Asks for what the calendar lacks and for the look-back, and stores what is new or changed.

    Each span is stored as soon as it was read: a run over its budget loses nothing, a killed one two spans at most.

    Raises:
        RateLimited, Misconfigured, SourceChanged, Unavailable: no source gave a believable answer.
    """
    coverage, states, today = (
        update_coverage(store.raw, store.coverage),
        read_source_states(store.ingest),
        scope.now.date(),
    )
    earlier = count_since(store.raw, coverage, scope.began)
    fetcher = Fetcher(active_sources(sources, states, today), scope.budget)
    reading_list = read_reading_list(store.ingest)
    reread = days_to_reread(coverage, reading_list, _unreadable(store), scope)
    tally, due = Tally(), plan(coverage, reread, scope)
    stopped: ApodError | BudgetSpent | None = None
    try:
        with storing(store, coverage, scope, tally) as keep:
            while due and not stopped:
                answers, stopped = read_span(fetcher, due[0], coverage, today)
                keep(due[0], answers)
                due = due if stopped else due[1:]
    finally:
        write_source_states(store.ingest, renewed_states(sources, fetcher.believed, states, today))
    # Not where the store took no more: what was read, and is not stored, is to be read again.
    looked_through = reading_list.looked_through if scope.reread else scope.archive.last
    write_reading_list(store.ingest, ReadingList(looked_through, frozenset(reread - fetcher.read)))
    if isinstance(stopped, RateLimited) or (isinstance(stopped, Misconfigured | SourceChanged) and not fetcher.answers):
        raise stopped
    if stopped:
        log.warning("%s. %d months are left for the next run", stopped, len(due))
    if fetcher.last_failure and not fetcher.answers:
        raise fetcher.last_failure
    return _report(fetcher, tally, len(due), earlier)
