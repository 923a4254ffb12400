"""Restores a version beside the live data: into a folder, and into a PostgreSQL schema of its own."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.adapters.files import BLOCK_BYTES
from include.apod.errors import BadData, Misconfigured
from include.apod.formats.csv_file import read_rows
from include.apod.formats.statements import statement
from include.apod.history.versions import fetch_raw

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection, Cursor
    from psycopg.rows import TupleRow

    from include.apod.history.archive import Archive
    from include.apod.history.versions import Version

LIVE_SCHEMA = "apod"


def check_folder(folder: Path) -> None:
    """Checks that a version may be restored into a folder.

    Raises:
        Misconfigured: it exists and is not an empty folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder} is there and not empty; name a folder that is not there yet.")


def restore_folder(archive: Archive, version: Version, csv: Path, folder: Path) -> None:
    """Copies a version's CSV (the file `csv`), description and raw store into a folder.

    Raises:
        Unavailable: the raw store is not complete in the remote.
    """
    copy = archive.workshop.folder / "restored"
    fetch_raw(version, copy / "raw")
    shutil.copyfile(csv, copy / "apod_data.csv")
    (copy / "datapackage.json").write_bytes(archive.clone.git_bytes("show", f"{version.commit}:data/datapackage.json"))
    shutil.copytree(copy, folder, dirs_exist_ok=True)


def _columns(csv: Path) -> tuple[str, ...]:
    """The columns of a CSV, from its header.

    Raises:
        BadData: a name is not one that PostgreSQL takes without quotes.
    """
    columns = tuple(next(read_rows(csv), []))
    if not columns or any(not re.fullmatch(r"[a-z_][a-z0-9_]*", name) for name in columns):
        raise BadData(f"{csv} has no header of ours: {', '.join(columns)[:120]}")
    return columns


def _for_schema(schema: str, name: str, columns: tuple[str, ...]) -> bytes:
    """A statement about our table, for that of another schema."""
    return statement(name, columns).replace(
        b"apod.picture", f'"{schema}".picture'.encode()
    )  # quoted: it may be a keyword


def _export_md5(cursor: Cursor[TupleRow], schema: str, columns: tuple[str, ...]) -> str:
    """The md5 of PostgreSQL's own export of the restored table."""
    digest = hashlib.md5(usedforsecurity=False)
    cursor.execute(statement("publish/set_export_format"))
    with cursor.copy(_for_schema(schema, "publish/export_picture", columns)) as copy:
        for block in copy:
            digest.update(block)
    return digest.hexdigest()


def restore_schema(connection: Connection, schema: str, csv: Path, md5: str) -> int:
    """Creates `schema` with the table `picture` of a CSV, proven by its md5; returns the number of rows.

    The table has the columns of the CSV, so versions with fewer or more columns than today's can be restored. If it
    fails, nothing remains.

    Raises:
        Misconfigured: the name is invalid, is that of the live schema, or is taken.
        BadData: the table is not the CSV.
    """
    if schema == LIVE_SCHEMA or not re.fullmatch(r"(?!pg_)[a-z_][a-z0-9_]{0,62}", schema):
        raise Misconfigured(
            f"{schema!r} cannot be the schema of a version: lower case letters, not {LIVE_SCHEMA}, and not pg_…, which "
            "PostgreSQL keeps for itself."
        )
    columns = _columns(csv)
    with transaction(connection), connection.cursor() as cursor:
        if cursor.execute(statement("history/select_schema"), {"schema": schema}).fetchone():
            raise Misconfigured(f"Schema {schema} exists. Choose another name, or: drop schema {schema} cascade")
        cursor.execute(f'create schema "{schema}"'.encode())
        cursor.execute(_for_schema(schema, "history/create_restored", columns))
        with (
            cursor.copy(_for_schema(schema, "history/copy_restored", columns)) as copy,
            csv.open("rb") as file,
        ):
            while content := file.read(BLOCK_BYTES):
                copy.write(content)
        rows = cursor.rowcount
        if (exported := _export_md5(cursor, schema, columns)) != md5:
            raise BadData(f"The table has md5 {exported}, the version {md5}. Nothing was kept.")
    return rows
