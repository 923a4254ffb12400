"""The state of both services: an archive, a clock, what is wrong, and what was asked."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from local.nasa.calendar import newest_day
from local.nasa.faults import OF_A_DAY, Fault, Record, altered
from local.nasa.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ServiceName = Literal["planetary", "basic"]


@dataclass
class Nasa:
    """Both services.

    Attributes:
        find: the record of a day in the planetary service's shape, or None.
        now: the clock.
        lag: how much later than five past midnight in New York a picture comes out.
        edits: later changes, see `edit`.
        rewrite: what a new release of the services makes of every record.
        faults: what is wrong.
        poisonous: a bad day fails the ranges over it (as in 2023), or is left out of them (as in 2026).
        page_seconds: what a range costs for each day; over a minute it is 504.
        largest_page, refuses_page_size, ignores_parameters, says_totals: of the replacement service.
        wounded: the replacement service's archive has what the migration did to it, see `migration`.
        seed: of the random days.
        gateway: keys and quotas of the planetary service.
        requests: number of requests so far, to both.
        request_log: path and query of the newest requests.
        remembered: single days that the planetary service has answered: it never looks again.
    """

    find: Callable[[date], Record | None]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lag: timedelta = timedelta(0)
    edits: list[Mapping[str, Any]] = field(default_factory=list)
    rewrite: Callable[[Record], Record] = dict
    faults: list[Fault] = field(default_factory=list)
    poisonous: bool = True
    page_seconds: float = 0
    largest_page: int = 25
    refuses_page_size: bool = False
    ignores_parameters: bool = False
    says_totals: bool = True
    wounded: bool = False
    seed: int = 0
    gateway: Gateway = field(default_factory=Gateway)
    requests: int = 0
    request_log: deque[str] = field(default_factory=lambda: deque(maxlen=1000))
    remembered: dict[str, Record] = field(default_factory=dict)

    def today(self) -> date:
        """The services' own day: UTC."""
        return self.now().date()

    def newest(self) -> date:
        """The newest day that can be out."""
        return newest_day(self.now() - self.lag)

    def edit(self, day: date, at: datetime | None = None, **new: Any) -> None:
        """Changes fields of a day's record from a time on; a field set to None is removed."""
        self.edits.append({"date": f"{day}", "at": at.isoformat() if at else None, "new": new})

    def catalogue(self, service: ServiceName) -> Catalogue:
        """The archive as one service shows it."""
        return Catalogue(self, service)


@dataclass(frozen=True)
class Catalogue:
    """The archive as one service shows it now."""

    nasa: Nasa
    service: ServiceName

    def published(self, day: date) -> Record | None:
        """The record of a day; None where there is none (yet)."""
        if day > self.nasa.newest():
            return None
        record: Record | None = self.nasa.find(day)
        for edit in self.nasa.edits:
            at = edit.get("at") or edit.get("seen_after")
            if record and edit["date"] == f"{day}" and (not at or datetime.fromisoformat(at) <= self.nasa.now()):
                record = {name: value for name, value in {**record, **edit["new"]}.items() if value is not None}
        record = self.nasa.rewrite(record) if record else None
        return altered(record, day, self._faults(day), self.nasa.find)

    def is_broken(self, day: date) -> bool:
        """Whether the service fails at a day."""
        return any(fault.kind == "bad_day" for fault in self._faults(day))

    def is_left_out(self, day: date) -> bool:
        """Whether ranges leave a day out that has a record."""
        return any(fault.kind == "left_out" for fault in self._faults(day))

    def _faults(self, day: date) -> list[Fault]:
        now = self.nasa.now()
        return [
            fault
            for fault in self.nasa.faults
            if fault.kind in OF_A_DAY and fault.covers(day) and fault.is_active(self.service, now)
        ]


def from_file(records: Path) -> Nasa:
    """The services with the records of a file, one a line, instead of the fictional archive."""
    by_day = {(record := json.loads(line))["date"]: record for line in records.read_bytes().splitlines()}
    return Nasa(lambda day: by_day.get(f"{day}"))


def trimmed(record: Record) -> Record:
    """A rewrite of all records, as of early 2026: copyrights trimmed, `other` as a video with a url."""
    result = dict(record)
    if "copyright" in result:
        result["copyright"] = " ".join(result["copyright"].split())
    if result["media_type"] == "other":
        result |= {"media_type": "video", "url": f"https://apod.nasa.gov/apod/image/{result['date']}.mp4"}
    return dict(sorted(result.items()))
