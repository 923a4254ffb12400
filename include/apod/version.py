"""Step 5: one commit that points at the CSV and the raw store there are now, their bytes in the DVC remote.

The order is bytes, verify, pointer, push, in a throw-away clone: killed anywhere, the branch names either the
old version or the new one, never bytes that are not there.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from include.apod.coverage import read_coverage
from include.apod.errors import BadData, NotPublished, Unavailable
from include.apod.git import Clone, clone, failure
from include.apod.release_note import Changes, facts, read_content, release_note
from include.apod.remote import Remote, push_bytes, starting_dvc
from include.apod.run import Report
from include.apod.sql import statement
from include.apod.store import Store, md5_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from psycopg import Connection

    from include.apod.git import Repository

CSV_POINTER = "data/apod_data.csv.dvc"
RAW_POINTER = "data/raw.dvc"
COMMITTED = (
    CSV_POINTER,
    RAW_POINTER,
    "data/datapackage.json",
    "data/.gitignore",
    ".dvc/config",
    ".dvc/.gitignore",
    ".dvcignore",
)
ATTEMPTS = 5


@dataclass(frozen=True)
class Stamp:
    """What a version says of how it was made.

    Attributes:
        run: the orchestrator's name for the run.
        code_version: commit of the running code.
        since: first day of the archive.
        note: what a person has to say about this version.
    """

    run: str
    code_version: str
    since: date
    note: str = ""


def version(repository: Repository, remote: Remote, store: Store, connection: Connection, stamp: Stamp) -> Report:
    """Commits the CSV, the raw store and their description as a version, unless the branch's tip is that one.

    Raises:
        NotPublished: there is no CSV yet.
        Unavailable: the repository or the remote did not answer, or other writers were quicker each time.
        BadData: the CSV is not the one that was proven equal to the table.
        Misconfigured: a credential, branch or remote is wrong.
    """
    if not store.csv.exists():
        raise NotPublished(f"{store.csv} does not exist yet; ./apod trigger load makes it.")
    for _ in range(ATTEMPTS):
        if report := attempt(repository, remote, store, connection, stamp):
            return report
    raise Unavailable(f"Other writers changed {repository.branch} first, {ATTEMPTS} times in a row.")


def attempt(
    repository: Repository, remote: Remote, store: Store, connection: Connection, stamp: Stamp
) -> Report | None:
    """One try from a fresh clone; None when somebody else's push came first."""
    with TemporaryDirectory(prefix="apod-version-") as folder, starting_dvc(remote, Path(folder)) as dvc:
        work = clone(repository, Path(folder) / "clone")
        before = md5_in(work.read(CSV_POINTER))
        md5 = bring_in(store, work.path)
        changes = changes_since(connection, before, md5)
        content = read_content(work.path / "data" / "apod_data.csv")
        complete = read_coverage(work.path / "data" / "raw").complete_through(stamp.since)
        push_bytes(dvc, work, remote)
        if not work.git("status", "--porcelain", "--", *COMMITTED):
            tip = work.git("rev-parse", "HEAD")
            sentence = f"nothing new: {tip[:12]} on {repository.branch} is this version already"
            return Report(False, sentence, {"md5": md5})
        trailers = facts(content, md5, complete, stamp.code_version, stamp.run)
        note = release_note(content, changes, stamp.note, trailers)
        head = commit(work, note, trailers)
        sentence = f"{note.splitlines()[0]} as {head[:12]} on {repository.branch}"
        points: dict[str, str | int] = {"commit": head, "md5": md5, "rows": content.rows, "last": content.last}
        return Report(True, sentence, points) if push(work) else None


def md5_in(pointer: str | None) -> str | None:
    """The md5 that a `.dvc` file names."""
    return yaml.safe_load(pointer)["outs"][0]["md5"] if pointer else None


def bring_in(store: Store, clone_path: Path) -> str:
    """Copies what is to be versioned into the clone; returns the md5 of the CSV that was copied."""
    data = clone_path / "data"
    data.mkdir(exist_ok=True)
    shutil.copyfile(store.csv, data / "apod_data.csv")
    shutil.copyfile(store.datapackage, data / "datapackage.json")
    shutil.copytree(store.raw, data / "raw", copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(".*"))
    return md5_of(data / "apod_data.csv")


def changes_since(connection: Connection, before: str | None, md5: str) -> Changes | None:
    """What the loads since the version before did, from their own records; None where they do not reach back.

    Raises:
        BadData: the CSV is not the one of the newest load.
    """
    latest = connection.execute(statement("select_latest_load")).fetchone()
    if latest is None or latest[1] != md5:
        raise BadData(
            f"The CSV (md5 {md5}) is not the one that was proven equal to the table (md5 {latest and latest[1]}). "
            "./apod trigger load puts it right."
        )
    if before is None:
        return Changes(latest[2], 0, 0)
    since = connection.execute(statement("sum_changes_since"), {"md5": before}).fetchone()
    return None if since is None or since[0] is None else Changes(*since)


def commit(work: Clone, message: str, trailers: Mapping[str, str]) -> str:
    """Commits the pointers, the facts in the message and in the `.dvc` file; returns the commit."""
    pointer = work.path / CSV_POINTER
    meta = {name.lower().replace("-", "_"): value for name, value in trailers.items()}
    pointer.write_text(yaml.safe_dump({**yaml.safe_load(pointer.read_text()), "meta": meta}, sort_keys=False))
    work.git("add", "--", *(name for name in COMMITTED if (work.path / name).exists()))
    work.git("commit", "--quiet", "--cleanup=verbatim", "--file=-", stdin=message)
    return work.git("rev-parse", "HEAD")


def push(work: Clone) -> bool:
    """Pushes the commit; False when somebody else's came first.

    Raises:
        Unavailable, Misconfigured: the push failed for another reason.
    """
    done = work.attempt("push", "--quiet", "origin", f"HEAD:refs/heads/{work.repository.branch}")
    if done.returncode and any(word in done.stderr for word in ("fetch first", "non-fast-forward", "cannot lock ref")):
        return False
    if done.returncode:
        raise failure("push", done.stderr, work.repository)
    return True
