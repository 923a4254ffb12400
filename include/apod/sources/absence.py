"""What it means that a service denies a picture: there never was one, or the service has lost it.

The replacement service was filled from the old archive by a migration that lost days.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from include.apod.sources import COPYING_SERVICE

if TYPE_CHECKING:
    from collections.abc import Collection

    from include.apod.formats.coverage import Coverage

NEVER_PUBLISHED = frozenset({date(1995, 6, 17), date(1995, 6, 18), date(1995, 6, 19), date(2020, 6, 10)})
MIGRATED_THROUGH = date(2026, 9, 30)  # the last day of the copy


def is_proof(day: date, deniers: Collection[str]) -> bool:
    """Whether these services' denials show that there never was a picture of a day."""
    return day in NEVER_PUBLISHED or day > MIGRATED_THROUGH or any(name != COPYING_SERVICE for name in deniers)


def absent_days(coverage: Coverage) -> list[date]:
    """The days that are proven to have had no picture, oldest first."""
    return [day for day in coverage.denied_often if is_proof(day, coverage.deniers[day])]


def lost_days(coverage: Coverage) -> list[date]:
    """The days whose picture the service has lost, oldest first."""
    return [day for day in coverage.denied_often if not is_proof(day, coverage.deniers[day])]
