"""The files in `include/sql`: one statement each, read by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "sql"


@cache
def read_statement(name: str) -> bytes:
    """The text of `include/sql/<name>.sql`. Bytes, because psycopg takes them as trusted SQL."""
    return (FOLDER / f"{name}.sql").read_bytes()


def statement_names(folder: str) -> list[str]:
    """The names of the statements in one folder of `include/sql`, sorted."""
    return [f"{folder}/{path.stem}" for path in sorted((FOLDER / folder).glob("*.sql"))]
