"""One version, and all that its release says of it; everything here is the same whenever it is read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from include.apod.adapters.commits import web_page
from include.apod.adapters.files import md5_of, sha256_of
from include.apod.days import Span, parse_spans, spans
from include.apod.errors import Unavailable
from include.apod.formats.csv_file import read_content
from include.apod.formats.statements import statement
from include.apod.history.versions import fetch_csv

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

    from include.apod.adapters.git import Repository
    from include.apod.formats.csv_file import Content
    from include.apod.formats.store import Store
    from include.apod.history.versions import Version

MOST_ENTRIES = 500  # of the feed


@dataclass(frozen=True)
class Correction:
    """A value that NASA changed.

    Attributes:
        date: of the picture.
        field: the column.
        before, after: its values.
        before_sha256, after_sha256: of the observations in the raw store.
        commit, committed_at: the first version that holds it.
    """

    date: date
    field: str
    before: str | None
    after: str | None
    before_sha256: str | None
    after_sha256: str
    commit: str
    committed_at: datetime


@dataclass(frozen=True)
class Edition:
    """A version that is released.

    Attributes:
        version: the newest one.
        versions: all of them, newest first.
        csv: its file.
        sha256: of the file.
        content: summary of the file.
        gaps: the days between the first and the last that have no row, by why.
        corrections: what NASA changed, newest first; the last `MOST_ENTRIES`.
        page: the web page of the repository, or its address without a login.
    """

    version: Version
    versions: list[Version]
    csv: Path
    sha256: str
    content: Content
    gaps: dict[str, list[Span]]
    corrections: list[Correction]
    page: str

    @property
    def name(self) -> str:
        """Of its folder: `<day>-<commit>`."""
        return f"{self.version.time[:10]}-{self.version.commit[:12]}"


def _gaps(version: Version, content: Content, unreadable: set[date]) -> dict[str, list[Span]]:
    """Why days have no row."""
    first, last = date.fromisoformat(content.first), date.fromisoformat(content.last)
    without_row = {*Span(first, last)} - content.days
    absent = parse_spans(version.facts.get("no_picture", "")) & without_row
    lost = parse_spans(version.facts.get("lost_by_source", "")) & without_row
    reasons = {"no picture": absent, "lost by the source": lost, "unreadable": unreadable & without_row}
    reasons["missing"] = without_row.difference(*reasons.values())
    return {reason: [*spans(days)] for reason, days in reasons.items()}


def read_edition(
    repository: Repository, versions: list[Version], store: Store, connection: Connection, folder: Path
) -> Edition:
    """Reads all about the newest version; its CSV is copied or downloaded into `folder`.

    Raises:
        Unavailable: the remote does not have the CSV.
    """
    version, csv = versions[0], folder / "apod_data.csv"
    if store.csv.exists():
        shutil.copyfile(store.csv, csv)
    if (not csv.exists() or md5_of(csv) != version.csv) and not fetch_csv(version, csv):
        raise Unavailable(
            f"The DVC remote does not have the CSV of version {version.commit[:12]}, so nothing was released. "
            "./apod trigger version puts it back."
        )
    load_id, unreadable = connection.execute(statement("release/select_load"), {"md5": version.csv}).fetchone() or (
        0,
        [],
    )
    with connection.cursor(row_factory=class_row(Correction)) as cursor:
        parameters = {"load_id": load_id, "most": MOST_ENTRIES}
        corrections = cursor.execute(statement("release/select_corrections"), parameters).fetchall()
    content = read_content(csv)
    gaps = _gaps(version, content, set(unreadable))
    return Edition(version, versions, csv, sha256_of(csv), content, gaps, corrections, web_page(repository.url))
