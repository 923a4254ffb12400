"""`datapackage.json` beside the CSV: its description in the Data Package standard, version 2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from include.apod.formats.columns import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from include.apod.adapters.files import Checksums
    from include.apod.formats.columns import Column

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENSES = [
    {
        "title": "Texts and pictures belong to their authors, whom the columns copyright and credit name; where they "
        "name nobody, that says nothing about the rights",
        "path": "https://www.nasa.gov/nasa-brand-center/images-and-media/",
    },
    {
        "name": "Apache-2.0",
        "title": "The compilation: choice, cleaning and checks, as the code that makes it",
        "path": "https://www.apache.org/licenses/LICENSE-2.0",
    },
]
SOURCES = [
    {"title": "NASA's planetary service, until 2026-09", "path": "https://api.nasa.gov"},
    {"title": "NASA's service after it", "path": "https://science.nasa.gov"},
]
CONTRIBUTORS = [{"title": "The authors of NASA's Astronomy Picture of the Day", "roles": ["author"]}]


def _field(column: Column) -> dict[str, object]:
    """The description of a column."""
    constraints: dict[str, object] = {}
    if column.required:
        constraints["required"] = True
    if column.kind == "date":
        constraints["unique"] = True
    if column.values:
        constraints["enum"] = [*column.values]
    field: dict[str, object] = {
        "name": column.name,
        "type": "date" if column.kind == "date" else "string",
        "description": column.description,
    }
    return {**field, "constraints": constraints} if constraints else field


def describe(csv: Path, checksums: Checksums) -> bytes:
    """The bytes of `datapackage.json` for a CSV with these checksums; equal for equal CSVs."""
    package = {
        "$schema": PROFILE,
        "name": "apod",
        "title": "NASA's Astronomy Picture of the Day, the whole series",
        "description": "One row a day since 1995, as NASA's services tell it, cleaned and proven equal to a table.",
        "licenses": LICENSES,
        "sources": SOURCES,
        "contributors": CONTRIBUTORS,
        "resources": [
            {
                "name": "apod_data",
                "path": "apod_data.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": csv.stat().st_size,
                "hash": checksums.md5,
                "sha256": checksums.sha256,
                "schema": {
                    "fields": [_field(column) for column in COLUMNS.values()],
                    "primaryKey": ["date"],
                    "missingValues": [""],
                },
            }
        ],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
