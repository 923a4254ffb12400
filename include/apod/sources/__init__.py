"""The services that can be asked for pictures, one module each.

A source answers `fetch(span)` with the records of those days, ascending, days without a picture left out, and
`fetch_day(day)` with one record or the service's word that there is none. `basic`, NASA's replacement service,
will be the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import date

    from include.apod.days import Span


@dataclass(frozen=True)
class Absent:
    """A service's own word that a day has no picture: the evidence."""

    status: int
    body: str


class Source(Protocol):
    name: str
    requests: int  # made so far

    def fetch(self, span: Span) -> dict[date, dict[str, Any]]: ...

    def fetch_day(self, day: date) -> dict[str, Any] | Absent: ...
