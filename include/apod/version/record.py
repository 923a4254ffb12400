"""`apod.version`: which commit holds which load, so that a row leads to its commit and a commit to its load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, facts_in, object_in
from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        taken_at: when its files were taken, aware; the time of the commit where that is not known.
    """

    commit: str
    md5: str
    run: str
    code_version: str
    taken_at: datetime


def is_due(connection: Connection) -> bool:
    """Whether the newest load is in no version yet, so that DVC will probably be needed."""
    row = connection.execute(statement("version/is_due")).fetchone()
    return bool(row and row[0])


def record(connection: Connection, version: VersionRecord) -> None:
    """Records which commit holds which CSV, unless it is recorded already."""
    parameters = {
        "commit": version.commit,
        "md5": version.md5,
        "run": version.run,
        "code_version": version.code_version,
        "taken_at": version.taken_at,
    }
    with transaction(connection):
        connection.execute(statement("version/insert_version"), parameters)


def _commit_of_pointer(work: Clone, facts: Mapping[str, str]) -> str:
    """The commit that made the pointer at HEAD, which carries these facts.

    It is HEAD, unless somebody has committed something else on top; then the rest of the history is fetched.
    """
    form = "%(trailers:key=CSV-MD5,valueonly,separator=%x20)%x1f%(trailers:key=Run,valueonly,separator=%x20)"
    if work.git("log", "-1", f"--format={form}").split("\x1f") == [facts.get("csv_md5"), facts.get("run")]:
        return work.git("rev-parse", "HEAD")
    if work.git("rev-parse", "--is-shallow-repository") == "true":
        work.git("fetch", "--quiet", "--unshallow", "--no-tags", "origin", f"refs/heads/{work.repository.branch}")
    return work.git("log", "-1", "--full-history", "--format=%H", "--", CSV_POINTER, RAW_POINTER)


def tip_version(work: Clone, connection: Connection) -> str | None:
    """The commit of the version at the branch's tip, None if there is none; recorded if it was not.

    The task that pushed it may have been killed before it recorded it.
    """
    pointer = work.read(CSV_POINTER)
    md5, facts = object_in(pointer), facts_in(pointer)
    if md5 is None:
        return None
    run, code_version = facts.get("run", "unknown"), facts.get("code_commit", "unknown")
    if row := connection.execute(statement("version/select_version"), {"md5": md5, "run": run}).fetchone():
        return f"{row[0]}"
    commit = _commit_of_pointer(work, facts)
    committed_second = datetime.fromisoformat(work.git("log", "-1", "--format=%cI", commit))
    time = committed_second + timedelta(seconds=1)  # git has no parts of a second; what it holds was published before
    record(connection, VersionRecord(commit, md5, run, code_version, time))
    return commit
