"""`datapackage.json` beside the CSV: its description in the Data Package standard."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from include.apod.formats.columns import COLUMNS

if TYPE_CHECKING:
    from include.apod.formats.columns import Column


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


def describe(md5: str, size: int) -> bytes:
    """The bytes of `datapackage.json` for a CSV of `size` bytes; equal for equal CSVs."""
    package = {
        "name": "apod",
        "title": "NASA's Astronomy Picture of the Day, the whole series",
        "description": "Made from api.nasa.gov. Text and pictures belong to the authors that `copyright` names.",
        "resources": [
            {
                "name": "apod_data",
                "path": "apod_data.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": size,
                "hash": md5,
                "schema": {
                    "fields": [_field(column) for column in COLUMNS.values()],
                    "primaryKey": ["date"],
                    "missingValues": [""],
                },
            }
        ],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
