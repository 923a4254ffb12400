"""A table of the user's own, which publish keeps in line in its transaction: `APOD_TABLE`.

Columns are matched by name, rows by date. Other columns and other rows are not touched. All that can be known of the
table is looked at before anything is written.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from include.apod.adapters.sql import read_statement
from include.apod.errors import Misconfigured
from include.apod.formats.columns import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Cursor
    from psycopg.rows import TupleRow

TABLES = ("r", "p")  # ordinary and partitioned, as PostgreSQL names the kinds of its relations
DAYS = {  # how a day of ours is written in each type that a column of dates may have
    "date": "picture.date",
    "timestamp without time zone": "picture.date::timestamp",
    "text": "to_char(picture.date, 'YYYY-MM-DD')",
    "character varying": "to_char(picture.date, 'YYYY-MM-DD')",
}
CUTTING = ("character", "name")  # types that cut a text or fill it up without a word
REFUSED = ("22", "23", "42", "44", "P0")  # classes of SQLSTATE: what the table itself, its rules or its owner refuse


@dataclass(frozen=True)
class Description:
    """What there is to know of a table: the row of `user_table/describe.sql`."""

    name: str
    schema: str
    kind: str
    is_writable: bool
    has_unique_date: bool


@dataclass(frozen=True)
class Column:
    """A column of it: a row of `user_table/columns.sql`."""

    name: str
    declared: str
    type: str
    category: str
    most_letters: int | None
    is_generated: bool
    is_nullable: bool
    has_default: bool


@dataclass(frozen=True)
class UserTable:
    """A table that can be kept in line.

    Attributes:
        setting: its name, as the setting has it.
        name: its name, as SQL writes it here.
        day: our date, as SQL writes it for the type of its own.
        columns: those that it shares with us, but the date.
    """

    setting: str
    name: str
    day: str
    columns: Sequence[Column]


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Names the table in an error that comes from it.

    Raises:
        Misconfigured: the table, one of its rules or its owner refuses.
    """
    try:
        yield
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith(REFUSED):
            raise
        message = error.diag.message_primary or f"{error}"
        raise Misconfigured(
            f"APOD_TABLE={name} refuses: {' '.join(message.split())}. Nothing was published."
        ) from error


def _describe(cursor: Cursor[TupleRow], name: str) -> Description:
    """The table, if we may write to it.

    Raises:
        Misconfigured: it is not there, is no table, is ours, or may not be written to.
    """
    with cursor.connection.cursor(row_factory=class_row(Description)) as rows:
        description = rows.execute(read_statement("user_table/describe"), {"table": name}).fetchone()
    if description is None:
        raise Misconfigured(f"APOD_TABLE={name} does not exist. Write schema.table, as SQL writes it; or make it.")
    if description.kind not in TABLES:
        raise Misconfigured(f"APOD_TABLE={name} is no table; a view cannot be kept in line. Name the table behind it.")
    if description.schema == "apod":
        raise Misconfigured(f"APOD_TABLE={name} is a table of this project itself. Name one of your own.")
    if not description.is_writable:
        raise Misconfigured(
            f"APOD_TABLE={name}: our role may not write to it. Grant select, insert and update on {description.name}."
        )
    if not description.has_unique_date:
        raise Misconfigured(
            f"APOD_TABLE={name} has no unique column date. Take doubles out, then: alter table "
            f"{description.name} add unique (date)"
        )
    return description


def _check_columns(name: str, columns: Sequence[Column]) -> None:
    """Checks the types of what is shared, and that a row can be added without what is not.

    Raises:
        Misconfigured: names the first column that is in the way.
    """
    for column in columns:
        allowed = column.type in DAYS if column.name == "date" else column.category in "SE"
        if column.name in COLUMNS and (not allowed or column.type in CUTTING or column.is_generated):
            kind = "generated" if column.is_generated else column.declared
            raise Misconfigured(
                f"APOD_TABLE={name}: its column {column.name} is {kind}, which cannot take ours. Make it "
                f"{'date' if column.name == 'date' else 'text'}, or give it another name."
            )
        if column.name not in COLUMNS and not (column.is_nullable or column.has_default or column.is_generated):
            raise Misconfigured(
                f"APOD_TABLE={name}: its own column {column.name} is NOT NULL, and we have no value for it. Give it a "
                "default."
            )


def _check_values(cursor: Cursor[TupleRow], name: str, column: Column) -> None:
    """Checks that a column takes each value of the staged table.

    Raises:
        Misconfigured: names the column, the first day, and its value.
    """
    labels = f"enum_range(null::{column.type})::text[]" if column.category == "E" else "null::text[]"
    query = sql.SQL(read_statement("user_table/select_misfit").decode()).format(
        column=sql.Identifier(column.name),
        null_refused=sql.Literal(not column.is_nullable),
        labels=sql.SQL(labels),
    )
    misfit = cursor.execute(query, {"most_letters": column.most_letters}).fetchone()
    if misfit:
        day, value = misfit
        kind = column.declared if column.is_nullable else f"{column.declared} not null"
        raise Misconfigured(
            f"APOD_TABLE={name}: its column {column.name} is {kind}, and cannot take what {day} has: {value!r}. "
            "Make it a text of any length, that may be null."
        )


def inspect(cursor: Cursor[TupleRow], name: str) -> UserTable:
    """A table of the user's own, if it can take what is staged; nothing is written.

    Args:
        cursor: in publish's transaction, before the merge.
        name: `schema.table`, as SQL writes it.

    Raises:
        Misconfigured: it cannot; says why, and what to do.
    """
    with _naming(name):
        description = _describe(cursor, name)
        with cursor.connection.cursor(row_factory=class_row(Column)) as rows:
            columns = rows.execute(read_statement("user_table/columns"), {"table": name}).fetchall()
        _check_columns(name, columns)
        shared = [column for column in columns if column.name in COLUMNS and column.name != "date"]
        if not shared:
            raise Misconfigured(f"APOD_TABLE={name} has none of our columns but date: {', '.join(COLUMNS)}.")
        for column in shared:
            _check_values(cursor, name, column)
    [day] = [DAYS[column.type] for column in columns if column.name == "date"]
    return UserTable(name, description.name, day, shared)


def update(cursor: Cursor[TupleRow], table: UserTable) -> str:
    """Brings it in line with `apod.picture`; returns what was done, in words.

    Raises:
        Misconfigured: one of its rules refuses a row.
    """
    names = [column.name for column in table.columns]
    parts = {
        "table": table.name,
        "day": table.day,
        "names": ", ".join(f'"{name}"' for name in names),
        "values": ", ".join(f"picture.{column.name}::{column.type}" for column in table.columns),
        "theirs": ", ".join(f'theirs."{name}"' for name in names),
        "assignments": ", ".join(f'"{name}" = excluded."{name}"' for name in names),
    }
    placeholders = {name: sql.SQL(text) for name, text in parts.items()}
    counts: list[int] = []
    with _naming(table.setting):
        for name in ("user_table/upsert", "user_table/count_others"):
            query = sql.SQL(read_statement(name).decode()).format(**placeholders)
            counts += cursor.execute(query).fetchone() or (0,)
    written_rows, other_rows = counts
    remainder = f", {other_rows} of days that are not ours" if other_rows else ""
    return f"{table.setting} is in line: {written_rows} rows written{remainder}"
