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
    from collections.abc import Sequence
    from pathlib import Path

    from psycopg import Connection, Cursor
    from psycopg.rows import TupleRow

    from include.apod.formats.fragments import Fragment, Kind


def _copy(cursor: Cursor[TupleRow], name: str, fragments: Sequence[Fragment], clean: Path, kind: Kind) -> int:
    """Copies one kind of file of the fragments into its staging table; returns the number of rows."""
    with cursor.copy(statement(f"stage_table/{name}")) as copy:
        for fragment in fragments:
            copy.write(fragment.read_or_drop(clean, kind))
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
        changed = [fragment for month, fragment in manifest.items() if staged.get(month) != fragment.key]
        outdated = [*(staged.keys() - manifest.keys()), *(fragment.month for fragment in changed)]
        if outdated:
            cursor.execute(statement("stage_table/delete_staged"), {"months": outdated})
        rows = _copy(cursor, "copy_staging", changed, clean, "rows")
        _copy(cursor, "copy_staging_origin", changed, clean, "origins")
        _copy(cursor, "copy_staging_rejected", changed, clean, "rejections")
        keys = {"months": [part.month for part in changed], "keys": [part.key for part in changed]}
        cursor.execute(statement("stage_table/insert_staged"), keys)
        sys.audit("apod.staging.copied")
    sys.audit("apod.staging.committed")
    sentence = (
        f"{rows} rows of {len(changed)} months staged for the table" if outdated else "staged for the table already"
    )
    return Report(bool(outdated), sentence, {"rows": rows, "months": len(changed)})
