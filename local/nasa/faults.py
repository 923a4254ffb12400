"""Everything that has been seen to go wrong with NASA's services, each as a switch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import TypeAdapter

LOGO = "https://science.nasa.gov/wp-content/themes/nasa-child/assets/images/nasa-logo@2x.png"
PLACEHOLDER = {
    "explanation": "Discover the cosmos! Each day a different image ...",
    "hdurl": LOGO,
    "media_type": "image",
    "title": "NASA Science",
    "url": LOGO,
}

Record = dict[str, Any]
Find = Callable[[date], Record | None]
Kind = Literal[
    # of a day
    "bad_day",  # 500 for it; ranges over it fail, or leave it out (`Nasa.poisonous`)
    "missing",  # no picture, for now: 404, left out of ranges
    "left_out",  # ranges leave it out, asked for singly it is there
    "placeholder",  # NASA's logo
    "frozen",  # the record of `other_day` instead, with the day that was asked for
    "misdated",  # the record of `other_day` instead, with its own date
    "shapeless",  # a record without a title
    # of a request
    "status",  # that `status` with a page in HTML, as proxies answer, with `retry_after` where there is one
    "error",  # the service's own 500
    "hang",  # nothing for `seconds`, then the answer
    "reset",  # the connection is cut
    "truncated",  # half the body, in a response that says it is complete
    "cut",  # half the body, then the connection is cut
    "html",  # 200 with a page
    "reply",  # `status` with `text`, whatever that is, as JSON
    "empty",  # 200 with []
    "over_quota",  # 429, `seconds` to wait, or whatever `retry_after` says
    "no_key",  # 403: the key is not known
    "http_only",  # 400: the gateway wants https
    "moved",  # 301 to the new site
    "gone",  # 404 of the gateway
]
OF_A_DAY = ("bad_day", "missing", "left_out", "placeholder", "frozen", "misdated", "shapeless")
REPLACEMENTS: dict[str, Callable[[str, Record], Record | None]] = {  # of a day's record; takes day and other record
    "missing": lambda _day, _record: None,
    "placeholder": lambda day, _record: {"date": day, **PLACEHOLDER, "service_version": "v1"},
    "frozen": lambda day, record: {**record, "date": day},
    "misdated": lambda _day, record: record,
    "shapeless": lambda day, _record: {"date": day},
}


@dataclass
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: what.
        service: `planetary` or `basic`; None for both.
        first, last: the days that are affected: of records, or such that a request touches. None for no bound.
        since, until: of the stand-in's clock, while it lasts. None for no bound.
        skip: requests that are answered first.
        times: requests that it lasts for. None for no bound.
        status, seconds, text, retry_after, other_day: see the kinds.
    """

    kind: Kind
    service: str | None = None
    first: date = date.min
    last: date = date.max
    since: datetime | None = None
    until: datetime | None = None
    skip: int = 0
    times: int | None = None
    status: int = 503
    seconds: float = 0
    text: str = ""
    retry_after: str | None = None
    other_day: date | None = None

    def is_active(self, service: str, now: datetime) -> bool:
        """Whether it applies to this service at this time."""
        timely = (self.since is None or self.since <= now) and (self.until is None or now < self.until)
        return timely and self.service in (None, service)

    def strikes(self) -> bool:
        """Counts a request; returns whether the fault applies to it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
            return self.times >= 0
        return True

    def covers(self, day: date) -> bool:
        """Whether a day is affected."""
        return self.first <= day <= self.last


FAULTS = TypeAdapter(list[Fault])


def altered(record: Record | None, day: date, faults: Iterable[Fault], find: Find) -> Record | None:
    """The record of a day as the faults of the day leave it."""
    for fault in faults:
        if fault.kind in REPLACEMENTS:
            return REPLACEMENTS[fault.kind](f"{day}", (find(fault.other_day) or {}) if fault.other_day else {})
    return record
