"""Which days the raw store covers, and `coverage.json`, an index of that which may be deleted at any time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from include.apod.days import DAY, hours_since
from include.apod.formats import raw as raw_store
from include.apod.formats.index_file import read_index, write_index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from include.apod.days import Span

REQUIRED_DENIALS = 2  # days of asking on which a service must say that a day has no picture
REASK_DIVISOR = 4  # a day proven empty is asked for again after a quarter of its age: NASA has filled such days


class Month(msgspec.Struct, frozen=True, array_like=True):
    """What one month file covers.

    Attributes:
        size, modified: of the file (bytes, nanoseconds) when it was read. While they match, the other fields hold.
        newest: when we last stored an answer in it, ISO 8601 in UTC; empty if it holds only captures of others.
        observed: bit n is set if day n of the month has a record.
        denials: the days of which a service said that there is no picture, each with the day of asking and the service.
    """

    size: int
    modified: int
    newest: str
    observed: int
    denials: list[tuple[date, date, str]]


@dataclass(frozen=True)
class Coverage:
    """What the raw store has of each day.

    Attributes:
        observed: the days with a picture.
        denied: for each day of which a service said that there is no picture, the days of asking.
        newest: when we last stored an answer in each month file, by month; captures of others are none.
        deniers: the services that said so, by day.
    """

    observed: frozenset[date]
    denied: Mapping[date, AbstractSet[date]]
    newest: Mapping[str, str]
    deniers: Mapping[date, AbstractSet[str]] = field(default_factory=dict)

    @property
    def denied_often(self) -> list[date]:
        """The days of which a service said often enough that they have no picture, oldest first."""
        askings = self.denied.items()
        return sorted(day for day, days in askings if len(days) >= REQUIRED_DENIALS and day not in self.observed)

    def stale_hours(self, now: datetime) -> float:
        """Age in hours of the newest picture; 0 if there is none yet."""
        if not self.observed:
            return 0.0
        return hours_since(max(self.observed), now)

    def missing(self, archive: Span, today: date) -> list[date]:
        """The days with neither a picture nor proof that there is none, and that were not asked for today."""
        return [day for day in archive if self.is_missing(day, today)]

    def is_missing(self, day: date, today: date) -> bool:
        """Whether a day is one of those."""
        return day not in self.observed and not self._settled(day, today)

    def _settled(self, day: date, today: date) -> bool:
        """Whether a day without a picture need not be asked for today."""
        askings = self.denied.get(day, set())
        if len(askings) < REQUIRED_DENIALS:
            return today in askings
        return today < max(askings) + max(DAY, (max(askings) - day) / REASK_DIVISOR)

    def pending(self, archive: Span) -> list[date]:
        """The days without a picture that no service has denied often enough yet, oldest first."""
        settled = self.observed.union(self.denied_often)
        return [day for day in archive if day not in settled]


def _read_month(path: Path) -> Month:
    """What a month file covers."""
    state = raw_store.state_of(path)
    observed, newest = 0, ""
    denials: list[tuple[date, date, str]] = []
    for observation in raw_store.read_month(path):
        newest = newest if observation.via else max(newest, observation.seen_at)
        if observation.absent is None:
            observed |= 1 << observation.date.day
        else:
            denials.append((observation.date, date.fromisoformat(observation.seen_at[:10]), observation.source))
    return Month(*state, newest, observed, denials)


def _joined(months: Mapping[str, Month]) -> Coverage:
    """What some months cover together."""
    observed = (
        date(int(name[:4]), int(name[5:]), day)
        for name, month in months.items()
        for day in range(1, 32)
        if month.observed >> day & 1
    )
    denied: dict[date, set[date]] = defaultdict(set)
    deniers: dict[date, set[str]] = defaultdict(set)
    for month in months.values():
        for day, asked_on, source in month.denials:
            denied[day].add(asked_on)
            deniers[day].add(source)
    newest = {name: month.newest for name, month in months.items() if month.newest}
    return Coverage(frozenset(observed), dict(denied), newest, dict(deniers))


def _read_months(raw: Path, indexed: Mapping[str, Month]) -> dict[str, Month]:
    """Each month from the index if its file is unchanged, else from the file."""
    return {
        month: remembered
        if (remembered := indexed.get(month)) and (remembered.size, remembered.modified) == state
        else _read_month(raw_store.month_file(raw, month))
        for month, state in raw_store.states(raw).items()
    }


def read_coverage(raw: Path, index: Path | None = None) -> Coverage:
    """What the raw store covers; months that are as `index` has them are not read again. Writes nothing.

    Raises:
        BadData: a file of the raw store is damaged.
    """
    indexed = (read_index(index, dict[str, Month]) if index else None) or {}
    return _joined(_read_months(raw, indexed))


def update_coverage(raw: Path, index: Path) -> Coverage:
    """What the raw store covers, reading only months that changed since `index` was written; then renews `index`.

    Raises:
        BadData: a file of the raw store is damaged.
    """
    indexed = read_index(index, dict[str, Month]) or {}
    months = _read_months(raw, indexed)
    if months != indexed:
        write_index(index, months)
    return _joined(months)
