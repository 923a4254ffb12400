"""The audit of write-audit-publish: what a merge would change, quality checks after it, and the proof of equality.

All of it happens in publish's transaction, so nobody ever sees what it stops.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from include.apod.adapters.files import replacing
from include.apod.adapters.sql import statement_names
from include.apod.errors import BadData
from include.apod.formats.csv_file import read_rows
from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from psycopg import Cursor
    from psycopg.rows import TupleRow

log = logging.getLogger(__name__)

LISTED_DAYS = 1000  # of the days that differ; where they are more, comparing all again is as cheap


class Unequal(BadData):
    """Table and CSV are not the same bytes."""


@dataclass(frozen=True)
class Changes:
    """What a merge would change: the row of `publish/count_changes.sql`.

    Attributes:
        existing: rows of the table now.
        added, changed, removed: rows.
        repaired: those of them that somebody else had changed since the last load.
        changed_days, removed_days: the days of the changes and removals that are no repair, oldest first.
        differing_days: the days of the additions and changes, repairs as well; None where they are many.
        compared_days: the days that were compared; None for all.
    """

    existing: int
    added: int
    changed: int
    removed: int
    repaired: int
    changed_days: list[date]
    removed_days: list[date]
    differing_days: list[date] | None
    compared_days: list[date] | None

    @property
    def rows(self) -> int:
        """Rows of the table after the merge."""
        return self.existing + self.added - self.removed

    @property
    def not_empty(self) -> bool:
        """Whether a merge would change anything."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True)
class CheckResult:
    """What a quality check found.

    Attributes:
        name: of the check, `check_…`.
        fatal: a single such row stops the load.
        rows: number of rows that it found.
        example: the first of them, by its day or its address.
    """

    name: str
    fatal: bool
    rows: int
    example: str


def count_changes(cursor: Cursor[TupleRow], days: Sequence[date] | None) -> Changes:
    """What a merge of some days, or of all, would change now."""
    parameters = {"most": LISTED_DAYS, "days": days}
    with cursor.connection.cursor(row_factory=class_row(Changes)) as rows:
        changes = rows.execute(statement("publish/count_changes"), parameters).fetchone()
    assert changes  # noqa: S101  # for the type checker: an aggregate has one row
    return changes


def _run_check(cursor: Cursor[TupleRow], name: str) -> CheckResult:
    text = statement(name)
    rows, example = cursor.execute(text).fetchone() or (0, None)
    return CheckResult(f"check_{PurePath(name).name}", b"Severity: fail" in text, rows, f"{example}")


def check(cursor: Cursor[TupleRow]) -> list[CheckResult]:
    """What the quality checks (`include/sql/checks`) find in the merged table.

    Raises:
        BadData: a check whose severity is `fail` found something.
    """
    results = [_run_check(cursor, name) for name in statement_names("checks")]
    failed = [result for result in results if result.rows and result.fatal]
    if failed:
        file = failed[0].name.removeprefix("check_")
        raise BadData(
            f"{failed[0].name} found {failed[0].rows} rows (first {failed[0].example}). Nothing was published; "
            f"include/sql/checks/{file}.sql says what it looks for and why."
        )
    for result in results:
        if result.rows:
            log.info("%s: %d rows (first %s)", result.name, result.rows, result.example)
    return results


def export(
    cursor: Cursor[TupleRow], write: Callable[[bytes | bytearray | memoryview], object], table: str = "picture"
) -> None:
    """Passes PostgreSQL's own export of `picture` or `staging` to `write`, block by block."""
    cursor.execute(statement("publish/set_export_format"))
    with cursor.copy(statement(f"publish/export_{table}")) as copy:
        for block in copy:
            write(block)


def exported_md5(cursor: Cursor[TupleRow], table: str = "picture") -> str:
    """The md5 of PostgreSQL's own export of `picture` or `staging`."""
    digest = hashlib.md5(usedforsecurity=False)
    export(cursor, digest.update, table)
    return digest.hexdigest()


def _first_difference(exported: Path, staged: Path) -> str:
    """The date of the first row in which two CSV files differ."""
    pairs = zip_longest(read_rows(exported), read_rows(staged), fillvalue=["end of file"])
    differing = (max(row[0], staged_row[0]) for row, staged_row in pairs if row != staged_row)
    return next(differing, "a byte outside the values")


def prove(cursor: Cursor[TupleRow], staged: Path, md5: str) -> None:
    """Compares PostgreSQL's own export of the table with the staged CSV.

    Raises:
        Unequal: they differ; names the first row that does.
    """
    if (exported_as := exported_md5(cursor)) == md5:
        return
    exported = staged.with_name("export.csv")
    with replacing(exported) as file:
        export(cursor, file.write)
    raise Unequal(
        f"Table and CSV differ: md5 {exported_as} and {md5}, first at {_first_difference(exported, staged)}. "
        f"Neither was published; compare {exported} with {staged}."
    )
