"""The hard rules, and what becomes of an observation that breaks one: it is left out, kept, and said to be.

The newest good observation of a day counts. Newer ones that break a rule go to `apod.rejected` with the reason, until a
good one follows them; the rest of the month goes on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from include.apod.load.rules import TEXTS
from include.apod.sources import basic, planetary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from include.apod.formats.raw import Observation

MEDIA_TYPES = ("image", "video", "other")
TO_ONE_FORM: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "planetary": planetary.normalise,
    "basic": basic.normalise,
}


@dataclass(frozen=True)
class Sorted:
    """The observations of a month, judged.

    Attributes:
        records: of each day the record that counts, in the one form of all sources, oldest day first.
        origins: for each of them its day, source, sha256 and time.
        rejected: for each left out its day, sha256, source, time, the reason, and its words as ASCII JSON.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    origins: list[tuple[str, ...]] = field(default_factory=list)
    rejected: list[tuple[str, ...]] = field(default_factory=list)


def fault(record: Mapping[str, Any], day: str) -> str:
    """Which hard rule a record (in the one form) breaks, or nothing."""
    texts = {name: record[name] for name in ("date", *TEXTS) if record.get(name) is not None}
    if odd := [name for name, value in texts.items() if not isinstance(value, str)]:
        return f"{odd[0]} is {texts[odd[0]]!r:.80}, not text"
    if texts.get("date") != day:
        return f"filed under {day}, but of {texts.get('date')!r}"
    if not texts.get("title", "").replace("\0", "").strip():
        return "no title"
    if texts.get("media_type") not in MEDIA_TYPES:
        return f"media_type {texts.get('media_type')!r} is none of {', '.join(MEDIA_TYPES)}"
    try:
        "".join(texts.values()).encode()
    except UnicodeEncodeError as error:
        return f"a lone surrogate {error.object[error.start]!r}, which no text file can hold"
    return ""


def judge(seen: Observation) -> tuple[dict[str, Any], str]:
    """An observation's record in the one form, and which hard rule it breaks, or nothing."""
    if seen.source not in TO_ONE_FORM:
        return {}, f"source {seen.source!r} is none of {', '.join(TO_ONE_FORM)}"
    if not isinstance(seen.record, dict):
        return {}, f"the record is {seen.record!r:.80}, no object"
    record = TO_ONE_FORM[seen.source](seen.record)
    return record, fault(record, f"{seen.date}")


def sort(observations: Iterable[Observation]) -> Sorted:
    """Judges the observations of a month, in the order of the raw store."""
    settled, made = set(), Sorted()
    for seen in reversed([*observations]):
        if seen.date in settled:
            continue
        record, reason = ({}, "") if seen.absent else judge(seen)
        if reason:
            words = json.dumps({"source": seen.source, "record": seen.record})
            made.rejected.append((f"{seen.date}", seen.sha256, seen.source, seen.seen_at, reason, words))
            continue
        settled.add(seen.date)
        if record:
            made.records.append(record)
            made.origins.append((f"{seen.date}", seen.source, seen.sha256, seen.seen_at))
    return Sorted(made.records[::-1], made.origins[::-1], made.rejected[::-1])
