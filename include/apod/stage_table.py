"""Step 3a: the clean fragments, byte for byte, into the staging table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.apod.run import Report
from include.apod.sql import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from psycopg import Connection

SCHEMA = ("create_schema", "create_load", "create_picture", "create_staging")


def stage_table(connection: Connection, fragments: Sequence[Path]) -> Report:
    """Fills `apod.staging` with the fragments in one transaction; makes our tables where they are missing."""
    with connection.transaction(), connection.cursor() as cursor:
        for name in SCHEMA:
            cursor.execute(statement(name))
        cursor.execute(statement("truncate_staging"))
        with cursor.copy(statement("copy_staging")) as copy:
            for fragment in fragments:
                copy.write(fragment.read_bytes())
        rows = cursor.rowcount
    return Report(True, f"{rows} rows staged for the table", {"rows": rows})
