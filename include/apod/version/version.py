"""Step 5: one commit that points at the CSV and the raw store it was made from, their bytes in the DVC remote.

The order is bytes, verify, pointer, push, in a throw-away clone: killed anywhere, the branch names either the
old version or the new one, never bytes that are not there.
"""

from __future__ import annotations

import logging
import os
import random
import shutil
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from include.apod.adapters.git import Clone, clone
from include.apod.adapters.remote import Remote, begin_push, end_push, fetch, lacking, starting_dvc, url_in
from include.apod.adapters.scratch import scratch
from include.apod.days import parse_spans
from include.apod.errors import Misconfigured, NotPublished, Unavailable
from include.apod.formats.columns import HEADER
from include.apod.formats.coverage import read_coverage
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, meta_in, named
from include.apod.formats.schema import migrate
from include.apod.history.diff import from_bytes, from_ledger
from include.apod.run import Report
from include.apod.version.record import is_due, record, record_tip
from include.apod.version.release_note import Changes, Content, facts, read_content, release_note
from include.apod.version.snapshot import Snapshot, take, write_raw

if TYPE_CHECKING:
    import subprocess
    from datetime import date

    from psycopg import Connection

    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store

log = logging.getLogger(__name__)

DATAPACKAGE = "data/datapackage.json"
OURS = (CSV_POINTER, RAW_POINTER, DATAPACKAGE)
SETTINGS = ("data/.gitignore", ".dvc/config", ".dvc/.gitignore", ".dvcignore")  # DVC's, made once
ATTEMPTS = 12  # pushes; one that came too late costs a fetch and a commit


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


@dataclass(frozen=True)
class Draft:
    """A version whose bytes are safe and which is to be committed.

    Attributes:
        snapshot: what it holds.
        url: of the DVC remote that has the bytes.
        files: the content of each file of the commit, by its name in the repository.
        settings: DVC's own files as they stood in the repository when `files` were made from them.
        content: of the CSV.
        empty: days that are proven to have no picture.
        trailers: the facts, by name.
        note: what a person has to say.
    """

    snapshot: Snapshot
    url: str
    files: dict[str, str]
    settings: dict[str, str | None]
    content: Content
    empty: list[date]
    trailers: dict[str, str]
    note: str


def version(repository: Repository, remote: Remote, store: Store, connection: Connection, stamp: Stamp) -> Report:
    """Commits the CSV, the raw store and their description as a version, unless the branch's tip is that one.

    Raises:
        NotPublished: there is no CSV yet, or it is not the raw store's any more: a load comes first.
        Unavailable: the repository, the remote or the disk failed, or other writers were quicker each time.
        BadData: the CSV is not the one that was proven equal to the table.
        Misconfigured: a credential, branch or remote is wrong.
    """
    if not store.csv.exists():
        raise NotPublished(f"{store.csv} does not exist yet; ./apod trigger load makes it.")
    migrate(connection)
    try:
        with scratch("version") as folder, ExitStack() as until_done:
            dvc = until_done.enter_context(starting_dvc(remote, folder)) if is_due(connection) else None
            work = clone(repository, folder / "clone")
            sys.audit("apod.version.cloned")
            record_tip(work, connection)
            snapshot = take(store, work.path / "data", connection)
            sys.audit("apod.version.taken")
            url = remote.url or url_in(work.read(".dvc/config"))
            if url is None:
                raise Misconfigured(f"{repository.branch} names no DVC remote. Set APOD_DVC_REMOTE.")
            lost = lacking(url, snapshot.sizes)
            at_tip = is_at_tip(work, snapshot, url)
            if at_tip and lost:
                log.warning("The DVC remote lost %d objects of this version; they are pushed again.", len(lost))
            if at_tip and not lost:
                report = nothing_new(work, snapshot)
            else:
                dvc = dvc or until_done.enter_context(starting_dvc(remote, folder))
                draft = push_draft(work, (dvc, remote), store, stamp, (snapshot, url, lost))
                report = publish(work, draft, connection)
    except OSError as error:
        raise Unavailable(f"The version could not be made: {error}. Nothing was committed.") from error
    record(connection, report.facts, stamp.run, stamp.code_version)
    sys.audit("apod.version.recorded")
    return report


def is_at_tip(work: Clone, snapshot: Snapshot, url: str) -> bool:
    """Whether the branch's tip points at what was taken, and at the remote that has it."""
    points = (named(work.read(CSV_POINTER)), named(work.read(RAW_POINTER)), url_in(work.read(".dvc/config")))
    return points == (snapshot.md5, snapshot.raw, url) and not work.git("status", "--porcelain", "--", DATAPACKAGE)


def nothing_new(work: Clone, snapshot: Snapshot) -> Report:
    tip = work.git("rev-parse", "HEAD")
    sentence = f"nothing new: {tip[:12]} on {work.repository.branch} is this version already"
    return Report(False, sentence, {"commit": tip, "md5": snapshot.md5})


def push_draft(
    work: Clone,
    pushing: tuple[subprocess.Popen[str], Remote],
    store: Store,
    stamp: Stamp,
    taken: tuple[Snapshot, str, list[str]],
) -> Draft:
    """Brings the bytes into the remote; the pointers to them are made on the way.

    Raises:
        NotPublished: the raw store is not what the CSV was made from.
        Unavailable: the remote did not take the bytes, or does not give them back.
        Misconfigured: that interpreter has no DVC.
    """
    snapshot, url, lost = taken
    settings = {name: work.read(name) for name in SETTINGS}
    for pointer in (CSV_POINTER, RAW_POINTER):
        if named(work.read(pointer)) is None:
            (work.path / pointer).unlink(missing_ok=True)  # DVC would stumble over it
    dvc, remote = pushing
    write_raw(snapshot, store, work.path / "data" / "raw")
    links = work.path.with_name("links")
    shutil.copytree(work.path / "data", links, copy_function=os.link)  # DVC moves the others about
    # where the remote has the list of a folder, DVC takes all of its files to be there
    begin_push(dvc, remote, work, [*lost, snapshot.raw] if lost else [])
    content = read_content(links / "apod_data.csv")
    coverage = read_coverage(links / "raw")
    end_push(dvc)
    sys.audit("apod.version.safe")
    files = {name: text for name in (*OURS, *SETTINGS) if (text := work.read(name)) is not None}
    empty = coverage.proven_empty
    trailers = facts(content, snapshot.md5, coverage.complete_through(stamp.since), empty, stamp)
    return Draft(snapshot, url, files, settings, content, empty, trailers, stamp.note)


def publish(work: Clone, draft: Draft, connection: Connection) -> Report:
    """Commits and pushes a draft, on top of whatever others push in between.

    Raises:
        Unavailable: others were quicker each time, or named another remote.
    """
    for turn in range(ATTEMPTS):
        if not work.git("status", "--porcelain", "--", *draft.files):
            return nothing_new(work, draft.snapshot)
        note = release_note(draft.content, changes_since(work, draft, connection), draft.note, draft.trailers)
        head = commit(work, draft, note)
        sys.audit("apod.version.committed")
        refused = work.push()
        if refused is None:
            sys.audit("apod.version.pushed")
            sentence = f"{note.splitlines()[0]} as {head[:12]} on {work.repository.branch}"
            points: dict[str, str | int] = {"commit": head, "md5": draft.snapshot.md5, "rows": draft.content.rows}
            return Report(True, sentence, {**points, "last": draft.content.last})
        time.sleep(random.uniform(0, turn / 10))  # noqa: S311  # so that writers who met do not meet again
        catch_up(work, draft)
    raise Unavailable(f"Others were at {work.repository.branch} first, {ATTEMPTS} times in a row: {refused}")


def changes_since(work: Clone, draft: Draft, connection: Connection) -> Changes:
    """What is new since the version at the tip: from the records of the loads, else from the bytes of both CSVs."""
    pointer = work.git("show", f"HEAD:{CSV_POINTER}") if work.has(CSV_POINTER) else None
    before, csv, old = named(pointer), work.path / "data" / "apod_data.csv", work.path.parent / "before.csv"
    emptied = frozenset(draft.empty) - parse_spans(meta_in(pointer).get("no_picture", ""))
    if before is None:
        old.write_bytes(HEADER)
        return Changes(from_bytes(old, csv), emptied)
    diff = from_ledger(connection, before, draft.snapshot.md5)
    if diff is None and fetch(draft.url, before, old):
        diff = from_bytes(old, csv)
    return Changes(diff, emptied)


def commit(work: Clone, draft: Draft, message: str) -> str:
    """Commits the files, the facts in the message and in the `.dvc` file; returns the commit."""
    meta = {name.lower().replace("-", "_"): value for name, value in draft.trailers.items()}
    pointer = {**yaml.safe_load(draft.files[CSV_POINTER]), "meta": meta}
    (work.path / CSV_POINTER).write_text(yaml.safe_dump(pointer, sort_keys=False))
    work.git("add", "--", *draft.files)
    work.git("commit", "--quiet", "--cleanup=verbatim", "--file=-", stdin=message)
    return work.git("rev-parse", "HEAD")


def catch_up(work: Clone, draft: Draft) -> None:
    """Puts the draft on top of what the branch is now. Nothing of anybody else's is merged or undone.

    Raises:
        Unavailable: somebody set up DVC in another way in between.
    """
    work.git("fetch", "--quiet", "--depth=1", "origin", f"refs/heads/{work.repository.branch}")
    work.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    for name in SETTINGS:
        if work.read(name) not in (draft.settings[name], draft.files.get(name)):
            raise Unavailable(f"{name} was changed by somebody else in between. The next try begins from theirs.")
    for name, text in draft.files.items():
        (work.path / name).parent.mkdir(exist_ok=True)
        (work.path / name).write_text(text)
