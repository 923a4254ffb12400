"""What the raw store covers of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod import raw as raw_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from include.apod.days import Span

PROOFS = 2  # days of asking on which a service must say that a day has no picture


@dataclass(frozen=True)
class Coverage:
    """What is held of each day, without the words themselves.

    Attributes:
        observed: digest of the newest observation, for each day with a picture.
        denied: days of asking (`YYYY-MM-DD`) on which a service said there is none, for each day without one.
    """

    observed: Mapping[date, str]
    denied: Mapping[date, frozenset[str]]

    def missing(self, archive: Span, today: str) -> list[date]:
        """The days that have neither a picture nor proof that there is none, and were not asked for today."""
        return [day for day in archive if day not in self.observed and not self._settled(day, today)]

    def _settled(self, day: date, today: str) -> bool:
        asked = self.denied.get(day, frozenset())
        return len(asked) >= PROOFS or today in asked

    def complete_through(self, first: date) -> date | None:
        """The last day up to which every day from `first` has a picture or a service's word that it has none."""
        known = sorted(day for day in self.observed.keys() | self.denied.keys() if day >= first)
        last = None
        for offset, day in enumerate(known):
            if (day - first).days != offset:
                break
            last = day
        return last


def read_coverage(raw: Path) -> Coverage:
    """Reads the whole raw store, one month in memory at a time.

    Raises:
        BadData: a file of the store is damaged.
    """
    observed: dict[date, str] = {}
    denied: dict[date, frozenset[str]] = {}
    for path in raw_store.months(raw):
        for seen in raw_store.parse_month(path.read_bytes(), path.name):
            if seen.absent is None:
                observed[seen.date] = seen.sha256
            else:
                denied[seen.date] = denied.get(seen.date, frozenset()) | {seen.seen_at[:10]}
    return Coverage(observed, denied)
