"""Step 4, data versioning: the bytes go into the DVC remote, and the pointers to them are ready to be committed."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.remote import download_object, lost_objects
from include.apod.errors import BadData, Unavailable, masked
from include.apod.formats.coverage import read_coverage
from include.apod.formats.csv_file import read_content
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, object_in, with_facts
from include.apod.sources.absence import absent_days
from include.apod.version.release_note import trailers
from include.apod.version.snapshot import permissions_kept, write_raw
from include.apod.version.tip import raw_at_tip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from include.apod.adapters.dvc import Dvc
    from include.apod.adapters.dvc_config import Location
    from include.apod.adapters.git import Clone
    from include.apod.formats.csv_file import Content
    from include.apod.formats.store import Store
    from include.apod.version.release_note import Stamp
    from include.apod.version.snapshot import Snapshot

log = logging.getLogger(__name__)

FEW_FILES = 12  # more take DVC longer, one by one, than the whole folder
DATAPACKAGE = "data/datapackage.json"
DATA_FILES = (CSV_POINTER, RAW_POINTER, DATAPACKAGE, "data/pull.py")
DVC_FILES = ("data/.gitignore", ".dvc/config", ".dvc/.gitignore", ".dvcignore")  # made by DVC, once


@dataclass(frozen=True)
class RemoteState:
    """The DVC remote for a version.

    Attributes:
        location: where it is.
        lost: names of the version's objects that it lacks, or has in another size.
    """

    location: Location
    lost: list[str]


@dataclass(frozen=True)
class Draft:
    """A version whose bytes are safe and which is to be committed.

    Attributes:
        md5: of the CSV.
        remote: the DVC remote that has the bytes.
        files: the content of each file of the commit, by its path in the repository.
        dvc_files: DVC's own files as they were in the repository when `files` were made from them.
        content: summary of the CSV.
        absent: days that are proven to have had no picture.
        trailers: the facts for message and pointer, by name.
        note: what a person has to say about the version.
        raw: folder with the raw store of the version; None if words of the version before may go.
        raw_files: the md5 of each of its files, by its path in the folder.
    """

    md5: str
    remote: Location
    files: dict[str, str]
    dvc_files: dict[str, str | None]
    content: Content
    absent: list[date]
    trailers: dict[str, str]
    note: str
    raw: Path | None
    raw_files: dict[str, str]


def _check_remote(remote: Location, snapshot: Snapshot, temporary: Path) -> None:
    """Checks that a remote holds a snapshot: `dvc push` succeeds even where it pushed nothing.

    Raises:
        Unavailable: an object is missing or of another size, or CSV or listing read back as something else.
    """
    lost = lost_objects(remote, snapshot.sizes)
    lost += [name for name in (snapshot.md5, snapshot.raw) if not download_object(remote, name, temporary)]
    if lost:
        raise Unavailable(
            f"The bytes are not safe in the DVC remote, so nothing was committed: {lost[0]}, for one, is missing there "
            f"or is not what was pushed."
        )


def _changed_files(work: Clone, snapshot: Snapshot, remote_state: RemoteState) -> list[str]:
    """The raw files that DVC has to add: those that the version at the tip has not, else all.

    All, where that would not make the same folder, or where the remote has lost others than those.
    """
    tip, files = raw_at_tip(work, remote_state.location), snapshot.raw_files
    changed = [name for name, md5 in files.items() if tip.files.get(name) != md5]
    new_objects = {snapshot.md5, snapshot.raw, *(files[name] for name in changed)}
    same_place = tip.remote == remote_state.location and tip.files.keys() <= files.keys()
    few = 0 < len(changed) <= FEW_FILES
    return changed if same_place and few and new_objects.issuperset(remote_state.lost) else [*files]


def _dvc_targets(work: Clone, raw: Path, changed: Sequence[str]) -> list[str]:
    """What DVC is to add, as paths in the clone, where raw files get a second name for it: DVC moves what it adds."""
    for name in changed:
        path = work.path / "data" / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(raw / name)
    all_of_it = len(changed) == sum(1 for _ in raw.rglob("*.jsonl"))
    return ["data/apod_data.csv", *(["data/raw"] if all_of_it else [f"data/raw/{name}" for name in changed])]


def push_bytes(
    work: Clone, dvc: Dvc, store: Store, snapshot: Snapshot, remote_state: RemoteState, stamp: Stamp
) -> Draft:
    """Adds CSV and raw store to DVC and pushes them; the facts of the version are read meanwhile.

    Args:
        work: a clone with the CSV and its description in `data/`.
        dvc: a process that has not been asked anything.
        store: the store.
        snapshot: what the version holds.
        remote_state: the remote, and what it lacks.
        stamp: how the version is made.

    Raises:
        NotPublished: the raw store is not what the CSV was made from.
        Unavailable: the remote did not take the bytes, or does not give them back.
        Misconfigured: the interpreter has no DVC, or DVC does not take the files.
        BadData: it took others than ours.
    """
    dvc_files = {name: work.read(name) for name in DVC_FILES}
    for pointer in (CSV_POINTER, RAW_POINTER):
        if object_in(work.read(pointer)) is None:
            (work.path / pointer).unlink(missing_ok=True)  # spoiled by hand: DVC could not read it
    raw, csv = work.path.with_name("raw"), work.path.with_name("apod_data.csv")  # to read from
    write_raw(snapshot, store, raw)
    csv.hardlink_to(work.path / "data" / "apod_data.csv")
    targets = _dvc_targets(work, raw, _changed_files(work, snapshot, remote_state))
    log.info("$ dvc add %s\n$ dvc push --remote %s", " ".join(targets), remote_state.location.name)
    # where the remote has the listing of a folder, DVC takes all of its files as present
    damaged = sorted({*remote_state.lost, snapshot.raw}) if remote_state.lost else []
    with permissions_kept(raw):
        dvc.push(work.path, remote_state.location, [*map(work.path.joinpath, targets)], snapshot.raw_size, damaged)
        content, coverage = read_content(csv), read_coverage(raw, store.coverage)  # linked files keep their times
        dvc.wait()
    _check_remote(remote_state.location, snapshot, work.path.with_name("read back"))
    pushed = [object_in(work.read(pointer)) for pointer in (CSV_POINTER, RAW_POINTER)]
    if pushed != [snapshot.md5, snapshot.raw]:
        raise BadData(
            f"DVC pushed {pushed[0]} and {pushed[1]}, not {snapshot.md5} and {snapshot.raw}. Nothing was committed."
        )
    log.info(
        "data/apod_data.csv.dvc names md5 %s, data/raw.dvc names %s; %d of %d objects were not in %s, and all "
        "have been read back",
        snapshot.md5,
        snapshot.raw,
        len(remote_state.lost),
        len(snapshot.sizes),
        masked(remote_state.location.url),
    )
    sys.audit("apod.version.safe")
    facts = trailers(content, snapshot.md5, coverage, stamp)
    files = {name: text for name in (*DATA_FILES, *DVC_FILES) if (text := work.read(name)) is not None}
    files[CSV_POINTER] = with_facts(files[CSV_POINTER], facts)
    return Draft(
        snapshot.md5,
        remote_state.location,
        files,
        dvc_files,
        content,
        absent_days(coverage),
        facts,
        stamp.note,
        None if stamp.allow_shrink else raw,
        snapshot.raw_files,
    )
