"""The raw store: what each service answered for each day, unchanged, one observation a line.

`raw/YYYY/YYYY-MM.jsonl`, UTF-8, ordered by (date, seen_at), only ever appended to. The newest observation of a day
counts. Who has appended or merged what there is to store ends with `flush_folders`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from include.apod.adapters.files import flush, locked, replacing
from include.apod.days import DAY, Span
from include.apod.errors import BadData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

Record = dict[str, object]  # parsed JSON of one picture, in the fields of the service that sent it
SUFFIX = ".jsonl"
YEAR = re.compile("[0-9]{4}")
REMEDY = "Delete the file, then ./apod restore --raw brings it back from the last version."


class Observation(msgspec.Struct, frozen=True):
    """What one service answered for one day.

    Attributes:
        date: the day of the picture.
        seen_at: time of the answer, ISO 8601 in UTC.
        source: the name of the service.
        sha256: digest of the record or of the evidence, see `digest`.
        record: the record as it was sent; None where the service says that there is no picture.
        absent: that answer, `{"status", "body"}`; None where there is a record.
        via: who kept the answer, `{"repository", "commit", "path"}`; None where the pipeline asked by itself.
    """

    date: date
    seen_at: str
    source: str
    sha256: str
    record: Record | None = None
    absent: dict[str, object] | None = None
    via: dict[str, str] | None = None


class FileState(NamedTuple):
    """By what a month file is known to be unchanged since it was read.

    Attributes:
        size: in bytes.
        modified: time of the last change, in nanoseconds.
    """

    size: int
    modified: int


class RecordId(NamedTuple):
    """Identifies a record: the service and the digest of its content."""

    source: str
    sha256: str


_DECODER = msgspec.json.Decoder(Observation)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def digest(value: object) -> str:
    """sha256 (hex) of parsed JSON; equal for equal values, whatever the order of the keys."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()


def to_line(observation: Observation) -> bytes:
    """The observation as a line of the raw store, with its line end."""
    content = {"record": observation.record} if observation.absent is None else {"absent": observation.absent}
    fields = {
        "date": observation.date.isoformat(),
        "seen_at": observation.seen_at,
        "source": observation.source,
        "sha256": observation.sha256,
        **({"via": observation.via} if observation.via else {}),
        **content,
    }
    try:
        return msgspec.json.encode(fields) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form; as an escape sequence it is kept
        return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def from_line(line: bytes) -> Observation:
    """The observation in a line of the raw store.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: the line is not an observation.
    """
    try:
        observation = _DECODER.decode(line)  # a fifth of the time of what follows
    except msgspec.DecodeError:  # it knows no lone surrogate, which is JSON all the same
        observation = _parsed(json.loads(line))
    datetime.fromisoformat(observation.seen_at)
    return observation


def _parsed(fields: dict[str, Any]) -> Observation:  # type: ignore[explicit-any]  # parsed JSON
    return Observation(
        date.fromisoformat(fields["date"]),
        fields["seen_at"],
        fields["source"],
        fields["sha256"],
        fields.get("record"),
        fields.get("absent"),
        fields.get("via"),
    )


def parse_month(content: bytes, path: Path) -> list[Observation]:
    """The observations in the bytes of a month file, in its order.

    Raises:
        BadData: the file is cut short, or a line is not an observation or of another month.
    """
    *lines, incomplete = content.split(b"\n")
    try:
        observations = [from_line(line) for line in lines]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadData(f"{path} holds a line that is not an observation: {error!r}. {REMEDY}") from error
    if incomplete:
        raise BadData(f"{path} is cut short after {len(lines)} lines. {REMEDY}")
    days = {observation.date for observation in observations}
    if strays := sorted(day for day in days if month_of(day) != path.stem):
        raise BadData(f"{path} holds an observation of {strays[0]}. {REMEDY}")
    return observations


def read_month(path: Path) -> list[Observation]:
    """The observations of a month file; none if there is no such file.

    Raises:
        BadData: as `parse_month`.
    """
    return parse_month(path.read_bytes(), path) if path.exists() else []


def month_of(day: date) -> str:
    """The month of a day, `YYYY-MM`."""
    return day.isoformat()[:7]


def month_days(month: str) -> Span:
    """The days of a month; `month` is `YYYY-MM`."""
    first = date.fromisoformat(f"{month}-01")
    return Span(first, date(first.year + first.month // 12, first.month % 12 + 1, 1) - DAY)


def relative_path(month: str) -> str:
    """The path of a month's file inside the raw store; `month` is `YYYY-MM`."""
    return f"{month[:4]}/{month}{SUFFIX}"


def month_file(raw: Path, month: str) -> Path:
    """The file of a month in the raw store at `raw`."""
    return raw / relative_path(month)


def state_of(file: Path | os.DirEntry[str]) -> FileState:
    """The state of a file."""
    status = file.stat()
    return FileState(status.st_size, status.st_mtime_ns)


def states(raw: Path) -> dict[str, FileState]:
    """The state of each month file, by month, oldest first; in a third of the time of asking for one after the other.

    Raises:
        BadData: a file is not in the folder of its year.
    """
    years = [year for year in os.scandir(raw) if year.is_dir() and YEAR.fullmatch(year.name)] if raw.exists() else []
    files = (entry for year in years for entry in [*os.scandir(year)] if entry.name.endswith(SUFFIX))
    by_month = {}
    for entry in files:
        month = entry.name.removesuffix(SUFFIX)
        if not entry.path.endswith(relative_path(month)):
            raise BadData(f"{entry.path} is not in the folder of its year (YYYY/YYYY-MM). Move it there or away.")
        by_month[month] = state_of(entry)
    return dict(sorted(by_month.items()))


def months(raw: Path) -> list[Path]:
    """The month files, oldest first.

    Raises:
        BadData: as `states`.
    """
    return [month_file(raw, month) for month in states(raw)]


def _after(existing: Sequence[Observation], addition: Observation) -> Observation | None:
    """An answer of now, at a time behind those that are there: a clock that was ahead must not hide what follows.

    None where it is there already: another task, taken for dead, has stored it meanwhile.
    """
    of_day = [observation for observation in existing if observation.date == addition.date]
    if not of_day:
        return addition
    last = of_day[-1]
    if addition.record is not None and (last.source, last.sha256) == (addition.source, addition.sha256):
        return None
    if last.seen_at <= addition.seen_at:
        return addition
    later = datetime.fromisoformat(last.seen_at) + timedelta(seconds=1)
    return replace(addition, seen_at=f"{later:%Y-%m-%dT%H:%M:%SZ}")


def writing(raw: Path) -> AbstractContextManager[None]:
    """Held while a month file is read and written anew: an import or a restore may run beside an ingest."""
    return locked(raw.with_name(f".{raw.name}.lock"))


def append(raw: Path, observations: Iterable[Observation]) -> None:
    """Adds answers of now to their month files. Existing lines keep their bytes; each file is replaced atomically.

    After a power cut a file is the old or the new one, whole.
    """
    _insert(raw, observations, _after)


def merge(raw: Path, observations: Iterable[Observation]) -> None:
    """As `append`, for observations of the past: each keeps its time."""
    _insert(raw, observations, lambda _, observation: observation)


def _insert(
    raw: Path,
    observations: Iterable[Observation],
    placed: Callable[[Sequence[Observation], Observation], Observation | None],
) -> None:
    by_month: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        by_month[month_of(observation.date)].append(observation)
    for month, additions in by_month.items():
        with writing(raw):
            _insert_month(raw, month, additions, placed)


def _insert_month(
    raw: Path,
    month: str,
    additions: Sequence[Observation],
    placed: Callable[[Sequence[Observation], Observation], Observation | None],
) -> None:
    path = month_file(raw, month)
    content = path.read_bytes() if path.exists() else b""
    existing = parse_month(content, path)
    lines = [*zip(existing, content.splitlines(keepends=True), strict=True)]
    lines += [(new, to_line(new)) for addition in additions if (new := placed(existing, addition))]
    with replacing(path, flush_folder=False) as file:
        file.writelines(line for _, line in sorted(lines, key=lambda pair: (pair[0].date, pair[0].seen_at)))


def flush_folders(raw: Path) -> None:
    """Makes new files outlast a power cut: their contents were flushed one by one, their names are here, at once."""
    for folder in raw.glob("**/"):
        flush(folder)


def newest(observations: Iterable[Observation]) -> dict[date, Observation]:
    """The observation that counts for each day; the input is in the order of the raw store."""
    return {observation.date: observation for observation in observations}


def newest_records(raw: Path, span: Span) -> dict[date, RecordId]:
    """Which record is the newest of each day, for the months of a span. Answers without a record do not count."""
    return {
        observation.date: RecordId(observation.source, observation.sha256)
        for month in sorted({month_of(day) for day in span})
        for observation in read_month(month_file(raw, month))
        if observation.absent is None
    }
