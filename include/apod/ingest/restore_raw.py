"""Before step 1, where there is no raw store: bring back the one of the last version.

A new container or a lost disk is not an empty archive: NASA's own words of years ago, its edits and its word for the
days without a picture are in git and DVC, and nowhere else.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from include.apod.adapters.git import clone
from include.apod.adapters.remote import Remote, pull_bytes
from include.apod.adapters.scratch import scratch
from include.apod.errors import Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.pointers import RAW_POINTER
from include.apod.run import Report

if TYPE_CHECKING:
    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store


def is_lost(store: Store) -> bool:
    """Whether there is no raw store, or one that is half brought back."""
    return store.restoring.exists() or not raw_store.months(store.raw)


def restore_raw(repository: Repository, remote: Remote, store: Store) -> Report:
    """Brings back each month file that the last version has and the raw store lacks; what stands there stays.

    Raises:
        Unavailable: the repository or the DVC remote did not answer, or the bytes are not there.
        BadData: what came back is no raw store.
        Misconfigured: a credential, branch or remote is wrong.
    """
    with scratch("restore") as folder:
        work = clone(repository, folder / "clone")
        if work.read(RAW_POINTER) is None:
            return Report(False, f"nothing to restore: {repository.branch} has no version yet")
        try:
            pull_bytes(work, remote, RAW_POINTER)
        except Unavailable as error:
            raise Unavailable(
                f"{RAW_POINTER} of {repository.branch} cannot be pulled, so nothing was restored: {error}. To begin "
                f"again from NASA alone, remove {RAW_POINTER} from the branch."
            ) from error
        shutil.rmtree(store.restoring, ignore_errors=True)
        shutil.copytree(work.path / "data" / "raw", store.restoring)
        commit = work.git("rev-parse", "--short=12", "HEAD")
    store.send()  # while that folder is there, nobody takes what was brought back so far for all
    sys.audit("apod.restore.copied")
    return _bring_in(store, commit)


def _bring_in(store: Store, commit: str) -> Report:
    """Moves what is lacking into its place. Killed in between, the folder stands and the next run begins again."""
    count = 0
    for path in raw_store.months(store.restoring):
        raw_store.parse_month(path.read_bytes(), path)
        target = store.raw / path.relative_to(store.restoring)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            count += 1
            sys.audit("apod.restore.moved")
    shutil.rmtree(store.restoring)
    sentence = f"{count} months restored from version {commit}" if count else f"no month of version {commit} is lacking"
    return Report(count > 0, sentence, {"restored": count})
