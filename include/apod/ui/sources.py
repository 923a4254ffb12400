"""What two services said of the same day, field by field, where they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.formats import raw as raw_store
from include.apod.sources import SERVICES, service

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from include.apod.formats.raw import Observation


@dataclass(frozen=True)
class Difference:
    """A day that the services tell differently.

    Attributes:
        day: it.
        fields: what each service has, in the order of `SERVICES`, by the field in which they differ; None for nothing.
    """

    day: date
    fields: dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class Comparison:
    """The days of a month that both services spoke of.

    Attributes:
        equal: number of days that they tell alike.
        differing: the others, newest first.
    """

    equal: int
    differing: list[Difference]


def _fields(observation: Observation, name: str) -> dict[str, str]:
    """The fields of an observation in the one form of the project, white space aside."""
    fields = service(name).read(observation.record or {}).fields
    return {field: " ".join(f"{value}".split()) for field, value in fields.items() if value is not None}


def _difference(day: date, spoken: dict[str, Observation]) -> Difference:
    """The fields that differ, in alphabetical order."""
    texts = [_fields(spoken[name], name) for name in SERVICES]
    fields = sorted(set().union(*texts))
    values = {field: tuple(text.get(field) for text in texts) for field in fields}
    return Difference(day, {field: both for field, both in values.items() if len(set(both)) > 1})


def compare(raw: Path, month: str) -> Comparison:
    """What the services said of the days of a month: of each the newest.

    Raises:
        BadData: the month's file is damaged.
    """
    path = raw_store.month_file(raw, month)
    by_day: dict[date, dict[str, Observation]] = {}
    for observation in raw_store.read_month(path) if path.exists() else ():
        if observation.record:
            by_day.setdefault(observation.date, {})[observation.source] = observation
    days = sorted(by_day.items(), reverse=True)
    compared = [_difference(day, spoken) for day, spoken in days if len(spoken) == len(SERVICES)]
    differing = [difference for difference in compared if difference.fields]
    return Comparison(len(compared) - len(differing), differing)
