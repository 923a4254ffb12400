r"""`apod_data.csv`: a header and one row a picture, in the dialect of PostgreSQL's CSV export with FORCE_QUOTE.

Text is always quoted, null is an unquoted empty field, lines end with `\n`. Files of older and newer versions may have
other columns, so readers go by the header.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.adapters.files import md5_hex
from include.apod.formats.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = ",".join(COLUMNS).encode() + b"\n"
MAX_FIELD_CHARACTERS = 1 << 30  # Python's csv module stops at 131,072 unless told otherwise


@dataclass(frozen=True)
class Content:
    """A summary of a CSV.

    Attributes:
        rows: number of pictures.
        first: oldest day, `YYYY-MM-DD`.
        last: newest day.
        title: of the newest picture.
        days: all of them.
    """

    rows: int
    first: str
    last: str
    title: str
    days: frozenset[date]


def row_md5(line: bytes) -> str:
    """The digest of a row: the md5 of its line in the CSV up to the last text, so that a new column changes none.

    `formats/statements.py` has the same of a row in PostgreSQL.
    """
    return md5_hex(line.rstrip(b",\n"))


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file, the header first."""
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.reader(file)


def read_records(path: Path) -> Iterator[dict[str, str | None]]:
    """The rows of a CSV file by name; an empty field is a null, since no text of ours is empty."""
    rows = read_rows(path)
    header = next(rows)
    for row in rows:
        yield dict(zip(header, (value or None for value in row), strict=True))


def read_content(path: Path) -> Content:
    """The summary of a CSV with at least one row."""
    header, *rows = read_rows(path)
    day, title = header.index("date"), header.index("title")
    days = frozenset(date.fromisoformat(row[day]) for row in rows)
    return Content(len(rows), rows[0][day], rows[-1][day], rows[-1][title], days)
