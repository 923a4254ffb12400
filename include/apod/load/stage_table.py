"""Step 3, loading into PostgreSQL: the fragments' bytes, by COPY into the staging tables; only those not there yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.formats.fragments import read_manifest
from include.apod.formats.schema import migrate
from include.apod.formats.statements import statement
from include.apod.run import Report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from psycopg import Connection, Cursor
    from psycopg.rows import TupleRow

    from include.apod.formats.fragments import Kind

STATEMENTS: dict[Kind, str] = {
    "rows": "copy_staging",
    "origins": "copy_staging_origin",
    "rejections": "copy_staging_rejected",
}


def _copy(cursor: Cursor[TupleRow], name: str, contents: Iterable[bytes]) -> int:
    """Copies what some fragments have of one kind into its staging table; returns the number of rows."""
    with cursor.copy(statement(f"stage_table/{name}")) as copy:
        for content in contents:
            copy.write(content)
    return cursor.rowcount


def stage_table(connection: Connection, clean: Path) -> Report:
    """Brings the staging tables in line with the manifest, in one transaction; migrates our schema first.

    Raises:
        BadData: a fragment is not what transform wrote; what was staged stays.
        Misconfigured: the database is of newer code, or may not be changed by this role.
    """
    migrate(connection)
    manifest = read_manifest(clean)
    with transaction(connection), connection.cursor() as cursor:
        staged: dict[str, str] = dict(cursor.execute(statement("stage_table/select_staged")).fetchall())
        fragments = manifest.fragments
        changed = [month for month, fragment in fragments.items() if staged.get(month) != fragment.key]
        outdated = [*(staged.keys() - fragments.keys()), *changed]
        if outdated:
            cursor.execute(statement("stage_table/delete_staged"), {"months": outdated})
        rows, *_ = (
            _copy(cursor, name, manifest.contents_or_drop(clean, changed, kind)) for kind, name in STATEMENTS.items()
        )
        parameters = {"months": changed, "keys": [fragments[month].key for month in changed]}
        cursor.execute(statement("stage_table/insert_staged"), parameters)
        sys.audit("apod.staging.copied")
    sys.audit("apod.staging.committed")
    sentence = (
        f"{rows} rows of {len(changed)} months staged for the table" if outdated else "staged for the table already"
    )
    return Report(bool(outdated), sentence, {"rows": rows, "months": len(changed)})
