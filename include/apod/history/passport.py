"""The passport of a day: everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import asdict
from psycopg.rows import DictRow, dict_row

from include.apod.errors import BadData
from include.apod.formats import raw as raw_store
from include.apod.formats.statements import statement
from include.apod.sources.legacy import new_address

if TYPE_CHECKING:
    from datetime import date

    from psycopg import Connection

    from include.apod.formats.store import Store

PARTS = ("picture", "passport", "corrections", "rejected", "versions")


def passport(store: Store, connection: Connection, day: date) -> dict[str, list[DictRow]]:
    """The day's observations in the raw store, oldest first, and the rows of each of `PARTS` (see the SQL files).

    `derived` has, for each address of a legacy picture, where it is now.

    Raises:
        BadData: nothing is known of the day, or its month file is damaged.
    """
    observations = raw_store.read_month(raw_store.month_file(store.raw, raw_store.month_of(day)))
    parts = {"observations": [asdict(observation) for observation in observations if observation.date == day]}
    with connection.cursor(row_factory=dict_row) as cursor:
        for part in PARTS:
            parts[part] = cursor.execute(statement(f"history/passport/{part}"), {"date": day}).fetchall()
    if not any(parts.values()):
        raise BadData(f"Nothing is known of {day}. ./apod trigger ingest --param start_date={day} asks NASA for it.")
    addresses = {row[name]: new_address(row[name]) for row in parts["picture"] for name in ("url", "hdurl")}
    return {**parts, "derived": [{"address": old, "now": new} for old, new in addresses.items() if new]}
