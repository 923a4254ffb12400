"""Asks the services: which one, how many days at a time, and what is done with an answer.

The services stand in an order of preference, and none keeps the next from being asked. A span whose answer cannot be
believed is refused by name and asked of the next one. A service that is down, over quota, or wrong wherever it is asked
is left for the rest of the run. A request that fails is repeated in halves, so that one bad day costs one day.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from include.apod.days import Span
from include.apod.errors import ApodError, Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.ingest.answers import Answer, OpenDays, SpanAnswer
from include.apod.sources import NoAnswer, service
from include.apod.sources.gate import refused_days

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from include.apod.sources import Source

log = logging.getLogger(__name__)

MAX_FAILURES = 8  # in a row: a month with one bad day has six at most
MAX_SILENCES = 1  # in a row: a time-out takes over a minute
MAX_REFUSALS = 2  # spans that are not believed, of a service that was never believed in this run


class BudgetSpent(Exception):  # it ends a run, and is no fault
    """This run may make no more requests: its budget or the service's quota is used up."""


class Fetcher:
    """The requests of one run.

    Attributes:
        sources: those that are still asked, in order of preference.
        budget: the most requests to make.
        failed: days that we lack and of which no source could say anything.
        read: days that some source was asked for and did not fail at, whatever it said.
        believed: number of days that each source gave a believable answer for, by its name.
        last_failure: the last error of a source; None if there was none.
    """

    def __init__(self, sources: Sequence[Source], budget: int) -> None:
        self.sources = list(sources)
        self.budget = budget
        self.failed: set[date] = set()
        self.read: set[date] = set()
        self.believed: Counter[str] = Counter()
        self.last_failure: ApodError | None = None
        self._all_sources = tuple(sources)
        self._refusals: Counter[str] = Counter()

    @property
    def requests(self) -> int:
        """The requests made so far, to all sources."""
        return sum(source.requests for source in self._all_sources)

    @property
    def answers(self) -> int:
        """Number of days that some source gave a believable answer for."""
        return self.believed.total()

    def fetch(self, span: Span, missing: AbstractSet[date], observed: AbstractSet[date]) -> Iterator[Answer]:
        """What the sources say of a span: first the records, then the days of which no source has a picture.

        Args:
            span: the days to ask for.
            missing: the days that we lack. Every source is asked for them, singly where it leaves them out.
            observed: the days of which we have a picture.

        Raises:
            RateLimited, Misconfigured, SourceChanged, Unavailable: that of the last source, and no other is left.
            BudgetSpent: the budget is used up.
        """
        open_days = OpenDays(set(span))
        if len(self.sources) < len(self._all_sources):  # who was left in this run might have had them
            open_days.failed |= missing & open_days.wanted
        for source in [*self.sources]:
            if not open_days.wanted:
                break
            try:
                yield from filter(open_days.add, self._ask(source, open_days.wanted, missing, observed))
            except SourceChanged as error:
                open_days.failed |= open_days.wanted & missing
                self._refuse(source, span, error)
                continue  # the next source is asked for all of it, the look-back included
            except (RateLimited, Misconfigured, Unavailable) as error:
                open_days.failed |= open_days.wanted & missing
                self._leave(source, error)
                continue
            open_days.wanted &= missing
        self.failed |= open_days.unknown()
        yield from (answer for day, answer in open_days.denied.items() if day in open_days.wanted - open_days.failed)

    def _refuse(self, source: Source, span: Span, error: SourceChanged) -> None:
        """Does not believe a source for one span; leaves it if it was wrong wherever it was asked."""
        self.last_failure = error
        self._refusals[source.name] += 1
        if not self.believed[source.name] and self._refusals[source.name] >= MAX_REFUSALS:
            self._leave(source, error)
        else:
            log.warning("%s is not believed for %s: %s", source.name, span, error)

    def _leave(self, source: Source, error: ApodError) -> None:
        """Asks a source no more in this run; raises the error if it was the last one."""
        self.last_failure = error
        self.sources.remove(source)
        if not self.sources:
            raise error
        log.warning(
            "%s is left for %s in this run (APOD_SOURCES says who is asked): %s",
            source.name,
            self.sources[0].name,
            error,
        )

    def _ask(
        self, source: Source, wanted: AbstractSet[date], missing: AbstractSet[date], observed: AbstractSet[date]
    ) -> Iterator[Answer]:
        """What one source says of the wanted days."""
        span = Span(min(wanted), max(wanted))
        answer = self._read(source, span)
        self._drop_refused(source, answer)
        self.believed[source.name] += len(answer.contents)
        left_out = set(span) - answer.contents.keys() - answer.failed
        if left_out == set(span) and observed & left_out:
            raise SourceChanged(f"{source.name} answers {span} with nothing, and we hold pictures of it.")
        self.read |= wanted - answer.failed
        yield from (Answer(day, source.name, content) for day, content in answer.contents.items() if day in wanted)
        yield from self._ask_singly(source, span, sorted(left_out & missing & wanted, reverse=True), answer)
        yield from (Answer(day, source.name, None) for day in answer.failed & wanted)

    def _ask_singly(self, source: Source, span: Span, days: Sequence[date], answer: SpanAnswer) -> Iterator[Answer]:
        """Asks for each day that an answer left out: only the source's answer for that day counts as evidence."""
        empty = not answer.contents and not answer.failed
        for day in days:
            try:
                single = self._read(source, Span(day, day), part=True)
            except SourceChanged as error:  # a month's answer that was believed is not lost for one day of it
                log.warning("%s is refused from %s: %s", day, source.name, error)
                answer.failed.add(day)
                continue
            if empty and isinstance(single.contents.get(day), dict):
                raise SourceChanged(f"{source.name} answers {span} with nothing, and {day} with a picture.")
            answer.contents |= single.contents
            answer.failed |= single.failed
            self._drop_refused(source, answer)
            if day in answer.contents:
                self.believed[source.name] += 1
                yield Answer(day, source.name, answer.contents[day])

    def _drop_refused(self, source: Source, answer: SpanAnswer) -> None:
        """Turns the days whose record cannot be believed into failed ones."""
        read = service(source.name).read
        records = {day: read(record).fields for day, record in answer.contents.items() if isinstance(record, dict)}
        for day, reason in refused_days(records, source.name).items():
            log.warning("%s is refused from %s: %s", day, source.name, reason)
            del answer.contents[day]
            answer.failed.add(day)

    def _read(self, source: Source, span: Span, *, part: bool = False) -> SpanAnswer:
        """What a source says of a span; a request that fails is repeated in halves.

        Args:
            source: to ask.
            span: the days.
            part: whether the span is part of one that failed or was incomplete.

        Raises:
            Unavailable: it failed at the span before, too, and so is down.
        """
        if part and source.failures >= MAX_FAILURES:
            return SpanAnswer(failed=set(span))
        self._check_budget(source)
        try:
            if len(span) == 1:
                return SpanAnswer({span.first: source.fetch_day(span.first)})
            return SpanAnswer(dict(source.fetch(span)))
        except Unavailable as error:
            self.last_failure = error
            if source.failures > (MAX_SILENCES if isinstance(error, NoAnswer) else MAX_FAILURES):
                raise
            log.warning("%s fails at %s: %s", source.name, span, error)
        if len(span) == 1:
            return SpanAnswer(failed=set(span))
        older, newer = (self._read(source, half, part=True) for half in span.halves())
        return SpanAnswer(older.contents | newer.contents, older.failed | newer.failed)

    def _check_budget(self, source: Source) -> None:
        if self.requests >= self.budget:
            raise BudgetSpent(f"the budget of {self.budget} requests is spent")
        if source.remaining == 0:
            raise BudgetSpent(f"over quota: {source.name} will take no more of our requests in this hour")
