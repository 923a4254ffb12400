"""Everything that is known of one day."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from include.apod.adapters.sql import statement
from include.apod.errors import BadData
from include.apod.formats import raw as raw_store

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

    from include.apod.formats.store import Store

PARTS = ("picture", "passport", "corrections", "rejected", "versions")


def passport(store: Store, connection: Connection, day: date) -> dict[str, Any]:
    """The day's observations as they stand in the raw store, oldest first, and each of `PARTS` as rows.

    Raises:
        BadData: nothing at all is known of the day.
    """
    path = raw_store.month_file(store.raw, raw_store.month_of(day))
    seen = raw_store.parse_month(path.read_bytes(), path) if path.exists() else []
    known: dict[str, Any] = {"observations": [asdict(one) for one in seen if one.date == day]}
    with connection.cursor(row_factory=dict_row) as cursor:
        for part in PARTS:
            known[part] = cursor.execute(statement(f"passport/{part}"), {"date": day}).fetchall()
    if not any(known.values()):
        raise BadData(f"Nothing is known of {day}. ./apod trigger ingest --param start_date={day} asks NASA for it.")
    return known
