"""What the sources say of days, and which days are still open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.apod.sources import Absent

if TYPE_CHECKING:
    from datetime import date

    from include.apod.formats.raw import Record


@dataclass(frozen=True)
class Answer:
    """What a source says of a day.

    Attributes:
        day: the day.
        source: the name of the service.
        content: a record, or the answer that there is no picture; None where the source failed.
    """

    day: date
    source: str
    content: Record | Absent | None


@dataclass
class SpanAnswer:
    """What one source says of a span. A day in neither attribute was left out of the answer."""

    contents: dict[date, Record | Absent] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)


@dataclass
class OpenDays:
    """The days of one span that are not settled yet.

    Attributes:
        wanted: days without a record.
        denied: answers that a day has no picture; that of the most preferred source is kept.
        failed: days at which some source failed, so that another source's denial proves nothing.
    """

    wanted: set[date]
    denied: dict[date, Answer] = field(default_factory=dict)
    failed: set[date] = field(default_factory=set)

    def add(self, answer: Answer) -> bool:
        """Takes note of an answer; returns True if it is a record."""
        if isinstance(answer.content, Absent):
            self.denied.setdefault(answer.day, answer)
        elif answer.content is None:
            self.failed.add(answer.day)
        else:
            self.wanted.discard(answer.day)
            return True
        return False

    def unknown(self) -> set[date]:
        """The days of which no source could say anything."""
        return self.wanted - (self.denied.keys() - self.failed)
