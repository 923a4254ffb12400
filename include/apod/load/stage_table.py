"""Step 3a: the clean fragments, byte for byte, into the staging table; only those that do not stand there yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from include.apod.adapters.sql import statement
from include.apod.formats.fragments import KINDS, read_manifest
from include.apod.formats.schema import migrate
from include.apod.run import Report

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection


def stage_table(connection: Connection, clean: Path) -> Report:
    """Brings the staging tables in line with the manifest, in one transaction; our schema first.

    Raises:
        BadData: a fragment is not what transform wrote; what was staged stays.
        Misconfigured: the database is of newer code, or may not be changed by this role.
    """
    migrate(connection)
    manifest = read_manifest(clean)
    with connection.transaction(), connection.cursor() as cursor:
        staged: dict[str, str] = dict(cursor.execute(statement("select_staged")).fetchall())
        changed = [fragment for month, fragment in manifest.items() if staged.get(month) != fragment.key]
        gone = [*(staged.keys() - manifest.keys()), *(fragment.month for fragment in changed)]
        if gone:
            cursor.execute(statement("delete_staged"), {"months": gone})
        rows = 0
        for kind, name in zip(KINDS, ("copy_staging", "copy_staging_origin", "copy_staging_rejected"), strict=True):
            with cursor.copy(statement(name)) as copy:
                for fragment in changed:
                    copy.write(fragment.read(clean, kind))
            rows = rows or cursor.rowcount
        staged_now = {"months": [one.month for one in changed], "keys": [one.key for one in changed]}
        cursor.execute(statement("insert_staged"), staged_now)
        sys.audit("apod.staging.copied")
    sys.audit("apod.staging.committed")
    sentence = f"{rows} rows of {len(changed)} months staged for the table" if gone else "staged for the table already"
    return Report(bool(gone), sentence, {"rows": rows, "months": len(changed)})
