"""A version in a PostgreSQL schema of its own, proven equal to its CSV."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from include.apod.adapters.files import BLOCK
from include.apod.adapters.sql import statement
from include.apod.errors import BadData, Misconfigured

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection, Cursor

LIVE = "apod"


def load_schema(connection: Connection, schema: str, csv: Path, md5: str) -> int:
    """Makes `schema` with the table `picture` of a CSV; returns its rows. Nothing of it is there when that fails.

    Raises:
        Misconfigured: the name is none, is the live schema's, or is taken.
        BadData: the table is not the CSV.
    """
    if schema == LIVE or not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise Misconfigured(f"{schema!r} cannot be the schema of a version: lower case letters, and not {LIVE}.")
    with connection.transaction(), connection.cursor() as cursor:
        if cursor.execute(statement("select_schema"), {"schema": schema}).fetchone():
            raise Misconfigured(f"Schema {schema} exists. Choose another name, or: drop schema {schema} cascade")
        cursor.execute(f"create schema {schema}".encode())
        cursor.execute(_of(schema, "create_restored"))
        with cursor.copy(_of(schema, "copy_restored")) as copy, csv.open("rb") as file:
            while content := file.read(BLOCK):
                copy.write(content)
        rows = cursor.rowcount
        if (found := _exported(cursor, schema)) != md5:
            raise BadData(f"The table has md5 {found}, the version {md5}. Nothing was kept.")
    return rows


def _of(schema: str, name: str) -> bytes:
    """A statement about our table, about that of another schema."""
    return statement(name).replace(b"apod.picture", f"{schema}.picture".encode())


def _exported(cursor: Cursor[Any], schema: str) -> str:
    """The md5 of PostgreSQL's own export."""
    digest = hashlib.md5(usedforsecurity=False)
    cursor.execute(statement("set_export_format"))
    with cursor.copy(_of(schema, "export_picture")) as copy:
        for block in copy:
            digest.update(block)
    return digest.hexdigest()
