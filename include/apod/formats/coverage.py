"""Which days the raw store covers, and `coverage.json`, an index of that which may be deleted at any time."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing
from include.apod.days import DAY, hours_since
from include.apod.formats import raw as raw_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from include.apod.days import Span

REQUIRED_DENIALS = 2  # days of asking on which a service must say that a day has no picture
REASK_DIVISOR = 4  # a day proven empty is asked for again after a quarter of its age: NASA has filled such days


@dataclass(frozen=True)
class Month:
    """What one month file covers.

    Attributes:
        size, modified: of the file (bytes, nanoseconds) when it was read. While they match, the other fields hold.
        newest: when we last stored an answer in it, ISO 8601 in UTC; empty if it holds only captures of others.
        observed: bit n is set if day n of the month has a record.
        denied: for each day (`YYYY-MM-DD`) of which a service said that there is no picture, the days of asking.
        deniers: the services that said so, by day.
    """

    size: int
    modified: int
    newest: str
    observed: int
    denied: dict[str, list[str]]
    deniers: dict[str, list[str]]


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
    denied: Mapping[date, frozenset[date]]
    newest: Mapping[str, str]
    deniers: Mapping[date, frozenset[str]] = field(default_factory=dict)

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
        askings = self.denied.get(day, frozenset())
        if len(askings) < REQUIRED_DENIALS:
            return today in askings
        return today < max(askings) + max(DAY, (max(askings) - day) / REASK_DIVISOR)

    def pending(self, archive: Span) -> list[date]:
        """The days without a picture that no service has denied often enough yet, oldest first."""
        settled = self.observed.union(self.denied_often)
        return [day for day in archive if day not in settled]


def _summary(observations: Iterable[raw_store.Observation], size: int, modified: int) -> Month:
    observed, newest = 0, ""
    denied: dict[str, list[str]] = {}
    deniers: dict[str, set[str]] = {}
    for observation in observations:
        newest = newest if observation.via else max(newest, observation.seen_at)
        if observation.absent is None:
            observed |= 1 << observation.date.day
        else:
            denied.setdefault(f"{observation.date}", []).append(observation.seen_at[:10])
            deniers.setdefault(f"{observation.date}", set()).add(observation.source)
    names = {day: sorted(sources) for day, sources in deniers.items()}
    return Month(size, modified, newest, observed, denied, names)


def _read_month(path: Path) -> Month:
    status = path.stat()
    return _summary(raw_store.read_month(path), status.st_size, status.st_mtime_ns)


def _joined(months: Mapping[str, Month]) -> Coverage:
    return Coverage(
        frozenset(
            date(int(name[:4]), int(name[5:]), day)
            for name, month in months.items()
            for day in range(1, 32)
            if month.observed >> day & 1
        ),
        {
            date.fromisoformat(day): frozenset(map(date.fromisoformat, askings))
            for month in months.values()
            for day, askings in month.denied.items()
        },
        {name: month.newest for name, month in months.items() if month.newest},
        {
            date.fromisoformat(day): frozenset(sources)
            for month in months.values()
            for day, sources in month.deniers.items()
        },
    )


def _read_index(index: Path) -> dict[str, Month]:
    """The index; empty if it is missing or damaged, since it can be made again."""
    try:
        return {name: Month(*fields) for name, fields in json.loads(index.read_bytes()).items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _indexed_month(path: Path, indexed: Month | None) -> Month:
    """The month from the index if the file is unchanged, else from the file."""
    status = path.stat()
    if indexed and (indexed.size, indexed.modified) == (status.st_size, status.st_mtime_ns):
        return indexed
    return _read_month(path)


def read_coverage(raw: Path, index: Path | None = None) -> Coverage:
    """What the raw store covers; months that are as `index` has them are not read again. Writes nothing.

    Raises:
        BadData: a file of the raw store is damaged.
    """
    indexed = _read_index(index) if index else {}
    return _joined({path.stem: _indexed_month(path, indexed.get(path.stem)) for path in raw_store.months(raw)})


def update_coverage(raw: Path, index: Path) -> Coverage:
    """What the raw store covers, reading only months that changed since `index` was written; then renews `index`.

    Raises:
        BadData: a file of the raw store is damaged.
    """
    indexed = _read_index(index)
    months = {path.stem: _indexed_month(path, indexed.get(path.stem)) for path in raw_store.months(raw)}
    if months != indexed:
        fields = {name: astuple(month) for name, month in months.items()}
        with replacing(index) as file:
            file.write(json.dumps(fields, separators=(",", ":")).encode())
    return _joined(months)
