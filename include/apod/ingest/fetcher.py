"""Asking NASA: which service, how much at a time, and what is made of the answer.

The services stand in an order of preference. One that no longer keeps its contract is left for the next, for
everything; one that is down, for the days that we lack. What a service fails at is asked for again in halves, down to
the day, so that one bad day costs one day.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from include.apod.days import Span
from include.apod.errors import ApodError, SourceChanged, Unavailable
from include.apod.sources import Absent
from include.apod.sources.gate import sift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from include.apod.sources import Source

log = logging.getLogger(__name__)

GIVE_UP = 8  # failures in a row: a month with one bad day has six at most

Words = dict[str, Any] | Absent


class OutOfRequests(Exception):  # an order to stop, not a fault
    """This run may ask no more: its budget is spent, or the service says that our quota is."""


@dataclass(frozen=True)
class Said:
    """What a source said of a day: a record, or its word that there is no picture; None where it failed."""

    day: date
    source: str
    words: Words | None


@dataclass
class _Answer:
    """What one source says of a span; a day in neither was left out."""

    said: dict[date, Words] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)


@dataclass
class _Open:
    """The days of one span that are not settled yet.

    Attributes:
        wanted: those without a record.
        denied: what a source said that has no picture of them; the most preferred one's word is kept.
        failed: those that some source failed at, so that another's denial proves nothing.
    """

    wanted: set[date]
    denied: dict[date, Said] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)

    def close(self, said: Said) -> bool:
        """Takes note of what was said; True where it is a record."""
        if isinstance(said.words, Absent):
            self.denied.setdefault(said.day, said)
        elif said.words is None:
            self.failed.add(said.day)
        else:
            self.wanted.discard(said.day)
            return True
        return False

    def unknown(self) -> set[date]:
        """The days that nobody could tell us of."""
        return self.wanted - (self.denied.keys() - self.failed)


class Asking:
    """One run's dealings with the services.

    Attributes:
        trusted: those that are still asked, in order of preference.
        budget: the most requests to make.
        failed: days that we lack and nobody could tell us of, for now.
        heard: days that a source has spoken of.
        trouble: the last failure of a source, None where there was none.
    """

    def __init__(self, sources: Sequence[Source], budget: int) -> None:
        self.trusted = list(sources)
        self.budget = budget
        self.failed: set[date] = set()
        self.heard = 0
        self.trouble: Unavailable | None = None
        self._all = tuple(sources)
        self._lacking_only = False

    @property
    def requests(self) -> int:
        return sum(source.requests for source in self._all)

    def ask(self, span: Span, missing: AbstractSet[date], held: AbstractSet[date]) -> Iterator[Said]:
        """What there is to know of a span: records, then the days that no source has a picture of.

        Args:
            span: the days.
            missing: those that we lack: source after source is asked for them, singly where one leaves them out.
            held: the days that we have a picture of.

        Raises:
            RateLimited, Misconfigured: as the source does.
            SourceChanged, Unavailable: no source is left.
            OutOfRequests: the budget is spent.
        """
        days = _Open(set(span) & missing if self._lacking_only else set(span))
        for source in [*self.trusted]:
            if not days.wanted:
                break
            try:
                yield from filter(days.close, self._one(source, days.wanted, missing, held))
            except SourceChanged as error:
                self._leave(source, error)
                continue  # with the look-back, too: this source will not correct it any more
            except Unavailable as error:
                self._leave(source, error)
                self._lacking_only = True  # it will be back, and then reads the look-back itself
            days.wanted &= missing
        self.failed |= days.unknown()
        yield from (said for day, said in days.denied.items() if day in days.wanted - days.failed)

    def _leave(self, source: Source, error: ApodError) -> None:
        self.trusted.remove(source)
        if not self.trusted:
            raise error
        log.warning(
            "%s is left for %s in this run (APOD_SOURCES says who is asked): %s",
            source.name,
            self.trusted[0].name,
            error,
        )

    def _one(
        self, source: Source, wanted: AbstractSet[date], missing: AbstractSet[date], held: AbstractSet[date]
    ) -> Iterator[Said]:
        """What one source says of the days that are wanted; what it fails at is not spoken of."""
        span = Span(min(wanted), max(wanted))
        answer = self._read(source, span)
        self._drop_refused(source, answer)
        self.heard += len(answer.said)
        left_out = set(span) - answer.said.keys() - answer.failed
        if left_out == set(span) and held & left_out:
            raise SourceChanged(f"{source.name} answers {span} with nothing, and we hold pictures of it.")
        yield from (Said(day, source.name, words) for day, words in answer.said.items() if day in wanted)
        yield from self._singly(source, span, sorted(left_out & missing & wanted, reverse=True), answer)
        yield from (Said(day, source.name, None) for day in answer.failed & wanted)

    def _singly(self, source: Source, span: Span, days: Sequence[date], answer: _Answer) -> Iterator[Said]:
        """The days that an answer left out: only the source's word for that day counts."""
        empty = not answer.said and not answer.failed
        for day in days:
            single = self._read(source, Span(day, day), part=True)
            if empty and isinstance(single.said.get(day), dict):
                raise SourceChanged(f"{source.name} answers {span} with nothing, and {day} with a picture.")
            answer.said |= single.said
            answer.failed |= single.failed
            self._drop_refused(source, answer)
            if day in answer.said:
                self.heard += 1
                yield Said(day, source.name, answer.said[day])

    def _drop_refused(self, source: Source, answer: _Answer) -> None:
        records = {day: source.normalise(words) for day, words in answer.said.items() if isinstance(words, dict)}
        for day, why in sift(records, source.name).items():
            log.warning("%s is refused from %s: %s", day, source.name, why)
            del answer.said[day]
            answer.failed.add(day)

    def _read(self, source: Source, span: Span, *, part: bool = False) -> _Answer:
        """What a source says of a span, in halves where it fails.

        Raises:
            Unavailable: it failed at the span before, too, and so is down.
        """
        if part and source.failures >= GIVE_UP:
            return _Answer(failed=set(span))
        self._may_ask(source)
        try:
            if len(span) == 1:
                return _Answer({span.first: source.fetch_day(span.first)})
            return _Answer(dict(source.fetch(span)))
        except Unavailable as error:
            self.trouble = error
            if source.failures > GIVE_UP:
                raise
            log.warning("%s fails at %s: %s", source.name, span, error)
        if len(span) == 1:
            return _Answer(failed=set(span))
        older, newer = (self._read(source, half, part=True) for half in span.halves())
        return _Answer(older.said | newer.said, older.failed | newer.failed)

    def _may_ask(self, source: Source) -> None:
        if self.requests >= self.budget:
            raise OutOfRequests(f"the budget of {self.budget} requests is spent")
        if source.remaining == 0:
            raise OutOfRequests(f"over quota: {source.name} will take no more of our requests in this hour")
