"""`apod.version`: which commit holds which load, so that a row leads to its commit and a commit to its load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.formats.pointers import CSV_POINTER, facts_in, object_in
from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from psycopg import Connection

    from include.apod.adapters.git import Clone


@dataclass(frozen=True)
class VersionRecord:
    """A row of `apod.version`.

    Attributes:
        commit: that holds the CSV.
        md5: of the CSV.
        run: the orchestrator's name for the run that made the commit.
        code_version: commit of the code that ran.
    """

    commit: str
    md5: str
    run: str
    code_version: str


def is_due(connection: Connection) -> bool:
    """Whether the newest load is in no version yet, so that DVC will probably be needed."""
    row = connection.execute(statement("version/is_due")).fetchone()
    return bool(row and row[0])


def record(connection: Connection, version: VersionRecord) -> None:
    """Records which commit holds which CSV, unless it is recorded already."""
    parameters = {"commit": version.commit, "md5": version.md5}
    parameters |= {"run": version.run, "code_version": version.code_version}
    connection.execute(statement("version/insert_version"), parameters)


def record_tip(work: Clone, connection: Connection) -> None:
    """Records the version at the branch's tip: the task that pushed it may have been killed before it recorded it."""
    pointer = work.read(CSV_POINTER)
    if md5 := object_in(pointer):
        facts = facts_in(pointer)
        run, code_version = facts.get("run", "unknown"), facts.get("code_commit", "unknown")
        record(connection, VersionRecord(work.git("rev-parse", "HEAD"), md5, run, code_version))
