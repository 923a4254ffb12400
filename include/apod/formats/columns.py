"""The columns of the CSV and of the table `apod.picture`. They are named here and nowhere else.

CONTRIBUTING.md says how to add one. Columns are only ever appended, so that old versions stay readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MEDIA_TYPES = ("image", "video", "other")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in the CSV, the table and the data package.
        description: for `datapackage.json` and docs/data.md.
        kind: `date`; `text` or `address`, which a source fills and the rules of `load/rules.py` normalise.
        required: never null.
        values: the only values it may have; none for any.
    """

    name: str
    description: str
    kind: Literal["date", "text", "address"] = "text"
    required: bool = False
    values: tuple[str, ...] = ()


COLUMNS = {
    column.name: column
    for column in (
        Column("date", "Day of the picture, US Eastern.", "date", required=True),
        Column("title", "Title.", required=True),
        Column("explanation", "Text that goes with the picture."),
        Column("media_type", "`image`, `video` or `other`.", required=True, values=MEDIA_TYPES),
        Column("url", "The picture or video; empty where NASA gives none.", "address"),
        Column("hdurl", "The picture in full size; images only.", "address"),
        Column("thumbnail_url", "Still of a video, where NASA gives one.", "address"),
        Column("copyright", "Holder of the rights, as NASA names them; empty says nothing about the rights."),
        Column("page_url", "The page of the day at NASA.", "address", required=True),
        Column("credit", "Who made it, where the service says so apart from the rights."),
        Column("alt", "The picture in words, for people who do not see it."),
    )
}
SOURCE_COLUMNS = tuple(name for name, column in COLUMNS.items() if column.kind in ("text", "address"))
ADDRESSES = tuple(name for name, column in COLUMNS.items() if column.kind == "address")
