"""The clean rows of raw months: judged, normalised, and written in the dialect of the CSV. All of pandas is here.

The rules look at one row at a time, so months that are cleaned together come out as they would one by one.
"""

from __future__ import annotations

import csv
import io
import logging
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from include.apod.formats import raw as raw_store
from include.apod.formats.columns import COLUMNS
from include.apod.formats.fragments import KINDS, VERSION, Fragment, key_of, md5
from include.apod.load.quarantine import sort
from include.apod.load.rules import TEXTS, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

NOT_KEPT = ("service_version", "concepts")  # facts about the service, not about the picture


def clean_rows(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Records in the one form, good ones, to one row each: columns of the CSV, `string` or null."""
    frame = pd.DataFrame(records, dtype=object)
    if extra := sorted(set(frame.columns) - {"date", *TEXTS, *NOT_KEPT}):
        log.warning("NASA sends fields we do not know: %s. They stay in the raw store.", ", ".join(extra))
    frame = normalised(frame.reindex(columns=["date", *TEXTS]).astype("string"))
    day = frame["date"].str
    frame["page_url"] = "https://apod.nasa.gov/apod/ap" + day[2:4] + day[5:7] + day[8:10] + ".html"
    return frame.reindex(columns=list(COLUMNS))


def to_lines(frame: pd.DataFrame) -> list[str]:
    """The rows as PostgreSQL writes them with FORCE_QUOTE: text quoted, null unquoted nothing.

    Python's csv module has no such mode before 3.12, so the fields are joined here.
    """
    fields = [('"' + frame[name].str.replace('"', '""') + '"').fillna("") for name in COLUMNS if name != "date"]
    return [f"{','.join(line)}\n" for line in zip(frame["date"], *fields, strict=True)]


def quoted(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows without nulls as CSV."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def write_fragments(months: Sequence[Path], clean: Path) -> dict[str, Fragment]:
    """Writes the fragments of some raw months; returns them by month."""
    modified = [month.stat().st_mtime_ns for month in months]  # before they are read: an append in between shows
    contents = [month.read_bytes() for month in months]
    judged = [sort(raw_store.parse_month(*month)) for month in zip(contents, months, strict=True)]
    lines = iter(to_lines(clean_rows([record for one in judged for record in one.records])))
    made = {}
    for month, when, content, one in zip(months, modified, contents, judged, strict=True):
        rows = "".join(islice(lines, len(one.records))).encode()
        files = (rows, quoted((*origin, VERSION) for origin in one.origins), quoted(one.rejected))
        digests = [*map(md5, files)]
        fragment = Fragment(
            month.stem, len(content), when, md5(content), key_of(content), len(rows), len(one.rejected), digests
        )
        fragment.write(clean, {kind: file for kind, file in zip(KINDS, files, strict=True) if file or kind == "csv"})
        made[month.stem] = fragment
    return made
