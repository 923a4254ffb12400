"""`apod.load`: one row for each published load, with the md5 that table and CSV had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True)
class PublishedLoad:
    """A published load.

    Attributes:
        load_id: its number.
        md5: of the CSV, and of the table's export.
        run: the orchestrator's name for the run that published it.
    """

    load_id: int
    md5: str
    run: str


def latest_load(connection: Connection) -> PublishedLoad | None:
    """The newest published load; None before the first.

    Raises:
        psycopg.errors.UndefinedTable: the database has no tables of ours yet.
    """
    with connection.cursor(row_factory=class_row(PublishedLoad)) as cursor:
        return cursor.execute(statement("publish/select_latest_load")).fetchone()
