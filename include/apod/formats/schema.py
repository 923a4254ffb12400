"""Our tables in PostgreSQL: numbered statements in `include/sql/schema`, applied in order and recorded.

Each is safe to repeat. A table that somebody dropped is made again with all that was done to it since.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from include.apod.adapters.sql import FOLDER, statement
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from psycopg import Connection

FIRST = ("schema/001_create_schema", "create_schema_change")


def changes() -> dict[int, str]:
    """The numbered statements, by number."""
    return {int(path.name[:3]): f"schema/{path.stem}" for path in sorted(FOLDER.glob("schema/*.sql"))}


def relations() -> set[str]:
    """The tables and views that the statements make."""
    made = re.compile(r"^create .*(?:table|view)(?: if not exists)? apod\.(\w+)", re.MULTILINE)
    return {name for path in FOLDER.glob("schema/*.sql") for name in made.findall(path.read_text())}


def migrate(connection: Connection) -> list[str]:
    """Applies what this database has not had yet; returns the names of that.

    Raises:
        Misconfigured: the database was changed by a newer version of the code, or cannot hold every letter.
    """
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise Misconfigured(f"The database's encoding is {encoding}. Make it anew: create database … encoding 'UTF8'.")
    known = changes()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(statement("lock_schema"))
        for name in FIRST:
            cursor.execute(statement(name))
        applied = {number for (number,) in cursor.execute(statement("select_schema_changes")).fetchall()}
        if newer := applied - known.keys():
            raise Misconfigured(
                f"The database has schema change {max(newer)}, this code knows {max(known)}. Deploy the newer code."
            )
        there = {name for (name,) in cursor.execute(statement("select_relations")).fetchall()}
        lost = relations() - there
        due = known if lost else {number: name for number, name in known.items() if number not in applied}
        for number, name in due.items():
            cursor.execute(statement(name))
            cursor.execute(statement("insert_schema_change"), {"number": number, "name": Path(name).name})
        if lost:  # what was staged may be in a table that is empty now
            cursor.execute(statement("truncate_staged"))
    sys.audit("apod.schema.migrated")
    return [*due.values()]
