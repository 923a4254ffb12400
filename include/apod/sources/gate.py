"""Checks whether an answer can be believed, before anything of it is stored.

A status of 200 says nothing: since September 2026 the planetary service answers every date with NASA's logo, and the
replacement ignores unknown parameters and answers with other days.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from include.apod.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from include.apod.days import Span
    from include.apod.formats.raw import Record

log = logging.getLogger(__name__)

REPEATS = 3  # so many days with one url or one text are refused; in no 31 days of 1995-2023 are there even two
MOST = 0.5  # of an answer: if more is wrong, none of it is believed
TITLE_SHARE = 4  # a title may be on two days of 31, and on three by chance; on a quarter of an answer it may not
PLACEHOLDERS = ("nasa-logo", "/themes/nasa-child/")
REQUIRED_TEXTS = ("title", "explanation", "media_type")


def _own_date(record: Record) -> str | None:
    """The day that a record says it is of."""
    day = record.get("date")
    return day if isinstance(day, str) else None


def _placed(records: Sequence[object], day_of: Callable[[Record], str | None]) -> dict[date, list[Record]]:
    """The records by day; what has no day is left out."""
    by_date: dict[date, list[Record]] = defaultdict(list)
    for record in records:
        if isinstance(record, dict):
            with suppress(ValueError):
                by_date[date.fromisoformat(day_of(record) or "")].append(record)
    return by_date


def _examples(records: Sequence[object], by_date: Mapping[date, Sequence[Record]]) -> str:
    """What an answer has instead of the days that were asked for."""
    if not by_date:
        return f"a record without a date: {str(records[0])[:120]}"
    days = ", ".join(f"{day}" for day in sorted(by_date)[:3])
    twice = any(len(group) > 1 for group in by_date.values())
    return f"{days}{', a day twice' if twice else ''}"


def by_day(
    records: object, span: Span, source: str, day_of: Callable[[Record], str | None] = _own_date
) -> dict[date, Record]:
    """The records of an answer by day, oldest first. A record that cannot be placed costs itself, with a warning.

    Args:
        records: the parsed answer.
        span: the days that were asked for.
        source: name of the service.
        day_of: which day a record is of, YYYY-MM-DD; None if it does not say.

    Raises:
        SourceChanged: the answer is not a list, or most of its records are of no day that was asked for.
    """
    if not isinstance(records, list):
        raise SourceChanged(f"{source} answered {span} with a JSON {type(records).__name__}, not a list.")
    by_date = _placed(records, day_of)
    result: dict[date, Record] = {}
    for day, candidates in sorted(by_date.items()):
        own = [record for record in candidates if record.get("date") == f"{day}"] or candidates
        if day in span and all(record == own[0] for record in own):
            result[day] = own[0]
    unplaced = len(records) - len(result)
    if unplaced > MOST * len(records):
        raise SourceChanged(f"{source} was asked for {span} and answered {_examples(records, by_date)}.")
    if unplaced:
        log.warning("%s answers %s with %d records that fit no day of it; they are left out", source, span, unplaced)
    return result


def _defect(record: Mapping[str, object]) -> str:
    """What is wrong with a record on its own, or an empty text."""
    not_text = [name for name in REQUIRED_TEXTS if not isinstance(record.get(name), str)]
    if not_text or not str(record["title"]).strip():
        name = not_text[0] if not_text else "title"
        return f"wrong shape, {name} is {record.get(name)!r}"
    addresses = f"{record.get('url')} {record.get('hdurl')}"
    if record["title"] == "NASA Science" or any(mark in addresses for mark in PLACEHOLDERS):
        return f"a placeholder, title {record['title']!r}, url {record.get('url')!r}"
    return ""


def _repeated(records: Mapping[date, Mapping[str, object]], name: str) -> dict[date, str]:
    """The days that share one value of a field with too many other days."""
    by_value: dict[str, list[date]] = defaultdict(list)
    for day, record in records.items():
        if isinstance(value := record.get(name), str) and value:
            by_value[value].append(day)
    limit = max(REPEATS, len(records) / TITLE_SHARE) if name == "title" else REPEATS
    if name == "url" and len(records) == REPEATS - 1:
        limit = len(records)
    return {
        day: f"the same {name} as other days, {len(days)} in all, {value[:80]!r}"
        for value, days in by_value.items()
        if len(days) >= limit
        for day in days
    }


def defects(records: Mapping[date, Mapping[str, object]]) -> dict[date, str]:
    """The days whose record (in the one form) is no picture, each with the reason. `records` are about a month's."""
    refused: dict[date, str] = {}
    for name in ("explanation", "url", "title"):
        refused |= _repeated(records, name)
    return refused | {day: reason for day, record in records.items() if (reason := _defect(record))}


def refused_days(records: Mapping[date, Mapping[str, object]], source: str) -> dict[date, str]:
    """As `defects`, for the answer of a source.

    Raises:
        SourceChanged: most days are refused, so none of the answer is believed.
    """
    refused = defects(records)
    if refused and len(refused) > MOST * len(records):
        day, reason = next(iter(refused.items()))
        raise SourceChanged(
            f"{source} answers with what is no picture on {len(refused)} of {len(records)} days; {day}: {reason}. "
            "None of it was stored."
        )
    return refused
