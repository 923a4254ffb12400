"""The versions that a repository holds, and their bytes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.git import Clone
from include.apod.adapters.remote import fetch, sizes, url_in
from include.apod.adapters.scratch import scratch
from include.apod.errors import BadData, Misconfigured, Unavailable
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER, meta_in, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from include.apod.adapters.git import Repository

LOG = "%H%x1f%cI%x1f%s"


@dataclass(frozen=True)
class Version:
    """One committed version.

    Attributes:
        commit: that made it.
        time: of the commit, ISO 8601.
        subject: of its message.
        csv: md5 of the CSV.
        raw: DVC's name of the raw store.
        remote: URL of the DVC remote that has the bytes.
        facts: what the pointer's `meta:` says, by name.
    """

    commit: str
    time: str
    subject: str
    csv: str
    raw: str
    remote: str
    facts: Mapping[str, str]

    @property
    def changes(self) -> str:
        """`+1 ~2`, from the subject."""
        found = re.search(r" \(((?:[+~-]\d+ ?)+), \d+ pictures\)$", self.subject)
        return found[1] if found else ""


def clone_history(repository: Repository, folder: Path) -> Clone:
    """A clone with the whole history of the branch and all tags, its files not checked out.

    Raises:
        Unavailable, Misconfigured: git's own words, and what to check.
    """
    Clone(folder.parent, repository).git(
        "clone", "--quiet", "--no-checkout", "--single-branch", "--branch", repository.branch, "--",
        repository.url, str(folder),
    )  # fmt: skip
    return Clone(folder, repository)


def read_versions(work: Clone, remote: str | None = None) -> list[Version]:
    """The versions of the branch, newest first; `remote` stands in for the DVC remote that each names."""
    log = work.git("log", "--first-parent", f"--format={LOG}", "HEAD", "--", CSV_POINTER, RAW_POINTER)
    commits = [line.split("\x1f") for line in log.splitlines()]
    names = (CSV_POINTER, RAW_POINTER, ".dvc/config")
    blobs = iter(read_blobs(work, [f"{commit}:{name}" for commit, *_ in commits for name in names]))
    made = []
    for commit, time, subject in commits:
        pointer, raw, config = next(blobs), next(blobs), next(blobs)
        csv, folder, url = named(pointer), named(raw), remote or url_in(config)
        if pointer and csv and folder and url:  # else spoiled by hand, and mended by a later one
            made.append(Version(commit, time, subject, csv, folder, url, meta_in(pointer)))
    return made


def read_blobs(work: Clone, names: list[str]) -> list[str | None]:
    """The text of `commit:path` names, None for one that does not exist; one process for all of them."""
    said = work.git_bytes("cat-file", "--batch", stdin="\n".join(names).encode())
    texts: list[str | None] = []
    at = 0
    for _ in names:
        end = said.index(b"\n", at)
        head = said[at:end].split()
        size = int(head[2]) if head[-1] != b"missing" and len(head) == 3 else None  # noqa: PLR2004  # name, type, size
        texts.append(None if size is None else said[end + 1 : end + 1 + size].decode(errors="replace"))
        at = end + 1 if size is None else end + 2 + size
    return texts


def resolve(work: Clone, versions: list[Version], name: str) -> Version:
    """The version that a commit, a tag, a date or `latest~N` names.

    A commit or tag names the newest version up to it, a date the newest one of that day or before.

    Raises:
        Misconfigured: there is none.
    """
    if found := re.fullmatch(r"latest(?:~(\d+))?", name):
        fitting = versions[int(found[1] or 0) :]
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        fitting = [version for version in versions if version.time[:10] <= name]
    else:
        commit = work.attempt("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}")
        held = set(work.git("rev-list", commit.stdout.strip()).splitlines()) if commit.stdout else set()
        fitting = [version for version in versions if version.commit in held]
    if not fitting:
        raise Misconfigured(
            f"{name!r} is none of the {len(versions)} versions: write a commit, a tag, YYYY-MM-DD or latest~N. "
            "./apod versions lists them."
        )
    return fitting[0]


def pullable(versions: Iterable[Version]) -> Iterator[tuple[Version, str]]:
    """For each version whether its remote has its bytes: `yes`, `raw` without the CSV, `no`. One listing a remote."""
    held: dict[str, set[str]] = {}
    with scratch("pullable") as folder:
        for version in versions:
            if version.remote not in held:
                held[version.remote] = {*sizes(version.remote)}
            names = held[version.remote]
            try:
                raw = {version.raw, *(entry["md5"] for entry in fetch_listing(version, folder / "listing"))}
            except Unavailable:
                raw = {""}
            yield version, "no" if raw - names else "yes" if version.csv in names else "raw"


def fetch_csv(version: Version, target: Path) -> bool:
    """Copies the CSV of a version out of the remote; False where it is not there or not whole any more."""
    return fetch(version.remote, version.csv, target)


def fetch_raw(version: Version, folder: Path) -> None:
    """Copies the raw store of a version out of the remote, each file compared with its digest.

    Raises:
        Unavailable: an object is not there, or not what it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for entry in fetch_listing(version, folder / ".listing"):
        target = folder / entry["relpath"]
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.resolve().is_relative_to(folder.resolve()):
            raise BadData(f"{version.raw} names {entry['relpath']!r}, which is outside of the raw store.")
        if not fetch(version.remote, entry["md5"], target):
            raise Unavailable(f"{entry['relpath']} of version {version.commit[:12]} is not whole in {version.remote}.")


def fetch_listing(version: Version, scratch: Path) -> list[dict[str, str]]:
    """The files of a version's raw store, as DVC lists them.

    Raises:
        Unavailable: the list is not there, or not what it was.
    """
    try:
        if not fetch(version.remote, version.raw, scratch):
            raise Unavailable(f"The raw store of version {version.commit[:12]} is not whole in {version.remote}.")
        listing: list[dict[str, str]] = json.loads(scratch.read_bytes())
        return listing
    finally:
        scratch.unlink(missing_ok=True)
