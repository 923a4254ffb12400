"""Step 2: make each raw month a clean, typed fragment of the CSV.

A pure function of the raw bytes and `VERSION`: the fragment's name is a digest of both, so a fragment that
exists is the right one. `docs/data.md` lists the normalisations.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from typing import TYPE_CHECKING

import pandas as pd

from include.apod import raw as raw_store
from include.apod.columns import COLUMNS
from include.apod.errors import BadData
from include.apod.run import Report
from include.apod.sources import basic, planetary
from include.apod.store import replacing

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

VERSION = "2"  # raise it with every change to what this module writes
MEDIA_TYPES = ("image", "video", "other")
REQUIRED = ("title", "media_type")
FROM_NASA = ("date", "title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")
NOT_KEPT = ("service_version", "concepts")  # facts about the service, not about the picture
NORMALISE = {"planetary": planetary.normalise, "basic": basic.normalise}  # each source's records to one form

LABEL = r"(?i)\s*\n\s*(?:[\w ]*credit[\w ]*|courtesy):$"  # of the page's next line, in titles of 1996 and 1997
STACKED = r"^https?://apod\.nasa\.gov/apod/(?=https?://)"  # an absolute address put behind the site's own


def fragment_of(month: Path, clean: Path) -> Path:
    """Where the fragment of a raw month is, or will be."""
    key = hashlib.sha256(month.read_bytes() + VERSION.encode()).hexdigest()[:16]
    return clean / month.stem / f"{key}.csv"


def fragments(raw: Path, clean: Path) -> list[Path]:
    """The fragments that the raw store stands for, oldest month first, whether they exist or not."""
    return [fragment_of(month, clean) for month in raw_store.months(raw)]


def read(content: bytes, name: str) -> pd.DataFrame:
    """The newest record of each day in a raw month, as NASA sent it: one row a day, columns `FROM_NASA`.

    Raises:
        BadData: a value is not text, a day is not the day it is filed under, or nobody knows the source.
    """
    observations = raw_store.newest(raw_store.parse_month(content, name))
    if strangers := {seen.source for seen in observations.values()} - NORMALISE.keys():
        raise BadData(f"{name}: source {min(strangers)!r} is none of {', '.join(NORMALISE)}.")
    records = {
        day: NORMALISE[seen.source](seen.record) for day, seen in observations.items() if seen.record is not None
    }
    frame = pd.DataFrame(list(records.values()), dtype=object)
    if extra := sorted(set(frame.columns) - {*FROM_NASA, *NOT_KEPT}):
        log.warning("%s: NASA sends fields we do not know: %s. They stay in the raw store.", name, ", ".join(extra))
    frame = frame.reindex(columns=list(FROM_NASA)).astype(object)
    for column in FROM_NASA:
        odd = frame[frame[column].notna() & ~frame[column].map(lambda value: isinstance(value, str))]
        if len(odd):
            raise BadData(f"{name}: {column} of {odd.iloc[0]['date']} is {odd.iloc[0][column]!r}, not text.")
    if [*frame["date"]] != [f"{day}" for day in records]:
        raise BadData(f"{name}: a record is filed under another day than its own.")
    return frame.astype("string")


def clean(frame: pd.DataFrame) -> pd.DataFrame:
    """The normalisations, all of them: see docs/data.md. Same rows, columns of the CSV, `string` or null."""
    text = pd.DataFrame(
        {
            name: column.str.replace("\r\n?", "\n", regex=True).str.replace("\0", "").str.strip()
            for name, column in frame.items()
        }
    )
    text["title"] = text["title"].str.replace(LABEL, "", regex=True)
    for column in ("url", "hdurl", "thumbnail_url"):
        text[column] = text[column].str.replace("^//", "https://", regex=True).str.replace(STACKED, "", regex=True)
    text = text.mask(text == "")
    text["page_url"] = pd.to_datetime(text["date"]).dt.strftime("https://apod.nasa.gov/apod/ap%y%m%d.html")
    return text.reindex(columns=list(COLUMNS))


def check(frame: pd.DataFrame, name: str) -> None:
    """The hard rules.

    Raises:
        BadData: a required field is empty, or a media type is unknown.
    """
    wrong = frame[list(REQUIRED)].isna().any(axis=1) | ~frame["media_type"].isin(MEDIA_TYPES)
    if wrong.any():
        bad = frame[wrong].iloc[0]
        raise BadData(
            f"{name}: {bad['date']} has title {bad['title']!r} and media_type {bad['media_type']!r}; a title and one "
            f"of {', '.join(MEDIA_TYPES)} are required."
        )


def to_csv(frame: pd.DataFrame) -> bytes:
    """The rows as PostgreSQL writes them with FORCE_QUOTE: text quoted, null unquoted nothing.

    Python's csv module has no such mode before 3.12, so the fields are joined here.
    """
    quoted = frame.apply(lambda column: ('"' + column.str.replace('"', '""') + '"').fillna(""))
    quoted["date"] = frame["date"]
    lines = quoted.agg(",".join, axis=1) if len(quoted) else []
    return "".join(f"{line}\n" for line in lines).encode()


def write_fragment(month: Path, fragment: Path) -> None:
    """Writes the fragment of a raw month and drops older ones."""
    rows = clean(read(month.read_bytes(), month.name))
    check(rows, month.name)
    try:
        content = to_csv(rows)
    except UnicodeEncodeError as error:
        raise BadData(f"{month.name}: {error.object[max(error.start - 20, 0) : error.start]!r} is followed by a lone "
                      "surrogate, which no text file can hold.") from error  # fmt: skip
    with replacing(fragment) as file:
        file.write(content)
    for other in set(fragment.parent.iterdir()) - {fragment}:
        other.unlink()


def transform(raw: Path, clean_store: Path, *, rebuild: bool = False) -> Report:
    """Writes the fragment of every raw month that lacks it; with `rebuild`, of every month.

    Raises:
        BadData: a month breaks a rule; the months before it are written, nothing is published.
    """
    if rebuild:
        shutil.rmtree(clean_store, ignore_errors=True)
    lacking = [
        (month, fragment)
        for month in raw_store.months(raw)
        if not (fragment := fragment_of(month, clean_store)).exists()
    ]
    for month, fragment in lacking:
        write_fragment(month, fragment)
    sentence = f"{len(lacking)} months transformed" if lacking else "every month is clean already"
    return Report(bool(lacking), sentence, {"months": len(lacking)})
