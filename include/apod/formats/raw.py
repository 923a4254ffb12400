"""The raw store: what each service said of each day, in its own words, one observation a line.

`YYYY/YYYY-MM.jsonl`, UTF-8, ordered by (date, seen_at), only ever appended to. The newest observation of a
day counts.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from include.apod.adapters.files import replacing
from include.apod.errors import BadData

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from include.apod.days import Span


@dataclass(frozen=True)
class Observation:
    """What one service said of one day.

    Attributes:
        date: the day of the picture.
        seen_at: when it was said, ISO 8601 in UTC.
        source: the name of the service.
        sha256: digest of the words, see `digest`.
        record: the record as it was sent, or None where the service said there is no picture.
        absent: that word: `{"status", "body"}`; None where there is a record.
    """

    date: date
    seen_at: str
    source: str
    sha256: str
    record: dict[str, Any] | None = None
    absent: dict[str, Any] | None = None


def digest(words: object) -> str:
    """sha256 (hex) of parsed JSON: equal for equal values, whatever the order of the keys."""
    return hashlib.sha256(json.dumps(words, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def to_line(seen: Observation) -> bytes:
    """The observation as it stands in the store, with its line end."""
    said = {"record": seen.record} if seen.absent is None else {"absent": seen.absent}
    whole = {
        "date": seen.date.isoformat(),
        "seen_at": seen.seen_at,
        "source": seen.source,
        "sha256": seen.sha256,
        **said,
    }
    try:
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form; escaped, it is kept all the same
        return json.dumps(whole, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> Observation:
    said = json.loads(line)
    datetime.fromisoformat(said["seen_at"])
    return Observation(
        date.fromisoformat(said["date"]),
        said["seen_at"],
        said["source"],
        said["sha256"],
        said.get("record"),
        said.get("absent"),
    )


def parse_month(content: bytes, path: Path) -> list[Observation]:
    """The observations in the bytes of a month file, in its order.

    Raises:
        BadData: the file is cut short, or a line is not an observation or of another month.
    """
    *lines, rest = content.split(b"\n")
    try:
        observations = [from_line(line) for line in lines]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadData(f"{path} holds a line that is not an observation: {error!r}. {_MEND}") from error
    if rest:
        raise BadData(f"{path} is cut short after {len(lines)} lines. {_MEND}")
    if strays := [seen.date for seen in observations if month_of(seen.date) != path.stem]:
        raise BadData(f"{path} holds an observation of {strays[0]}. {_MEND}")
    return observations


_MEND = "Delete the file, then ./apod restore --raw brings it back from the last version."


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def month_file(raw: Path, month: str) -> Path:
    """The file of a month, `YYYY-MM`."""
    return raw / month[:4] / f"{month}.jsonl"


def months(raw: Path) -> list[Path]:
    """The month files, oldest first."""
    return sorted(raw.glob("[0-9][0-9][0-9][0-9]/*.jsonl"))


def append(raw: Path, observations: Iterable[Observation]) -> None:
    """Adds observations to their months. What stands there keeps its bytes; each file is replaced whole."""
    by_month: dict[str, list[Observation]] = defaultdict(list)
    for seen in observations:
        by_month[month_of(seen.date)].append(seen)
    for month, new in by_month.items():
        path = month_file(raw, month)
        content = path.read_bytes() if path.exists() else b""
        old = zip(parse_month(content, path), content.splitlines(keepends=True), strict=True)
        lines = [*old, *((seen, to_line(seen)) for seen in new)]
        with replacing(path) as file:
            file.writelines(line for _, line in sorted(lines, key=lambda pair: (pair[0].date, pair[0].seen_at)))


def newest(observations: Iterable[Observation]) -> dict[date, Observation]:
    """The observation that counts, for each day. The input is in the order of the store."""
    return {seen.date: seen for seen in observations}


def digests(raw: Path, span: Span) -> dict[date, tuple[str, str]]:
    """The source and the digest of the newest record of each day, for the months of a span."""
    paths = [month_file(raw, month) for month in sorted({month_of(day) for day in span})]
    return {
        seen.date: (seen.source, seen.sha256)
        for path in paths
        if path.exists()
        for seen in parse_month(path.read_bytes(), path)
        if seen.absent is None
    }
