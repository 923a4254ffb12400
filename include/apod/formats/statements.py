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
    {picture_md5}  md5(…)                             of the row, see `row_md5`
"""

from __future__ import annotations

from functools import cache

from include.apod.adapters.sql import read_statement
from include.apod.formats.columns import COLUMNS


def row_md5(columns: tuple[str, ...] = tuple(COLUMNS)) -> str:
    """The md5 of a row of `picture` as `formats/csv_file.py` has it of the row's line."""
    values = (f"picture.{column}" for column in columns if column != "date")
    fields = (f"""coalesce('"' || replace({value}, '"', '""') || '"', '')""" for value in values)
    return f"md5(rtrim(concat_ws(',', to_char(picture.date, 'YYYY-MM-DD'), {', '.join(fields)}), ','))"


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
    text = text.replace(b"{picture_md5}", row_md5(columns).encode())
    for placeholder, items in lists.items():
        text = text.replace(f"{{{placeholder}}}".encode(), ", ".join(items).encode())
    return text
