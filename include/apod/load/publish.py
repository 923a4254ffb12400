"""Step 4: prove table and CSV equal, then show both.

Write, audit, publish: one transaction merges the staging table and lets PostgreSQL export the result through
md5. Only if that is the md5 of the staged CSV is it committed and the CSV renamed into place, under one lock.
After a crash between the two the CSV is one re-run behind and the recorded md5 says so; it is never ahead.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import namedtuple_row

from include.apod.adapters.files import md5_of, replacing, sync_folder
from include.apod.adapters.sql import statement
from include.apod.errors import BadData
from include.apod.formats.datapackage import describe
from include.apod.formats.fragments import read_composition, write_composition
from include.apod.load.audit import check, guard, prove
from include.apod.run import Report

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection, Cursor

    from include.apod.formats.store import Store


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


def merge(cursor: Cursor[Any], changes: Any, load: Load, md5: str) -> None:
    """Brings the table in line with staging, records the load that did it, and keeps what was there before."""
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
    load_id = {"load_id": cursor.fetchone().load_id}  # type: ignore[union-attr]
    cursor.execute(statement("insert_corrections"), load_id)
    cursor.execute(statement("merge_picture"), load_id)
    if changes.removed:
        cursor.execute(statement("delete_vanished"))


def publish(connection: Connection, store: Store, load: Load) -> Report:
    """Publishes what is staged, if it differs from what is published.

    Raises:
        BadData: nothing is staged, or a guard, a check or the proof stopped it; table and CSV are as they were.
    """
    connection.execute(statement("lock_publish"))
    store.fetch()
    staged = store.staged_csv if store.staged_csv.exists() else store.csv
    if not staged.exists():
        raise BadData(f"There is no {store.staged_csv} to publish. ./apod trigger load makes it.")
    md5 = md5_of(staged)
    try:
        with connection.transaction(), connection.cursor(row_factory=namedtuple_row) as cursor:
            sys.audit("apod.publish.begun")
            changes: Any = cursor.execute(statement("count_changes")).fetchone()
            latest: Any = cursor.execute(statement("select_latest_load")).fetchone()
            guard(changes, load)
            sealed = latest is not None and latest.md5 == md5
            earlier = sealed and latest.run == load.run  # a try of this run that was killed before it told anybody
            if not sealed or changes.added or changes.changed or changes.removed:
                merge(cursor, changes, load, md5)
            cursor.execute(statement("merge_origin"))
            cursor.execute(statement("merge_rejected"))
            sys.audit("apod.publish.merged")
            rejected: Any = cursor.execute(statement("count_rejected")).fetchone()
            checks = check(cursor)
            prove(cursor, staged, md5)
            sys.audit("apod.publish.proven")
    except BadData:
        connection.execute(statement("truncate_staged"))  # the next run stages every month again: it may be that
        store.staged_composition.unlink(missing_ok=True)
        raise
    sys.audit("apod.publish.committed")
    replaced = show(store, staged, md5, sealed=sealed)
    facts = {one.name: one.found for one in checks} | {"rejected": rejected.found, "repaired": changes.repaired}
    facts = {name: found for name, found in facts.items() if found}
    return _report(changes, md5, facts, sealed=sealed and not earlier, replaced=replaced)


def show(store: Store, staged: Path, md5: str, *, sealed: bool) -> bool:
    """Puts the proven CSV, what it is made of and its description in place.

    Says whether CSV or description were not what the `sealed` load had left.
    """
    behind = sealed and staged != store.csv and (not store.csv.exists() or md5_of(store.csv) != md5)
    if staged != store.csv:
        staged.replace(store.csv)
        sys.audit("apod.csv.renamed")
        sync_folder(store.root)
    made_of = read_composition(store.staged_composition)
    if made_of and made_of.md5 == md5 and made_of != read_composition(store.composition):
        write_composition(store.composition, made_of)
    description = describe(md5, store.csv.stat().st_size)
    described = store.datapackage.exists() and store.datapackage.read_bytes() == description
    if not described:
        with replacing(store.datapackage) as file:
            file.write(description)
    return behind or (sealed and not described)


def _report(changes: Any, md5: str, found: dict[str, int], *, sealed: bool, replaced: bool) -> Report:
    rows = changes.existing + changes.added - changes.removed
    facts = {
        "rows": rows,
        "added": changes.added,
        "changed": changes.changed,
        "removed": changes.removed,
        "first": f"{changes.first_date}",
        "last": f"{changes.last_date}",
        "md5": md5,
        **found,
    }
    tail = f"; {found['rejected']} observations in quarantine (apod.rejected)" if "rejected" in found else ""
    touched = bool(changes.added or changes.changed or changes.removed)
    if not (touched or replaced) and sealed:
        sentence = f"nothing new: table and CSV already hold these {rows} pictures (md5 {md5}){tail}"
        return Report(False, sentence, facts)
    done = [
        f"+{changes.added} ~{changes.changed} -{changes.removed}, {rows} pictures",
        f"{changes.repaired} rows of the table were not what the last load left and are mended"
        * bool(changes.repaired),
        "the CSV was not the published one and is again" * replaced,
        f"table and CSV proven equal (md5 {md5}){tail}",
    ]
    return Report(True, "; ".join(part for part in done if part), facts)
