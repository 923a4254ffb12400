"""What PostgreSQL knows of versions: which commit holds which load, so that the link can be walked from both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.apod.adapters.sql import statement
from include.apod.formats.pointers import CSV_POINTER, meta_in, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg import Connection

    from include.apod.adapters.git import Clone


def is_due(connection: Connection) -> bool:
    """Whether there is likely something new: then DVC is imported while the clone is made."""
    row = connection.execute(statement("is_due")).fetchone()
    return bool(row and row[0])


def record_tip(work: Clone, connection: Connection) -> None:
    """Lets PostgreSQL know of the version at the tip: whoever pushed it may have been killed before it was recorded."""
    pointer = work.read(CSV_POINTER)
    if md5 := named(pointer):
        meta = meta_in(pointer)
        made = {"commit": work.git("rev-parse", "HEAD"), "md5": md5}
        record(connection, made, meta.get("run", "unknown"), meta.get("code_commit", "unknown"))


def record(connection: Connection, points: Mapping[str, object], run: str, code_version: str) -> None:
    """Lets PostgreSQL know which commit holds which CSV, unless it does."""
    connection.execute(statement("insert_version"), {**points, "run": run, "code_version": code_version})
