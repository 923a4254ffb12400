"""Restores the raw store from the last version in git and DVC, where it is lost.

A new container or a lost disk is not an empty archive: records of years ago, NASA's edits, and the evidence for days
without a picture exist nowhere else.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from include.apod.adapters.dvc import Dvc
from include.apod.adapters.git import clone
from include.apod.adapters.scratch import scratch
from include.apod.errors import Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.pointers import RAW_POINTER
from include.apod.run import Report

if TYPE_CHECKING:
    from include.apod.adapters.dvc import Remote
    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store


def is_lost(store: Store) -> bool:
    """Whether there is no raw store, or a restore was interrupted."""
    return store.restoring.exists() or not raw_store.months(store.raw)


def _move_missing(store: Store, commit: str) -> Report:
    """Moves missing month files into place. If it is killed, the folder remains and the next run begins again."""
    count = 0
    for path in raw_store.months(store.restoring):
        raw_store.read_month(path)  # raises where it is damaged
        target = store.raw / path.relative_to(store.restoring)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            count += 1
            sys.audit("apod.restore.moved")
    shutil.rmtree(store.restoring)
    sentence = f"{count} months restored from version {commit}" if count else f"no month of version {commit} is lacking"
    return Report(count > 0, sentence, {"restored": count})


def restore_raw(repository: Repository, remote: Remote, store: Store) -> Report:
    """Restores each month file that the last version has and the raw store lacks; existing files stay as they are.

    Raises:
        Unavailable: the repository or the DVC remote does not answer, or lacks the bytes.
        BadData: what was pulled is no raw store.
        Misconfigured: a credential, branch or remote is wrong.
    """
    with scratch("restore") as folder:
        work = clone(repository, folder / "clone")
        if work.read(RAW_POINTER) is None:
            return Report(False, f"nothing to restore: {repository.branch} has no version yet")
        try:
            with Dvc(remote, folder, "pull") as dvc:
                dvc.pull(work.path, [RAW_POINTER])
        except Unavailable as error:
            raise Unavailable(
                f"{RAW_POINTER} of {repository.branch} cannot be pulled, so nothing was restored: {error}. To begin "
                f"again from NASA alone, remove {RAW_POINTER} from the branch."
            ) from error
        shutil.rmtree(store.restoring, ignore_errors=True)
        shutil.copytree(work.path / "data" / "raw", store.restoring)
        commit = work.git("rev-parse", "--short=12", "HEAD")
    store.save()  # while that folder exists, nobody takes a part of the raw store for all of it
    sys.audit("apod.restore.copied")
    return _move_missing(store, commit)
