"""What the raw store covers of the calendar."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
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

PROOFS = 2  # days of asking on which a service must say that a day has no picture
PATIENCE = 4  # a day proven empty is asked for again after a quarter of its age: NASA has filled such days in later


@dataclass(frozen=True)
class Month:
    """What one month file covers.

    Attributes:
        size, modified: of the file (bytes, nanoseconds) when it was read: as long as they hold, so does the rest.
        newest: when its newest observation was made, ISO 8601 in UTC.
        observed: bit n is set where day n of the month has a record.
        denied: days of asking on which a service said there is no picture, for each day (`YYYY-MM-DD`) it was said of.
    """

    size: int
    modified: int
    newest: str
    observed: int
    denied: dict[str, list[str]]


@dataclass(frozen=True)
class Coverage:
    """What is held of each day, without the words themselves.

    Attributes:
        observed: the days with a picture.
        denied: days of asking on which a service said there is none, for each such day.
        newest: when the newest observation of each month file was made.
    """

    observed: frozenset[date]
    denied: Mapping[date, frozenset[date]]
    newest: Mapping[str, str]

    @property
    def proven_empty(self) -> list[date]:
        """The days of which a service said often enough that they have no picture, oldest first."""
        return sorted(day for day, asked in self.denied.items() if len(asked) >= PROOFS and day not in self.observed)

    def stale_hours(self, now: datetime) -> float:
        """Hours since the newest picture that is held came out; 0 before the first."""
        if not self.observed:
            return 0.0
        return hours_since(max(self.observed), now)

    def missing(self, archive: Span, today: date) -> list[date]:
        """The days that have neither a picture nor proof that there is none, and were not asked for today."""
        return [day for day in archive if day not in self.observed and not self._settled(day, today)]

    def _settled(self, day: date, today: date) -> bool:
        asked = self.denied.get(day, frozenset())
        if len(asked) < PROOFS:
            return today in asked
        return today < max(asked) + max(DAY, (max(asked) - day) / PATIENCE)

    def complete_through(self, first: date) -> date | None:
        """The last day up to which every day from `first` has a picture or a service's word that it has none."""
        known = sorted(day for day in self.observed | self.denied.keys() if day >= first)
        last = None
        for offset, day in enumerate(known):
            if (day - first).days != offset:
                break
            last = day
        return last


def read_coverage(raw: Path, index: Path | None = None) -> Coverage:
    """What the raw store covers. With an `index` only months that changed since it was written are read.

    Raises:
        BadData: a file of the store is damaged.
    """
    known = _read_index(index) if index else {}
    months = {path.stem: _month(path, known.get(path.stem)) for path in raw_store.months(raw)}
    if index and months != known:
        with replacing(index) as file:
            file.write(
                json.dumps({stem: astuple(month) for stem, month in months.items()}, separators=(",", ":")).encode()
            )
    return _joined(months)


def _read_index(index: Path) -> dict[str, Month]:
    """What the index says; nothing where it is damaged, for it can be made anew at any time."""
    try:
        return {stem: Month(*said) for stem, said in json.loads(index.read_bytes()).items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _month(path: Path, known: Month | None) -> Month:
    state = path.stat()
    if known and (known.size, known.modified) == (state.st_size, state.st_mtime_ns):
        return known
    return _read(raw_store.parse_month(path.read_bytes(), path), state.st_size, state.st_mtime_ns)


def _read(observations: Iterable[raw_store.Observation], size: int, modified: int) -> Month:
    observed, newest = 0, ""
    denied: dict[str, list[str]] = {}
    for seen in observations:
        newest = max(newest, seen.seen_at)
        if seen.absent is None:
            observed |= 1 << seen.date.day
        else:
            denied.setdefault(f"{seen.date}", []).append(seen.seen_at[:10])
    return Month(size, modified, newest, observed, denied)


def _joined(months: Mapping[str, Month]) -> Coverage:
    return Coverage(
        frozenset(
            date(int(stem[:4]), int(stem[5:]), day)
            for stem, month in months.items()
            for day in range(1, 32)
            if month.observed >> day & 1
        ),
        {
            date.fromisoformat(day): frozenset(map(date.fromisoformat, asked))
            for month in months.values()
            for day, asked in month.denied.items()
        },
        {stem: month.newest for stem, month in months.items()},
    )
