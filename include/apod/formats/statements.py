"""The SQL statements, with the columns of `formats/columns.py` filled in.

A statement that names columns of `apod.picture` has placeholders instead:

    {columns}      date, title, …                     in the order of the CSV
    {values}       title, explanation, …              all but the date
    {staging}      staging.title, …                   likewise
    {picture}      picture.title, …                   likewise
    {assignments}  title = staging.title, …           for an update
    {triples}      ('title', picture.title, staging.title, last_row.title), …
    {definitions}  date date primary key, title text, …
    {record}       date date, title text, …           of a row in JSON
    {staging_marks}, {picture_marks}
                   'title=' || staging.title, …       null for a null, so that a new column changes no digest
"""

from __future__ import annotations

from functools import cache

from include.apod.adapters.sql import read_statement
from include.apod.formats.columns import COLUMNS


def marks(table: str, columns: tuple[str, ...] = tuple(COLUMNS)) -> str:
    """The values of a row of `staging` or `picture` with their names: the text whose md5 tells one row from another."""
    return ", ".join(f"'{column}=' || {table}.{column}" for column in columns if column != "date")


@cache
def statement(name: str, columns: tuple[str, ...] = tuple(COLUMNS)) -> bytes:
    """The text of `include/sql/<name>.sql` for a table with these columns; bytes, as psycopg takes trusted SQL."""
    values = [column for column in columns if column != "date"]
    lists = {
        "columns": columns,
        "values": values,
        "staging": [f"staging.{column}" for column in values],
        "picture": [f"picture.{column}" for column in values],
        "assignments": [f"{column} = staging.{column}" for column in values],
        "triples": [f"('{column}', picture.{column}, staging.{column}, last_row.{column})" for column in values],
        "definitions": ["date date primary key", *(f"{column} text" for column in values)],
        "record": ["date date", *(f"{column} text" for column in values)],
    }
    text = read_statement(name)
    for table in ("staging", "picture"):
        text = text.replace(f"{{{table}_marks}}".encode(), marks(table, columns).encode())
    for placeholder, items in lists.items():
        text = text.replace(f"{{{placeholder}}}".encode(), ", ".join(items).encode())
    return text
