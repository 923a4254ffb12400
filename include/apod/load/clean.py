"""The clean rows of raw months: judged, normalised, and written in the dialect of the CSV. All of pandas is here.

The rules look at one row at a time, so it makes no difference which months are cleaned together.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd

from include.apod.adapters.files import md5_hex, sha256_hex
from include.apod.adapters.second_process import map_in_two_processes
from include.apod.formats import raw as raw_store
from include.apod.formats.columns import SOURCE_COLUMNS
from include.apod.formats.csv_file import row_md5
from include.apod.formats.fragments import Fragment, PerFile, quoted, to_csv
from include.apod.load.quarantine import JudgedMonth, judge
from include.apod.load.rules import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from include.apod.formats.raw import Record

log = logging.getLogger(__name__)

pd.set_option("mode.string_storage", "python")  # Arrow's would be copied to and fro
BATCH_MONTHS = 20  # about 1 MB of pictures; more are no faster and take more memory


@dataclass(frozen=True)
class RawMonth:
    """A raw month as it was read.

    Attributes:
        modified: time of the file in nanoseconds, taken before it was read: a later append shows.
        content: the bytes.
        judged: its observations after the hard rules.
    """

    modified: int
    content: bytes
    judged: JudgedMonth

    @classmethod
    def read(cls, path: Path) -> RawMonth:
        """Reads and judges a month file.

        Raises:
            BadData: the file is damaged.
        """
        modified, content = raw_store.state_of(path).modified, path.read_bytes()
        return cls(modified, content, judge(raw_store.parse_month(content, path)))


@dataclass(frozen=True)
class Batch:
    """The fragments of a few months.

    Attributes:
        fragments: with their contents, in the order of the months.
        unknown_fields, findings: as in `JudgedMonth`, of all of them.
    """

    fragments: list[tuple[Fragment, PerFile[bytes]]]
    unknown_fields: set[str]
    findings: Counter[str]


def _legacy_page(day: str) -> str:
    """The page of a day in the archive up to 2026, whose service names none."""
    return f"https://apod.nasa.gov/apod/ap{day[2:4]}{day[5:7]}{day[8:10]}.html"


def clean_rows(records: Sequence[Record]) -> pd.DataFrame:
    """Good records (in the one form) as one row each, with the columns of the CSV, of type `string` or null."""
    days, columns = [f"{record['date']}" for record in records], normalised(records)
    pages = zip(days, columns["page_url"], strict=True)
    columns["page_url"] = [_legacy_page(day) if page is None else page for day, page in pages]
    return pd.DataFrame({"date": days, **columns}, dtype="string")


def to_lines(frame: pd.DataFrame) -> list[bytes]:
    """The rows as PostgreSQL writes them with FORCE_QUOTE: text quoted, null an unquoted empty field.

    Python's csv module has no such mode before 3.12, so the fields are joined here.
    """
    columns, null = (frame[name].tolist() for name in SOURCE_COLUMNS), pd.NA
    fields = (["" if text is null else quoted(text) for text in column] for column in columns)
    return [(",".join(line) + "\n").encode() for line in zip(frame["date"].tolist(), *fields, strict=True)]


def _fragment(month: RawMonth, contents: PerFile[bytes]) -> Fragment:
    """The manifest's entry for a month."""
    return Fragment(
        raw_size=len(month.content),
        raw_modified=month.modified,
        raw_md5=md5_hex(month.content),
        rejected=len(month.judged.rejections),
        unreadable=month.judged.unreadable,
        size=PerFile(*map(len, contents)),
        sha256=PerFile(*(sys.intern(sha256_hex(content)) for content in contents)),  # most rejections are equal: none
    )


def make_fragments(raw: Path, months: Sequence[str]) -> Iterator[tuple[Fragment, PerFile[bytes]]]:
    """The fragments of some months of the raw store at `raw`, in their order.

    Raises:
        BadData: a month file is damaged.
    """
    batches = [months[start : start + BATCH_MONTHS] for start in range(0, len(months), BATCH_MONTHS)]
    for batch in map_in_two_processes(partial(_make_batch, raw), batches):
        if unknown := ", ".join(sorted(batch.unknown_fields)):
            log.warning("NASA sends fields we do not know: %s. They stay in the raw store.", unknown)
        if counts := ", ".join(f"{name} {count}" for name, count in sorted(batch.findings.items())):
            size = len(batch.fragments)
            log.warning("Put right in %d months, number of days: %s. docs/data.md says how.", size, counts)
        yield from batch.fragments


def _make_batch(raw: Path, names: Sequence[str]) -> Batch:
    """The fragments of a few months, whose rows are cleaned together."""
    months = [RawMonth.read(raw_store.month_file(raw, name)) for name in names]
    lines = iter(to_lines(clean_rows([record for month in months for record in month.judged.records])))
    fragments = []
    for month in months:
        rows = [*islice(lines, len(month.judged.records))]
        origins = [(*origin, row_md5(line)) for origin, line in zip(month.judged.origins, rows, strict=True)]
        contents = PerFile(b"".join(rows), to_csv(origins), to_csv(month.judged.rejections))
        fragments.append((_fragment(month, contents), contents))
    unknown = set[str]().union(*(month.judged.unknown_fields for month in months))
    return Batch(fragments, unknown, sum((month.judged.findings for month in months), Counter()))
