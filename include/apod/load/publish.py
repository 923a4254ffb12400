"""Step 3, the end of loading: table and CSV are proven equal, then both become visible.

Write-audit-publish: one transaction merges the staging table and lets PostgreSQL export the result through md5. Only if
that is the md5 of the staged CSV, it is committed and the CSV renamed into place, under one lock. After a crash between
the two the CSV is one re-run behind, and the recorded md5 shows it; it is never ahead.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from psycopg import Rollback

from include.apod.adapters.database import second_connection, transaction
from include.apod.adapters.files import checksums_of, flush, md5_of, replacing
from include.apod.errors import ApprovalNeeded, BadData
from include.apod.formats.composition import Composition, differing_months
from include.apod.formats.csv_file import read_records
from include.apod.formats.datapackage import describe
from include.apod.formats.index_file import read_index, write_index
from include.apod.formats.loads import latest_load
from include.apod.formats.raw import month_days
from include.apod.formats.statements import statement
from include.apod.load.audit import LISTED_DAYS, check, count_changes, exported_md5, prove
from include.apod.load.guards import Allowed, guard
from include.apod.load.outcome import Audit, to_report
from include.apod.load.user_table import inspect, update

if TYPE_CHECKING:
    from collections.abc import Collection
    from concurrent.futures import Future
    from datetime import date
    from pathlib import Path

    from psycopg import Connection, Cursor
    from psycopg.rows import TupleRow

    from include.apod.adapters.files import Checksums
    from include.apod.formats.loads import PublishedLoad
    from include.apod.formats.store import Store
    from include.apod.load.audit import Changes
    from include.apod.run import Report


@dataclass(frozen=True)
class LoadInfo:
    """What is recorded of a load.

    Attributes:
        run: the orchestrator's name for the run.
        code_version: commit of the running code.
        user_table: the table of a user's own to keep in line, as SQL writes it; None for none.
        approved_by: who let it through a guard; an empty text where none had stopped it.
    """

    run: str
    code_version: str
    user_table: str | None = None
    approved_by: str = ""


class News(NamedTuple):
    """What is staged and not published.

    Attributes:
        days: those of the months that are staged anew; None where any day may differ.
        settling: reads the staged CSV meanwhile.
    """

    days: list[date] | None
    settling: Future[Checksums]

    def md5(self) -> str:
        """The md5 of the staged CSV, as soon as that is read."""
        return self.settling.result().md5


def _last_rows(csv: Path, before: PublishedLoad | None, days: Collection[str]) -> list[dict[str, str | None]]:
    """What the last load left in the rows of some days: the published CSV has it, if it is still that load's."""
    if not days or before is None or not csv.exists() or md5_of(csv) != before.md5:
        return []
    return [record for record in read_records(csv) if record["date"] in days]


def _merge_pictures(
    cursor: Cursor[TupleRow], changes: Changes, before: PublishedLoad | None, load: LoadInfo, store: Store
) -> None:
    """Records the load, keeps the values that it changes as corrections, and merges the rows."""
    counts = {"added": changes.added, "changed": changes.changed, "removed": changes.removed, "row_count": changes.rows}
    names = {"run": load.run, "code_version": load.code_version, "approved_by": load.approved_by or None}
    days = changes.differing_days  # else each statement would compare the whole table again
    scope = {"days": days, "compared": changes.compared_days}
    facts = {**counts, **names, **scope}
    (load_id,) = cursor.execute(statement("publish/insert_load"), facts).fetchone() or (None,)
    foreign_days = [day for (day,) in cursor.execute(statement("publish/select_foreign_changes"), {"days": days})]
    last_rows = _last_rows(store.csv, before, {f"{day}" for day in foreign_days})
    parameters = {"load_id": load_id, "foreign_days": foreign_days, "last_rows": json.dumps(last_rows), **scope}
    cursor.execute(statement("publish/insert_corrections"), parameters)
    merge = {
        "begin_bulk": days is None,  # many rows are not checked and indexed one by one
        "insert_added": changes.added,
        "update_changed": changes.changed,
        "end_bulk": days is None,
        "delete_vanished": changes.removed,
    }
    for name, is_needed in merge.items():
        if is_needed:
            cursor.execute(statement(f"publish/{name}"), parameters)


def _merge(
    cursor: Cursor[TupleRow],
    store: Store,
    news: News,
    before: PublishedLoad | None,
    load: LoadInfo,
    allowed: Allowed,
) -> Audit:
    """Brings the tables in line with the staging tables, where there is news, and runs guards and checks."""
    user_table = inspect(cursor, load.user_table) if load.user_table else None
    changes = count_changes(cursor, news.days)
    load = replace(load, approved_by=guard(cursor, changes, allowed, news.md5))
    if changes.not_empty or before is None or before.md5 != news.md5():
        _merge_pictures(cursor, changes, before, load, store)
    cursor.execute(statement("publish/merge_origin"))
    cursor.execute(statement("publish/merge_rejected"))
    sys.audit("apod.publish.merged")
    rejected, unreadable = cursor.execute(statement("publish/count_rejected")).fetchone() or (0, 0)
    first, last = cursor.execute(statement("publish/select_ends")).fetchone() or (None, None)
    findings = check(cursor)
    in_line = update(cursor, user_table) if user_table else ""
    return Audit(changes, before, findings, rejected, unreadable, first, last, load.approved_by, in_line)


def _claimed_days(store: Store, before: PublishedLoad | None) -> list[date] | None:
    """The days that are staged anew, as the compositions say; None where they do not, or where the days are many."""
    published, staged = read_index(store.composition, Composition), read_index(store.staged_composition, Composition)
    if not (published and staged and before and before.md5 == published.md5):
        return None
    days = [day for month in sorted(differing_months(published, staged)) for day in month_days(month)]
    return days if len(days) <= LISTED_DAYS else None


def _merge_and_prove(
    cursor: Cursor[TupleRow], store: Store, staged: Path, settling: Future[Checksums], load: LoadInfo, allowed: Allowed
) -> Audit:
    """Merges the days that are said to be staged anew; where table and CSV are not equal then, all that differs.

    `settling` reads the staged CSV meanwhile.

    Raises:
        BadData: a guard, a check or the proof stops it.
    """
    before = latest_load(cursor.connection)
    news = News(_claimed_days(store, before), settling)
    if news.days is not None:
        with suppress(BadData), cursor.connection.transaction():  # what stops it is found again below, among all days
            audit = _merge(cursor, store, news, before, load, allowed)
            if exported_md5(cursor) == news.md5():
                return audit
            raise Rollback
    audit = _merge(cursor, store, News(None, settling), before, load, allowed)
    prove(cursor, staged, news.md5())
    return audit


def _files_current(store: Store, staged: Path, checksums: Checksums) -> bool:
    """Whether the published CSV and its description are those of these checksums already."""
    csv_current = staged == store.csv or (store.csv.exists() and md5_of(store.csv) == checksums.md5)
    description = describe(staged, checksums)
    return csv_current and store.datapackage.exists() and store.datapackage.read_bytes() == description


def _settle(staged: Path) -> Checksums:
    """Flushes what is staged to the disk, before PostgreSQL may commit it; returns what it is by its content."""
    flush(staged)
    return checksums_of(staged)


def _show(store: Store, staged: Path, checksums: Checksums) -> None:
    """Puts the proven CSV, its composition and its description in place."""
    if staged != store.csv:
        staged.replace(store.csv)
        sys.audit("apod.csv.renamed")
        flush(store.root)
    composition = read_index(store.staged_composition, Composition)
    if composition and composition.sha256 == checksums.sha256:
        composition = msgspec.structs.replace(composition, md5=checksums.md5)
        if composition != read_index(store.composition, Composition):
            write_index(store.composition, composition)
    description = describe(store.csv, checksums)
    if not store.datapackage.exists() or store.datapackage.read_bytes() != description:
        with replacing(store.datapackage) as file:
            file.write(description)


def publish(connection: Connection, store: Store, load: LoadInfo, allowed: Allowed | None = None) -> Report:
    """Publishes what is staged, if it differs from what is published.

    Raises:
        BadData: nothing is staged, or a guard, a check or the proof stopped it; table and CSV are as they were.
        ApprovalNeeded: a guard stopped it, and a person may let it through; table and CSV are as they were.
    """
    with second_connection(connection) as keeper:  # its transaction lasts over the commit and the rename of the CSV
        keeper.execute(statement("publish/lock_publish"))
        report = _publish(connection, keeper, store, load, allowed or Allowed())
        store.save()  # before anybody else may publish
    return report


def _publish(connection: Connection, keeper: Connection, store: Store, load: LoadInfo, allowed: Allowed) -> Report:
    """Publishes, while the connection `keeper` holds the lock."""
    store.refresh()
    staged = store.staged_csv if store.staged_csv.exists() else store.csv
    if not staged.exists():
        raise BadData(f"There is no {store.staged_csv} to publish. ./apod trigger load makes it.")
    try:
        with ThreadPoolExecutor(1) as thread, transaction(connection), connection.cursor() as cursor:
            sys.audit("apod.publish.begun")
            settling = thread.submit(_settle, staged)  # while PostgreSQL compares
            cursor.execute(statement("publish/set_resources"))
            audit = _merge_and_prove(cursor, store, staged, settling, load, allowed)
            checksums = settling.result()
            cursor.execute(statement("publish/set_md5"), {"md5": checksums.md5})
            sys.audit("apod.publish.proven")
            keeper.execute(statement("publish/check_lock"))  # raises where the lock was lost with its connection
    except ApprovalNeeded:
        raise  # what is staged stays until a person has answered
    except BadData:
        with transaction(connection):
            connection.execute(statement("stage_table/truncate_staged"))  # what is staged may be wrong: stage all anew
        store.staged_composition.unlink(missing_ok=True)
        raise
    sys.audit("apod.publish.committed")
    same_md5 = audit.before is not None and audit.before.md5 == checksums.md5  # else the files cannot be current
    files_current = same_md5 and _files_current(store, staged, checksums)
    _show(store, staged, checksums)
    return to_report(audit, checksums.md5, load.run, files_current=files_current)
