"""`./apod restore`: a version beside the live data, or what the live raw store lost. Airflow is not needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.history.restore import check_folder, restore_folder, restore_schema
from include.apod.ingest.restore_raw import restore_raw
from local.cli.deployment import database_of, remote_of, repository_of, store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from include.apod.history.archive import Archive
    from include.apod.history.versions import Version
    from local.stack.stack import Stack


@dataclass(frozen=True)
class Target:
    """Where a version is restored to.

    Attributes:
        folder: for CSV, description and raw store; None for none.
        schema: of PostgreSQL, for the table; empty for none.
    """

    folder: Path | None
    schema: str


def restore_live_raw(stack: Stack) -> str:
    """Restores the month files that the last version has and the live raw store lacks; returns what was done."""
    return restore_raw(repository_of(stack), remote_of(stack), store_of(stack)).sentence


def restore_version(stack: Stack, archive: Archive, version: Version, target: Target) -> Iterator[str]:
    """Restores a version; yields what was done.

    Raises:
        Misconfigured: the folder is not empty, or the schema's name is taken or invalid.
        Unavailable: the version is not complete in the remote.
    """
    if target.folder:
        check_folder(target.folder)
    csv = archive.workshop.folder / "version.csv"
    origin = archive.workshop.obtain(version, csv)
    yield f"version {version.commit[:12]}: CSV {origin}, md5 {version.csv}"
    if target.folder:
        restore_folder(archive, version, csv, target.folder)
        yield f"CSV, description and raw store in {target.folder}"
    if target.schema:
        with database_of(stack) as database:
            rows = restore_schema(database, target.schema, csv, version.csv)
        yield f"{rows} rows in {target.schema}.picture, proven equal"
