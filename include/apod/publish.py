"""Step 4: prove table and CSV equal, then show both.

Write, audit, publish: one transaction merges the staging table and lets PostgreSQL export the result through
md5. Only if that is the md5 of the staged CSV is it committed and the CSV renamed into place, under one lock.
After a crash between the two the CSV is one re-run behind and the recorded md5 says so; it is never ahead.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from psycopg.rows import namedtuple_row

from include.apod.columns import read_rows
from include.apod.datapackage import describe
from include.apod.errors import BadData
from include.apod.run import Report
from include.apod.sql import statement
from include.apod.store import BLOCK, Store, md5_of, replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from psycopg import Connection, Cursor

MASS_CHANGE = 0.05  # of the rows there were; NASA's own edits touch a handful a month


@dataclass(frozen=True)
class Load:
    """Who publishes, and what a person has allowed.

    Attributes:
        run: the orchestrator's name for the run.
        code_version: commit of the running code.
        allow_shrink: days may vanish from the archive.
        allow_mass_change: more than 5 % of the rows may change at once.
    """

    run: str
    code_version: str
    allow_shrink: bool = False
    allow_mass_change: bool = False


def guard(changes: Any, load: Load) -> None:
    """Stops a publish that would lose days or rewrite a large part of the archive.

    Raises:
        BadData: says how many, names one, and how a person lets it through.
    """
    if changes.removed and not load.allow_shrink:
        raise BadData(
            f"This load would remove {changes.removed} of {changes.existing} pictures (first {changes.first_removed}). "
            "Nothing was published. If that is right: ./apod trigger load --param allow_shrink=true"
        )
    if changes.changed > MASS_CHANGE * changes.existing and not load.allow_mass_change:
        raise BadData(
            f"This load would change {changes.changed} of {changes.existing} pictures (first {changes.first_changed}). "
            "Nothing was published. If that is right: ./apod trigger load --param allow_mass_change=true"
        )


def merge(cursor: Cursor[Any], changes: Any, load: Load, md5: str) -> None:
    """Brings the table in line with staging and records the load that did it."""
    cursor.execute(
        statement("insert_load"),
        {
            "run": load.run,
            "code_version": load.code_version,
            "added": changes.added,
            "changed": changes.changed,
            "removed": changes.removed,
            "row_count": changes.existing + changes.added - changes.removed,
            "md5": md5,
        },
    )
    cursor.execute(statement("merge_picture"), {"load_id": cursor.fetchone().load_id})  # type: ignore[union-attr]
    if changes.removed:
        cursor.execute(statement("delete_vanished"))


def export(cursor: Cursor[Any], take: Callable[[bytes | bytearray | memoryview], object]) -> None:
    """Hands PostgreSQL's own export of the table to `take`, block by block."""
    cursor.execute(statement("set_export_format"))
    with cursor.copy(statement("export_picture")) as copy:
        for block in copy:
            take(block)


def prove(cursor: Cursor[Any], staged: Path, md5: str) -> None:
    """Compares PostgreSQL's own export of the table with the staged CSV.

    Raises:
        BadData: they differ; names the first row that does.
    """
    digest = hashlib.md5(usedforsecurity=False)
    export(cursor, digest.update)
    if digest.hexdigest() == md5:
        return
    exported = staged.with_name("export.csv")
    with replacing(exported) as file:
        export(cursor, file.write)
    raise BadData(
        f"Table and CSV differ: md5 {digest.hexdigest()} and {md5}, first at {_first_difference(exported, staged)}. "
        f"Neither was published; compare {exported} with {staged}."
    )


def _first_difference(one: Path, other: Path) -> str:
    """The date of the first row in which two CSV files differ."""
    pairs = zip_longest(read_rows(one), read_rows(other), fillvalue=["end of file"])
    return next((f"{max(x[0], y[0])}" for x, y in pairs if x != y), "a byte outside the values")


def publish(connection: Connection, store: Store, load: Load) -> Report:
    """Publishes what is staged, if it differs from what is published.

    Raises:
        BadData: a guard or the proof stopped it; table and CSV are as they were.
    """
    md5 = md5_of(store.staged_csv)
    connection.execute(statement("lock_publish"))
    with connection.transaction(), connection.cursor(row_factory=namedtuple_row) as cursor:
        changes: Any = cursor.execute(statement("count_changes")).fetchone()
        latest: Any = cursor.execute(statement("select_latest_load")).fetchone()
        guard(changes, load)
        sealed = latest is not None and latest.md5 == md5
        if not sealed or changes.added or changes.changed or changes.removed:
            merge(cursor, changes, load, md5)
        prove(cursor, store.staged_csv, md5)
    replaced = show(store, md5)
    return _report(changes, md5, sealed=sealed, replaced=replaced)


def show(store: Store, md5: str) -> bool:
    """Puts the proven CSV and its description in place; says whether either was another one before."""
    description = describe(md5, store.staged_csv.stat().st_size)
    behind = not store.csv.exists() or md5_of(store.csv) != md5
    if behind:
        # A copy: the staged one stays, so that this step can be retried by itself.
        with replacing(store.csv) as file, store.staged_csv.open("rb") as staged:
            shutil.copyfileobj(staged, file, BLOCK)
    undescribed = not store.datapackage.exists() or store.datapackage.read_bytes() != description
    if undescribed:
        with replacing(store.datapackage) as file:
            file.write(description)
    return behind or undescribed


def _report(changes: Any, md5: str, *, sealed: bool, replaced: bool) -> Report:
    rows = changes.existing + changes.added - changes.removed
    facts = {
        "rows": rows,
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "first": f"{changes.first_date}",
        "last": f"{changes.last_date}",
        "md5": md5,
    }
    touched = bool(changes.added or changes.changed or changes.removed)
    if touched or not sealed:
        sentence = f"+{changes.added} ~{changes.changed} -{changes.removed}, {rows} pictures"
    elif replaced:
        sentence = f"the CSV was not the published one and is again, {rows} pictures"
    else:
        return Report(False, f"nothing new: table and CSV already hold these {rows} pictures (md5 {md5})", facts)
    return Report(True, f"{sentence}; table and CSV proven equal (md5 {md5})", facts)
