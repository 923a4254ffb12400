"""The calendar of the services."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_DAY = date(1995, 6, 16)
DAY = timedelta(days=1)
EASTERN = ZoneInfo("America/New_York")
PUBLISHED_AT = timedelta(minutes=5)  # past midnight in New York


def days_between(first: date, last: date) -> Iterator[date]:
    """The days from first to last, both included."""
    return (first + n * DAY for n in range((last - first).days + 1))


def newest_day(now: datetime) -> date:
    """The newest day whose picture is out at `now` (aware)."""
    return (now.astimezone(EASTERN) - PUBLISHED_AT).date()
