"""`datapackage.json` beside the CSV: what it holds, in the Data Package standard."""

from __future__ import annotations

import json
from typing import Any

from include.apod.formats.columns import COLUMNS

CONSTRAINTS: dict[str, dict[str, Any]] = {
    "date": {"required": True, "unique": True},
    "title": {"required": True},
    "media_type": {"required": True, "enum": ["image", "video", "other"]},
    "page_url": {"required": True},
}


def describe(md5: str, size: int) -> bytes:
    """The bytes of `datapackage.json` for a CSV of `size` bytes. Equal for equal CSVs."""
    fields = [
        {
            "name": name,
            "type": "date" if name == "date" else "string",
            "description": meaning,
            **({"constraints": CONSTRAINTS[name]} if name in CONSTRAINTS else {}),
        }
        for name, meaning in COLUMNS.items()
    ]
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
                "schema": {"fields": fields, "primaryKey": ["date"], "missingValues": [""]},
            }
        ],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode()
