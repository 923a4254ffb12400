"""What is believed: an answer that is not what was asked for, or no picture, goes no further.

A status of 200 says nothing. Since September 2026 NASA's planetary service answers every date with its own logo, and
the replacement ignores parameters that it does not know and answers with other days.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from include.apod.errors import SourceChanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from include.apod.days import Span

MANY = 3  # days with one url or one text; in no 31 days of 1995-2023 are there even two
TITLES = 4  # a title may stand on two days of 31, three by chance; on a quarter of them it may not
PLACEHOLDERS = ("nasa-logo", "/themes/nasa-child/")
TEXTS = ("title", "explanation", "media_type")


def by_day(records: Any, asked: Span, source: str) -> dict[date, dict[str, Any]]:
    """The records of an answer by the day that each says it is of, oldest first.

    Raises:
        SourceChanged: not a list of records, a record without a date or of a day that was not asked for, or a day
            twice.
    """
    if not isinstance(records, list):
        raise SourceChanged(f"{source} answered {asked} with a JSON {type(records).__name__}, not a list.")
    days = [_day_of(record, asked, source) for record in records]
    if strangers := sorted({f"{day}" for day in days if day not in asked}):
        raise SourceChanged(f"{source} was asked for {asked} and answered {', '.join(strangers[:3])}.")
    if len(set(days)) < len(days):
        raise SourceChanged(f"{source} was asked for {asked} and answered a day twice.")
    return dict(sorted(zip(days, records, strict=True)))


def _day_of(record: Any, asked: Span, source: str) -> date:
    try:
        return date.fromisoformat(record["date"])
    except (TypeError, KeyError, ValueError) as error:
        raise SourceChanged(
            f"{source} was asked for {asked} and answered a record without a date: {str(record)[:120]}"
        ) from error


def sift(records: Mapping[date, Mapping[str, Any]], source: str) -> dict[date, str]:
    """The days whose (normalised) record is no picture, each with what is wrong.

    Raises:
        SourceChanged: that is so of the whole answer, or of so many days that none of it can be believed.
    """
    wrong: dict[date, str] = {}
    for name in ("explanation", "url", "title"):
        wrong |= _repeated(records, name)
    wrong |= {day: why for day, record in records.items() if (why := _fault(record))}
    if wrong and (len(wrong) >= MANY or len(wrong) == len(records)):
        day, why = next(iter(wrong.items()))
        raise SourceChanged(
            f"{source} answers with what is no picture on {len(wrong)} of {len(records)} days; {day}: {why}. "
            "None of it was stored."
        )
    return wrong


def _fault(record: Mapping[str, Any]) -> str:
    """What is wrong with one record, or nothing."""
    odd = [name for name in TEXTS if not isinstance(record.get(name), str)]
    if odd or not str(record["title"]).strip():
        return f"wrong shape, {odd[0] if odd else 'title'} is {record.get(odd[0] if odd else 'title')!r}"
    addresses = f"{record.get('url')} {record.get('hdurl')}"
    if record["title"] == "NASA Science" or any(mark in addresses for mark in PLACEHOLDERS):
        return f"a placeholder, title {record['title']!r}, url {record.get('url')!r}"
    return ""


def _repeated(records: Mapping[date, Mapping[str, Any]], name: str) -> dict[date, str]:
    """The days that share one value with too many others."""
    days: dict[str, list[date]] = defaultdict(list)
    for day, record in records.items():
        if isinstance(value := record.get(name), str) and value:
            days[value].append(day)
    limit = max(MANY, len(records) / TITLES) if name == "title" else MANY
    if name == "url" and len(records) == MANY - 1:
        limit = len(records)
    return {
        day: f"the same {name} on {len(those)} days, {value[:80]!r}"
        for value, those in days.items()
        if len(those) >= limit
        for day in those
    }
