"""The statements in `include/sql`, one a file, by name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "sql"


@cache
def statement(name: str) -> bytes:
    """The text of `include/sql/<name>.sql`; bytes, which psycopg takes as trusted SQL."""
    return (FOLDER / f"{name}.sql").read_bytes()
