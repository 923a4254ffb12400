"""The columns of the CSV and the table, in their order: the one place that names them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = {
    "date": "Day of the picture, US Eastern.",
    "title": "Title.",
    "explanation": "Text that goes with the picture.",
    "media_type": "`image`, `video` or `other`.",
    "url": "The picture or video; empty where NASA gives none.",
    "hdurl": "The picture in full size; images only.",
    "thumbnail_url": "Still of a video, where NASA gives one.",
    "copyright": "Holder of the rights, as NASA names them; empty says nothing about the rights.",
    "page_url": "The page of the day at apod.nasa.gov.",
}
HEADER = ",".join(COLUMNS).encode() + b"\n"
LONGEST_FIELD = 1 << 30  # characters; Python's csv module stops at 131,072 by itself


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file, its header first."""
    csv.field_size_limit(LONGEST_FIELD)
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.reader(file)
