"""Step 2: make each raw month a clean, typed fragment of the CSV.

A pure function of the raw bytes and `fragments.VERSION`: a fragment that exists is the right one, on every machine. The
rules look at one row at a time, so months that are cleaned together come out as they would one by one.
"""

from __future__ import annotations

import csv
import io
import logging
import shutil
from itertools import islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from include.apod import raw as raw_store
from include.apod.columns import COLUMNS
from include.apod.fragments import KINDS, VERSION, Fragment, key_of, md5, read_manifest, write_manifest
from include.apod.normalise import TEXTS, normalised
from include.apod.quarantine import sort
from include.apod.run import Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from include.apod.store import Store

log = logging.getLogger(__name__)

BATCH = 120  # months; their pictures are about 5 MB, and pandas costs as much for one month as for these
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
        files = dict(
            zip(KINDS, (rows, quoted((*origin, VERSION) for origin in one.origins), quoted(one.rejected)), strict=True)
        )
        digest, left_out = md5(*files.values()), len(one.rejected)
        fragment = Fragment(month.stem, len(content), when, key_of(content), len(rows), digest, left_out)
        fragment.write(clean, {kind: file for kind, file in files.items() if file or kind == "csv"})
        made[month.stem] = fragment
    return made


def transform(store: Store, *, rebuild: bool = False) -> Report:
    """Writes the fragment of every raw month that lacks it; with `rebuild`, of every month.

    Raises:
        BadData: a raw file is damaged; what was published stays.
    """
    if rebuild:
        shutil.rmtree(store.clean, ignore_errors=True)
    known, months = read_manifest(store.clean), raw_store.months(store.raw)
    fresh = {name for month in months if (name := month.stem) in known and known[name].is_of(month, store.clean)}
    lacking = [month for month in months if month.stem not in fresh]
    made = dict(known)
    for start in range(0, len(lacking), BATCH):
        made |= write_fragments(lacking[start : start + BATCH], store.clean)
    manifest = {month.stem: made[month.stem] for month in months}
    if manifest != known:
        write_manifest(store.clean, manifest.values())
    rejected = sum(fragment.rejected for fragment in manifest.values())
    sentence = f"{len(lacking)} months transformed" if lacking else "every month is clean already"
    if rejected:
        sentence += f"; {rejected} observations break a hard rule and go to apod.rejected"
    return Report(bool(lacking), sentence, {"months": len(lacking), "rejected": rejected})
