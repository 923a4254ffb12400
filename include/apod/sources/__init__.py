"""The services that can be asked for pictures, one module each.

`SERVICES` names them all. To add one, write its module and add its name here. A module offers what
`Service` says: its address, a session that fetches records as they were sent, and a reader that brings a record into
the one form of the project.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from include.apod.errors import Unavailable

if TYPE_CHECKING:
    from datetime import date, datetime

    from include.apod.days import Span
    from include.apod.formats.raw import Record

SERVICES = ("basic", "planetary")  # in the default order of preference
COPYING_SERVICE = "basic"  # its archive up to 2026-09 is a copy of the other's, see `absence.py`
CAPTURED_SERVICE = "planetary"  # others have kept its answers over the years, see `include/apod/captures`
HOST_SERVICE = "planetary"  # the host of connection `apod_api` is the address of this one


class NoAnswer(Unavailable):
    """Nobody answered at all: no name, no connection, a time-out, a connection that was cut."""


@dataclass(frozen=True)
class Absent:
    """A service's own answer that a day has no picture: the evidence."""

    status: int
    body: str


class Reading(NamedTuple):
    """A record in the one form of the project.

    Attributes:
        fields: `date` and the columns that the service fills, text without mark-up. A value that is not text is kept
            as it is; quarantine names it.
        unknown: fields of the record that are neither read nor listed as left out.
        findings: what was wrong with the record and was put right, in a word each, to be counted.
    """

    fields: Record
    unknown: frozenset[str]
    findings: tuple[str, ...] = ()


class Source(Protocol):
    """One session with a service.

    Attributes:
        name: of the service, one of `SERVICES`.
        requests: made so far.
        failures: failed requests in a row, up to now.
        remaining: requests that the service will still take; None if it does not say.
    """

    name: str

    @property
    def requests(self) -> int:
        """Requests made so far."""
        ...

    @property
    def failures(self) -> int:
        """Failed requests in a row."""
        ...

    @property
    def remaining(self) -> int | None:
        """Requests that the service will still take."""
        ...

    def fetch(self, span: Span) -> dict[date, Record]:
        """The records of a span of days, by day; days without a picture are left out."""
        ...

    def fetch_day(self, day: date) -> Record | Absent:
        """The record of one day, or the service's answer that there is none."""
        ...


class Connect(Protocol):
    """Opens a session; a service that needs no key ignores it."""

    def __call__(self, base_url: str, key: str, pause_seconds: float, now: datetime) -> Source:
        """Opens a session."""
        ...


class Service(Protocol):
    """What the module of a service offers.

    Attributes:
        BASE_URL: the service's address.
        connect: opens a session.
    """

    BASE_URL: str
    connect: Connect

    def read(self, record: Record) -> Reading:
        """Takes every field out of a record."""
        ...


@cache
def service(name: str) -> Service:
    """The module of a service; imported when it is needed, since it brings an HTML parser."""
    return cast("Service", import_module(f"{__name__}.{name}"))
