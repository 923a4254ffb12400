"""The services that can be asked for pictures, one module each.

A source answers `fetch(span)` with the records of those days as it sent them, days without a picture left out, and
`fetch_day(day)` with one record or its own word that there is none. `normalise` brings a record into the one form
that the rest of the project reads: the planetary service's keys, text without mark-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from include.apod.days import Span


@dataclass(frozen=True)
class Absent:
    """A service's own word that a day has no picture: the evidence."""

    status: int
    body: str


class Source(Protocol):
    """One session with a service.

    Attributes:
        name: of the service, as `APOD_SOURCES` has it.
        requests: made so far.
        failures: requests in a row that it failed at, up to now.
        remaining: requests the service will still take from us, None where it does not say.
    """

    name: str

    @property
    def requests(self) -> int: ...

    @property
    def failures(self) -> int: ...

    @property
    def remaining(self) -> int | None: ...

    def fetch(self, span: Span) -> dict[date, dict[str, Any]]: ...

    def fetch_day(self, day: date) -> dict[str, Any] | Absent: ...

    def normalise(self, record: Mapping[str, Any]) -> dict[str, Any]: ...
