"""The tables in PostgreSQL: numbered statements in `include/sql/schema`, applied in order and recorded.

Each statement is safe to repeat. If somebody dropped a table, all of them are applied again.
"""

from __future__ import annotations

import re
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.adapters.sql import read_statement, statement_names
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from psycopg import Connection

FIRST = ("schema/001_create_schema", "migrate/create_schema_change")
CREATES = re.compile(rb"^create .*(?:table|view)(?: if not exists)? apod\.(\w+)", re.MULTILINE)


def migrations() -> dict[int, str]:
    """The names of the numbered statements, by number."""
    return {int(PurePath(name).name[:3]): name for name in statement_names("schema")}


def relations() -> set[str]:
    """The tables and views that the numbered statements create."""
    return {match.decode() for name in migrations().values() for match in CREATES.findall(read_statement(name))}


def migrate(connection: Connection) -> list[str]:
    """Applies the statements that this database has not had yet; returns their names.

    Raises:
        Misconfigured: the database was migrated by newer code, or its encoding is not UTF-8.
    """
    if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
        raise Misconfigured(f"The database's encoding is {encoding}. Make it anew: create database … encoding 'UTF8'.")
    numbered = migrations()
    with transaction(connection), connection.cursor() as cursor:
        cursor.execute(read_statement("migrate/lock_schema"))
        for name in FIRST:
            cursor.execute(read_statement(name))
        applied = {number for (number,) in cursor.execute(read_statement("migrate/select_schema_changes")).fetchall()}
        if newer := applied - numbered.keys():
            raise Misconfigured(
                f"The database has schema change {max(newer)}, this code knows {max(numbered)}. Deploy the newer code."
            )
        existing = {name for (name,) in cursor.execute(read_statement("migrate/select_relations")).fetchall()}
        lost = relations() - existing
        due = numbered if lost else {number: name for number, name in numbered.items() if number not in applied}
        for name in due.values():
            cursor.execute(read_statement(name))
        parameters = {"numbers": [*due], "names": [PurePath(name).name for name in due.values()]}
        cursor.execute(read_statement("migrate/insert_schema_changes"), parameters)
        if lost:  # the record of what is staged may outlive the staging tables
            cursor.execute(read_statement("stage_table/truncate_staged"))
    sys.audit("apod.schema.migrated")
    return [*due.values()]
