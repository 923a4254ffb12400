"""Restores the raw store from the last version in git and DVC, where it is lost.

A new container or a lost disk is not an empty archive: records of years ago, NASA's edits, and the evidence for days
without a picture exist nowhere else.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from include.apod.adapters.dvc import Dvc
from include.apod.adapters.dvc_config import stored_in
from include.apod.adapters.git import clone
from include.apod.adapters.scratch import scratch
from include.apod.errors import Misconfigured, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.composition import Composition, lacking_months
from include.apod.formats.index_file import read_index
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, facts_in, remote_in
from include.apod.formats.reading_list import read_reading_list, reading_list_path, write_reading_list
from include.apod.run import Report

if TYPE_CHECKING:
    from pathlib import Path

    from include.apod.adapters.dvc import Remote
    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store


def is_lost(store: Store) -> bool:
    """Whether the raw store is missing, less than it was, or of unknown completeness; or a restore was interrupted.

    What it must hold is known from the published CSV's composition. Without one, on a new disk, only a raw store that
    an ingest of ours has written is whole.
    """
    raw = raw_store.states(store.raw)
    if store.restoring.exists() or not raw:
        return True
    composition = read_index(store.composition, Composition)
    if composition is None:
        return not reading_list_path(store.ingest).exists()
    return bool(lacking_months(composition, raw))


def _restore_month(path: Path, target: Path, raw: Path) -> bool:
    """Moves a month file of a version into place, or adds what the one that is there lacks; returns if it did."""
    observations = raw_store.read_month(path)  # raises where it is damaged
    with raw_store.writing(raw):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            return True
    lines = {*target.read_bytes().splitlines(keepends=True)}
    restored_lines = path.read_bytes().splitlines(keepends=True)
    lost = [observation for observation, line in zip(observations, restored_lines, strict=True) if line not in lines]
    raw_store.merge(raw, lost)
    return bool(lost)


def _restore_months(store: Store, commit: str, last: date | None) -> Report:
    """Brings back what is lacking. If it is killed, the folder remains and the next run begins again."""
    count = 0
    for path in raw_store.months(store.restoring):
        if _restore_month(path, store.raw / path.relative_to(store.restoring), store.raw):
            count += 1
            sys.audit("apod.restore.moved")
    raw_store.flush_folders(store.raw)
    if count:  # what was heard of these months after the version is lost: the look-back goes on from there
        write_reading_list(store.ingest, replace(read_reading_list(store.ingest), looked_through=last))
    shutil.rmtree(store.restoring)
    sentence = f"{count} months restored from version {commit}" if count else f"no month of version {commit} is lacking"
    return Report(count > 0, sentence, {"restored": count})


def _last_day(pointer: str | None) -> date | None:
    """The newest day of a version, from its pointer; None if it does not say."""
    try:
        return date.fromisoformat(facts_in(pointer).get("range", "").rpartition("..")[2])
    except ValueError:
        return None


def restore_raw(repository: Repository, remote: Remote, store: Store) -> Report:
    """Restores each observation that the last version has and the raw store lacks; what is there stays.

    Raises:
        Unavailable: the repository or the DVC remote does not answer, or lacks the bytes.
        BadData: what was pulled is no raw store.
        Misconfigured: a credential, branch or remote is wrong.
    """
    with scratch("restore") as folder:
        work = clone(repository, folder / "clone")
        if work.read(RAW_POINTER) is None:
            return Report(False, f"nothing to restore: {repository.branch} has no version yet")
        location = stored_in(work.read(".dvc/config"), remote_in(work.read(RAW_POINTER)), remote.url)
        if location is None:
            raise Misconfigured(f"{RAW_POINTER} of {repository.branch} names no DVC remote. Set APOD_DVC_REMOTE.")
        location.check()
        try:
            with Dvc(remote, folder, "pull") as dvc:
                dvc.pull(work.path, [RAW_POINTER], location)
        except Unavailable as error:
            raise Unavailable(
                f"{RAW_POINTER} of {repository.branch} cannot be pulled, so nothing was restored: {error}. To begin "
                f"again from NASA alone, remove {RAW_POINTER} from the branch."
            ) from error
        shutil.rmtree(store.restoring, ignore_errors=True)
        shutil.copytree(work.path / "data" / "raw", store.restoring)
        commit, last = work.git("rev-parse", "--short=12", "HEAD"), _last_day(work.read(CSV_POINTER))
    store.save()  # while that folder exists, nobody takes a part of the raw store for all of it
    sys.audit("apod.restore.copied")
    return _restore_months(store, commit, last)
