"""Which records of a capture can be believed: the gate of the sources, and what only a capture can get wrong."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from include.apod.days import EASTERN, Span
from include.apod.sources import CAPTURED_SERVICE, service
from include.apod.sources.gate import defects

if TYPE_CHECKING:
    from datetime import datetime

    from include.apod.formats.raw import Record

REASON_LETTERS = 60  # of a reason, so that equal ones are counted together


@dataclass
class Refusals:
    """What was refused, counted by kind, with the first example of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, example: str, count: int = 1) -> None:
        """Counts a refusal. Reasons that differ in what follows the first comma are of one kind."""
        kind = reason.split(",", maxsplit=1)[0][:REASON_LETTERS]
        self.counts[kind] += count
        self.examples.setdefault(kind, f"{example}: {reason}")

    @property
    def total(self) -> int:
        """How many refusals there are."""
        return self.counts.total()

    def __str__(self) -> str:
        return "; ".join(
            f"{count} {kind} (first {self.examples[kind]:.200})" for kind, count in self.counts.most_common()
        )


def _day_of(record: Record) -> date | None:
    """The day that a record says it is of; None if it says none in the service's form."""
    text = record.get("date")
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass
class Judge:
    """Judges records in the order of their captures.

    What many days share is no picture, so each record is seen together with those that its month has at that time.

    Attributes:
        archive: the days that can have a picture.
        refusals: what was refused so far.
    """

    archive: Span
    refusals: Refusals = field(default_factory=Refusals)
    _months: dict[tuple[int, int], dict[date, Record]] = field(default_factory=lambda: defaultdict(dict))
    _refused: set[date] = field(default_factory=set)

    def placed(self, record: Record, time: datetime, example: str) -> date | None:
        """The day of a record; None, and a refusal, where it cannot be of this service and this time."""
        day = _day_of(record)
        reading = service(CAPTURED_SERVICE).read(record)
        reason = ""
        if day is None:
            reason = f"without a date, {str(record)[:80]}"
        elif day not in Span(self.archive.first, min(self.archive.last, time.astimezone(EASTERN).date())):
            reason = f"outside the archive or after its capture, {day}"
        elif reading.unknown:
            reason = f"another API's record, field {min(reading.unknown)!r}"
        else:
            self._months[day.year, day.month][day] = reading.fields
            self._refused.discard(day)
            return day
        self.refusals.add(reason, example)
        return None

    def newly_refused(self, days: set[date]) -> dict[date, str]:
        """Of the months of some days, every day whose newest record turns out to be no picture, with the reason.

        It may have been believed until others like it were seen, and is kept in mind for those that follow.
        """
        reasons: dict[date, str] = {}
        for month in {(day.year, day.month) for day in days}:
            reasons |= defects(self._months[month])
        new = {day: reason for day, reason in reasons.items() if day not in self._refused}
        self._refused |= new.keys()
        return new
