"""`ingest/reading_list.json`: what is still to be read again. Without it, the newest answer tells our last look."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing
from include.apod.days import parse_spans, spans

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class ReadingList:
    """What the look-backs so far have covered, and what they owe.

    Attributes:
        looked_through: the newest day of the last look-back; None if it is not known.
        unread: days that were to be read again, and that no source was asked for or could tell.
    """

    looked_through: date | None = None
    unread: frozenset[date] = frozenset()


def reading_list_path(folder: Path) -> Path:
    """The path of the list in the store's folder of ingest."""
    return folder / "reading_list.json"


def read_reading_list(folder: Path) -> ReadingList:
    """The list; an empty one if the file is missing or damaged."""
    try:
        entries = json.loads(reading_list_path(folder).read_bytes())
        looked_through = date.fromisoformat(entries["looked_through"]) if entries["looked_through"] else None
        return ReadingList(looked_through, frozenset(parse_spans(entries["unread"])))
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return ReadingList()


def write_reading_list(folder: Path, reading_list: ReadingList) -> None:
    """Writes the list, if it differs from the one in the file."""
    path = reading_list_path(folder)
    if reading_list != read_reading_list(folder) or not path.exists():
        looked_through, unread = reading_list.looked_through, " ".join(map(str, spans(reading_list.unread)))
        with replacing(path) as file:
            file.write(json.dumps({"looked_through": looked_through, "unread": unread}, default=str).encode())
