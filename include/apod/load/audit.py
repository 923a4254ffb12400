"""The audit between the write and the publish: guards before the merge, checks and the proof after it.

All of it happens in the transaction of publish, so what it stops was never visible.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from include.apod.adapters.files import replacing
from include.apod.adapters.sql import FOLDER, statement
from include.apod.errors import BadData
from include.apod.formats.columns import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Cursor

    from include.apod.load.publish import Load

log = logging.getLogger(__name__)

EXAMPLES = 5  # days shown when a guard stops a load
MASS_CHANGE = 0.05  # of the rows there were; NASA's own edits touch a handful a month


class Unequal(BadData):
    """Table and CSV are not the same bytes."""


@dataclass(frozen=True)
class Check:
    """What a quality check found.

    Attributes:
        name: of its statement, `check_…`.
        fatal: one such row is one too many.
        found: rows.
        example: the first of them.
    """

    name: str
    fatal: bool
    found: int
    example: str


def guard(changes: Any, load: Load) -> None:
    """Stops a publish that would lose days or rewrite a large part of the archive. Repairs do neither.

    Raises:
        BadData: says how many, shows examples, and says how a person lets it through.
    """
    removed, changed = changes.removed_days or [], changes.changed_days or []
    if removed and not load.allow_shrink:
        raise BadData(
            f"This load would remove {len(removed)} of {changes.existing} pictures ({_some(removed)}). "
            "Nothing was published. If that is right: ./apod trigger load --param allow_shrink=true"
        )
    if len(changed) > MASS_CHANGE * changes.existing and not load.allow_mass_change:
        raise BadData(
            f"This load would change {len(changed)} of {changes.existing} pictures ({_some(changed)}). "
            "Nothing was published. If that is right: ./apod trigger load --param allow_mass_change=true"
        )


def _some(days: list[Any]) -> str:
    """The first of some days."""
    return ", ".join(map(str, days[:EXAMPLES])) + (", …" if len(days) > EXAMPLES else "")


def check(cursor: Cursor[Any]) -> list[Check]:
    """What the quality checks (`include/sql/check_*.sql`) find in the table as it would be shown.

    Raises:
        BadData: a check whose severity is `fail` found something.
    """
    done = []
    for path in sorted(FOLDER.glob("check_*.sql")):
        row: Any = cursor.execute(statement(path.stem)).fetchone()
        done.append(Check(path.stem, b"Severity: fail" in statement(path.stem), row.found, f"{row.example}"))
    if bad := [one for one in done if one.found and one.fatal]:
        raise BadData(
            f"{bad[0].name} found {bad[0].found} rows (first {bad[0].example}). Nothing was published; "
            f"include/sql/{bad[0].name}.sql says what it looks for and why."
        )
    for one in done:
        if one.found:
            log.info("%s: %d rows (first %s)", one.name, one.found, one.example)
    return done


def export(cursor: Cursor[Any], take: Callable[[bytes | bytearray | memoryview], object]) -> None:
    """Hands PostgreSQL's own export of the table to `take`, block by block."""
    cursor.execute(statement("set_export_format"))
    with cursor.copy(statement("export_picture")) as copy:
        for block in copy:
            take(block)


def prove(cursor: Cursor[Any], staged: Path, md5: str) -> None:
    """Compares PostgreSQL's own export of the table with the staged CSV.

    Raises:
        Unequal: they differ; names the first row that does.
    """
    digest = hashlib.md5(usedforsecurity=False)
    export(cursor, digest.update)
    if digest.hexdigest() == md5:
        return
    exported = staged.with_name("export.csv")
    with replacing(exported) as file:
        export(cursor, file.write)
    raise Unequal(
        f"Table and CSV differ: md5 {digest.hexdigest()} and {md5}, first at {_first_difference(exported, staged)}. "
        f"Neither was published; compare {exported} with {staged}."
    )


def _first_difference(one: Path, other: Path) -> str:
    """The date of the first row in which two CSV files differ."""
    pairs = zip_longest(read_rows(one), read_rows(other), fillvalue=["end of file"])
    return next((f"{max(x[0], y[0])}" for x, y in pairs if x != y), "a byte outside the values")
