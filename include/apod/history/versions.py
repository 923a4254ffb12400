"""The versions in a repository's history, and their bytes in the DVC remote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from include.apod.adapters.dvc_config import stored_in
from include.apod.adapters.remote import download_object, object_sizes
from include.apod.adapters.scratch import scratch
from include.apod.errors import BadData, Misconfigured, Unavailable
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, facts_in, object_in, remote_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from include.apod.adapters.dvc_config import Location
    from include.apod.adapters.git import Clone

LOG_FORMAT = "%H%x1f%P%x1f%cI%x1f%s"


@dataclass(frozen=True)
class Version:
    """One committed version.

    Attributes:
        commit: that made it.
        time: of the commit, ISO 8601.
        subject: of the commit message.
        csv: md5 of the CSV.
        raw: DVC's name of the raw store, an md5 and `.dir`.
        remote: the DVC remote that has the bytes.
        facts: the pointer's `meta:`, by name.
    """

    commit: str
    time: str
    subject: str
    csv: str
    raw: str
    remote: Location
    facts: Mapping[str, str]

    @property
    def changes(self) -> str:
        """`+1 ~2`, from the subject; empty if it has no such part."""
        match = re.search(r" \(((?:[+~-]\d+ ?)+), \d+ pictures\)$", self.subject)
        return match[1] if match else ""


class RawFile(NamedTuple):
    """A file of a version's raw store: its md5 and its path inside the store."""

    md5: str
    path: str


def read_versions(work: Clone, remote: str | None = None, revision: str = "HEAD") -> list[Version]:
    """The versions of the branch, newest first: every commit that changed a pointer, whatever the history looks like.

    Args:
        work: a clone with the whole history.
        remote: URL that replaces that of the DVC remote that each version names.
        revision: where the history begins; `--all` for that of every branch and tag.
    """
    log = work.git(
        "log", "--full-history", "--date-order", f"--format={LOG_FORMAT}", revision, "--", CSV_POINTER, RAW_POINTER
    )
    commits = [line.split("\x1f") for line in log.splitlines()]
    names = (CSV_POINTER, RAW_POINTER, ".dvc/config")
    blobs = iter(work.read_blobs([f"{commit}:{name}" for commit, *_ in commits for name in names]))
    versions = []
    merges = _plain_merges(work, {commit: parents.split() for commit, parents, *_ in commits if " " in parents})
    for commit, _, time, subject in commits:
        csv_pointer, raw_pointer, config = next(blobs), next(blobs), next(blobs)
        if commit in merges:
            continue
        csv, raw, location = (
            object_in(csv_pointer),
            object_in(raw_pointer),
            stored_in(config, remote_in(csv_pointer), remote),
        )
        if csv and raw and location:  # else spoiled by hand; a later version repairs it
            versions.append(Version(commit, time, subject, csv, raw, location, facts_in(csv_pointer)))
    return _tip_first(work, versions)


def _plain_merges(work: Clone, parents: Mapping[str, list[str]]) -> set[str]:
    """Which merges, given with their parents, took both pointers from one parent: git lists them, too."""
    names = [name for commit, of_commit in parents.items() for name in (commit, *of_commit)]
    texts = work.read_blobs([f"{name}:{pointer}" for name in names for pointer in (CSV_POINTER, RAW_POINTER)])
    pointers = dict(zip(names, zip(texts[::2], texts[1::2], strict=True), strict=True))
    return {
        commit
        for commit, of_commit in parents.items()
        if pointers[commit] in [pointers[parent] for parent in of_commit]
    }


def _tip_first(work: Clone, versions: list[Version]) -> list[Version]:
    """The versions with that at HEAD in front: of two branches that were merged, the younger version may have lost."""
    tip = tuple(object_in(pointer) for pointer in work.read_blobs([f"HEAD:{CSV_POINTER}", f"HEAD:{RAW_POINTER}"]))
    at_tip = next((number for number, version in enumerate(versions) if (version.csv, version.raw) == tip), 0)
    return [*versions[at_tip : at_tip + 1], *versions[:at_tip], *versions[at_tip + 1 :]]


def resolve(work: Clone, versions: list[Version], name: str) -> Version:
    """The version that a commit, a tag, a date or `latest~N` names.

    A commit or tag names the newest version up to it, a date the newest one of that day or before.

    Raises:
        Misconfigured: there is none.
    """
    if match := re.fullmatch(r"latest(?:~(\d+))?", name):
        candidates = versions[int(match[1] or 0) :]
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        candidates = [version for version in versions if version.time[:10] <= name]
    else:
        commit = work.attempt("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        ancestors = set(work.git("rev-list", commit.stdout.strip()).splitlines()) if commit.stdout else set()
        candidates = [version for version in versions if version.commit in ancestors]
    if not candidates:
        raise Misconfigured(
            f"{name!r} is none of the {len(versions)} versions: write a commit, a tag, YYYY-MM-DD or latest~N. "
            "./apod versions lists them."
        )
    return candidates[0]


def pullable(versions: Iterable[Version]) -> Iterator[tuple[Version, str]]:
    """For each version whether its remote has its bytes: `yes`, `raw` (all but the CSV) or `no`.

    Each remote is listed once.
    """
    present: dict[Location, set[str]] = {}
    with scratch("pullable") as folder:
        for version in versions:
            if version.remote not in present:
                present[version.remote] = {*object_sizes(version.remote)}
            names = present[version.remote]
            try:
                raw = {version.raw, *(file.md5 for file in list_raw(version, folder / "listing"))}
            except Unavailable:
                raw = {""}
            yield version, "no" if raw - names else "yes" if version.csv in names else "raw"


def fetch_csv(version: Version, target: Path) -> bool:
    """Downloads the CSV of a version; returns False if it is missing in the remote or its md5 differs."""
    return download_object(version.remote, version.csv, target)


def fetch_raw(version: Version, folder: Path) -> None:
    """Downloads the raw store of a version, each file compared with its md5.

    Raises:
        Unavailable: an object is missing, or its md5 differs.
        BadData: the listing names a file outside of the raw store.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file in list_raw(version, folder / ".listing"):
        target = folder / file.path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BadData(f"{version.raw} names {file.path!r}, which is outside of the raw store.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not download_object(version.remote, file.md5, target):
            raise Unavailable(f"{file.path} of version {version.commit[:12]} is not whole in {version.remote.url}.")


def list_raw(version: Version, temporary: Path) -> list[RawFile]:
    """The files of a version's raw store, from DVC's listing, which is downloaded to `temporary` and removed again.

    Raises:
        Unavailable: the listing is missing, or its md5 differs.
    """
    try:
        if not download_object(version.remote, version.raw, temporary):
            raise Unavailable(f"The raw store of version {version.commit[:12]} is not whole in {version.remote.url}.")
        return [RawFile(entry["md5"], entry["relpath"]) for entry in json.loads(temporary.read_bytes())]
    finally:
        temporary.unlink(missing_ok=True)
