"""Checks whether an answer can be believed, before anything of it is stored.

A status of 200 says nothing: since September 2026 the planetary service answers every date with NASA's logo, and the
replacement ignores unknown parameters and answers with other days.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

from include.apod.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from include.apod.days import Span
    from include.apod.formats.raw import Record

REPEATS = 3  # so many days with one url or one text are refused; in no 31 days of 1995-2023 are there even two
TITLE_SHARE = 4  # a title may be on two days of 31, and on three by chance; on a quarter of an answer it may not
PLACEHOLDERS = ("nasa-logo", "/themes/nasa-child/")
REQUIRED_TEXTS = ("title", "explanation", "media_type")


def _day_of(record: object, span: Span, source: str) -> date:
    text = record.get("date") if isinstance(record, dict) else None
    try:
        return date.fromisoformat(text if isinstance(text, str) else "")
    except ValueError as error:
        raise SourceChanged(
            f"{source} was asked for {span} and answered a record without a date: {str(record)[:120]}"
        ) from error


def by_day(records: object, span: Span, source: str) -> dict[date, Record]:
    """The records of an answer by the day in each record, oldest first.

    Raises:
        SourceChanged: the answer is not a list of records, or has a record without a date, of a day outside `span`, or
            two of one day.
    """
    if not isinstance(records, list):
        raise SourceChanged(f"{source} answered {span} with a JSON {type(records).__name__}, not a list.")
    days = [_day_of(record, span, source) for record in records]
    if strangers := sorted({f"{day}" for day in days if day not in span}):
        raise SourceChanged(f"{source} was asked for {span} and answered {', '.join(strangers[:3])}.")
    if len(set(days)) < len(days):
        raise SourceChanged(f"{source} was asked for {span} and answered a day twice.")
    return dict(sorted(zip(days, records, strict=True)))


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
        day: f"the same {name} on {len(days)} days, {value[:80]!r}"
        for value, days in by_value.items()
        if len(days) >= limit
        for day in days
    }


def refused_days(records: Mapping[date, Mapping[str, object]], source: str) -> dict[date, str]:
    """The days whose record (in the one form) is no picture, each with the reason.

    Raises:
        SourceChanged: so many days are refused that none of the answer can be believed.
    """
    refused: dict[date, str] = {}
    for name in ("explanation", "url", "title"):
        refused |= _repeated(records, name)
    refused |= {day: reason for day, record in records.items() if (reason := _defect(record))}
    if refused and (len(refused) >= REPEATS or len(refused) == len(records)):
        day, reason = next(iter(refused.items()))
        raise SourceChanged(
            f"{source} answers with what is no picture on {len(refused)} of {len(records)} days; {day}: {reason}. "
            "None of it was stored."
        )
    return refused
