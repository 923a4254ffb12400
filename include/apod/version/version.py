"""Steps 4, data versioning, and 5, code versioning: a commit that points at the CSV and the raw store it is made from.

The order is bytes, verify, pointer, push, in a throw-away clone: killed anywhere, the branch names the old version or
the new one, never bytes that are not in the DVC remote.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from include.apod.adapters.dvc import Dvc
from include.apod.adapters.dvc_config import remote_for, stored_in
from include.apod.adapters.git import cloning
from include.apod.adapters.remote import lost_objects
from include.apod.adapters.scratch import scratch
from include.apod.errors import Misconfigured, Unavailable
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, object_in, remote_in
from include.apod.formats.schema import migrate
from include.apod.version.commit import commit_draft, unchanged
from include.apod.version.draft import DATA_FILES, DATAPACKAGE, DVC_FILES, RemoteState, push_bytes
from include.apod.version.record import VersionRecord, is_due, record, tip_version
from include.apod.version.snapshot import take

if TYPE_CHECKING:
    from psycopg import Connection

    from include.apod.adapters.dvc import Remote
    from include.apod.adapters.dvc_config import Location
    from include.apod.adapters.git import Clone, Repository
    from include.apod.formats.store import Store
    from include.apod.run import Report
    from include.apod.version.release_note import Stamp
    from include.apod.version.snapshot import Snapshot

log = logging.getLogger(__name__)


def _remote_state(work: Clone, remote: Remote, snapshot: Snapshot) -> RemoteState:
    """The DVC remote to use, and what it lacks of the snapshot.

    Raises:
        Misconfigured: neither the setting nor the repository names a remote that means the same everywhere.
    """
    location = remote_for(work.read(".dvc/config"), remote.url)
    if location is None:
        raise Misconfigured(f"{work.repository.branch} names no DVC remote. Set APOD_DVC_REMOTE.")
    location.check()
    return RemoteState(location, lost_objects(location, snapshot.sizes))


def _check_repository(work: Clone) -> None:
    """Checks that the branch takes our files, before any bytes are pushed.

    Raises:
        Misconfigured: it ignores one of them, or has data in git itself.
    """
    if rule := work.ignoring_rule([*DATA_FILES, *DVC_FILES]):
        raise Misconfigured(f"On {work.repository.branch} {rule}. Take the rule out; nothing was pushed.")
    if tracked := work.git("ls-files", "--", "data/apod_data.csv", "data/raw").splitlines():
        raise Misconfigured(
            f"{work.repository.branch} has {tracked[0]} in git itself, so DVC cannot hold it. Take it out "
            f"(git rm --cached {tracked[0]}); nothing was pushed."
        )


def _is_at_tip(work: Clone, snapshot: Snapshot, remote: Location) -> bool:
    """Whether the branch's tip points at the snapshot, and at the remote that has its bytes."""
    config, pointers = work.read(".dvc/config"), [work.read(CSV_POINTER), work.read(RAW_POINTER)]
    named = [(object_in(pointer), stored_in(config, remote_in(pointer))) for pointer in pointers]
    return named == [(snapshot.md5, remote), (snapshot.raw, remote)]


def version(repository: Repository, remote: Remote, store: Store, connection: Connection, stamp: Stamp) -> Report:
    """Commits the CSV, the raw store and their description as a version, unless the branch's tip is that version.

    Raises:
        NotPublished: there is no CSV yet, or the raw store has changed: a load comes first.
        Unavailable: the repository, the remote or the disk failed, or other writers were quicker each time.
        BadData: the CSV is not the one that was proven equal to the table.
        Misconfigured: a credential, branch or remote is wrong.
    """
    try:
        with (
            scratch("version") as folder,
            cloning(repository, folder / "clone") as finish_clone,
            ExitStack() as processes,
        ):
            migrate(connection)
            # if it is likely to be needed, DVC is imported at the same time
            dvc = processes.enter_context(Dvc(remote, folder, "push")) if is_due(connection) else None
            snapshot = take(store, folder / "snapshot", connection)
            sys.audit("apod.version.taken")
            work = finish_clone()
            sys.audit("apod.version.cloned")
            tip_version(work, connection)
            description_at_tip = work.read(DATAPACKAGE)
            shutil.copytree(folder / "snapshot", work.path / "data", copy_function=os.replace, dirs_exist_ok=True)
            remote_state = _remote_state(work, remote, snapshot)
            lost = len(remote_state.lost)
            at_tip = description_at_tip == work.read(DATAPACKAGE) and _is_at_tip(work, snapshot, remote_state.location)
            if at_tip and not lost:
                report = unchanged(work, snapshot.md5, connection)
            else:
                _check_repository(work)
                if at_tip:
                    log.warning("The DVC remote lost %d objects of this version; they are pushed again.", lost)
                dvc = dvc or processes.enter_context(Dvc(remote, folder, "push"))
                draft = push_bytes(work, dvc, store, snapshot, remote_state, stamp)
                report = commit_draft(work, draft, connection)
    except OSError as error:
        raise Unavailable(f"The version could not be made: {error}. Nothing was committed.") from error
    if report.changed:
        commit, md5 = f"{report.facts['commit']}", f"{report.facts['md5']}"
        record(connection, VersionRecord(commit, md5, stamp.run, stamp.code_version, snapshot.taken_at))
    sys.audit("apod.version.recorded")
    return report
