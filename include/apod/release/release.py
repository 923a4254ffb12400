"""After steps 4 and 5: the newest version as files at an address, in line with the branch.

The order is `versions/<day>-<commit>/`, `latest/`, `latest.json`: killed anywhere, `latest.json` names a folder of
`versions/` that is whole, and is not changed any more.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import obstore

from include.apod.adapters.git import clone_history
from include.apod.adapters.object_store import translating_errors
from include.apod.adapters.scratch import scratch
from include.apod.errors import Misconfigured, NotPublished
from include.apod.formats.parquet import can_write, write_parquet
from include.apod.history.versions import read_versions
from include.apod.release.card import card
from include.apod.release.descriptions import citation, croissant, datapackage
from include.apod.release.edition import read_edition
from include.apod.release.feed import feed
from include.apod.run import Report

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore
    from psycopg import Connection

    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store
    from include.apod.history.versions import Version
    from include.apod.release.edition import Edition

LAYOUT = 1  # of a release; raise it with every change to its files
LATEST = "latest.json"
NO_PARQUET = "apod_data.parquet was left out: this machine has no pyarrow."


@dataclass(frozen=True)
class Released:
    """What `latest.json` says.

    Attributes:
        commit: of the version.
        path: of its folder.
        is_current_layout: whether its files are those that this code would write.
        sizes: of its files, by name.
    """

    commit: str
    path: str
    is_current_layout: bool
    sizes: dict[str, int]


@dataclass(frozen=True)
class Target:
    """Where releases are.

    Attributes:
        address: of the folder or object store.
        objects: it, opened.
        retained: how many versions stay; 0 for all of them.
    """

    address: str
    objects: ObjectStore
    retained: int = 0

    def sizes(self) -> dict[str, int]:
        """The size of each file, by path."""
        return {meta["path"]: meta["size"] for meta in obstore.list(self.objects).collect()}

    def put(self, name: str, content: bytes) -> None:
        """Writes a file; a reader sees the old one or the new one."""
        obstore.put(self.objects, name, content)
        sys.audit("apod.release.put", name)

    def read(self, name: str) -> bytes | None:
        """The content of a file; None where there is none."""
        try:
            return bytes(obstore.get(self.objects, name).bytes())
        except FileNotFoundError:
            return None

    def read_latest(self) -> Released | None:
        """What `latest.json` says; None where there is none.

        Raises:
            Misconfigured: it is not ours.
        """
        content = self.read(LATEST)
        try:
            return None if content is None else _parsed(content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(
                f"{self.address}/{LATEST} is not a release of ours. Set APOD_RELEASE to a folder of its own."
            ) from error


def _parsed(content: bytes) -> Released:
    """What the bytes of a `latest.json` say.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not ours.
    """
    latest = json.loads(content)
    if latest["name"] != "apod":
        raise ValueError(latest["name"])
    sizes = {name: int(facts["bytes"]) for name, facts in latest["files"].items()}
    return Released(f"{latest['commit']}", f"{latest['path']}", latest["layout"] == LAYOUT, sizes)


def _check_target(target: Target, latest: Released | None, sizes: dict[str, int], versions: list[Version]) -> None:
    """Checks that the target is ours, and that nobody has released what we do not know.

    Raises:
        Misconfigured: it is not, or somebody has.
    """
    strangers = sorted(name for name in sizes if not name.startswith(("latest/", "versions/")) and name != LATEST)
    if latest is None and strangers:
        raise Misconfigured(
            f"{target.address} holds {strangers[0]}, which is not ours. Set APOD_RELEASE to a folder of its own."
        )
    if latest and latest.commit not in {version.commit for version in versions}:
        raise Misconfigured(
            f"{target.address} holds version {latest.commit[:12]}, which this branch does not have: another "
            "deployment releases there, or the branch was reset. Nothing was changed. Set APOD_RELEASE to a folder of "
            f"its own, or delete {LATEST} there."
        )


def _is_current(latest: Released | None, sizes: dict[str, int], version: Version) -> bool:
    """Whether the newest version is released, whole."""
    if latest is None or latest.commit != version.commit or not latest.is_current_layout:
        return False
    folders = ("latest", latest.path)
    return all(sizes.get(f"{folder}/{name}") == size for folder in folders for name, size in latest.sizes.items())


def _files(edition: Edition, folder: Path) -> dict[str, bytes]:
    """All files of a release, by name."""
    parquet = folder / "apod_data.parquet" if can_write() else None
    files = {"apod_data.csv": edition.csv.read_bytes()}
    if parquet:
        write_parquet(edition.csv, parquet)
        files[parquet.name] = parquet.read_bytes()
    files["datapackage.json"] = datapackage(edition, parquet)
    files["croissant.json"] = croissant(edition)
    files["CITATION.cff"] = citation(edition)
    files["corrections.xml"] = feed(edition)
    files["README.md"] = card(edition, [*files, "SHA256SUMS"], "" if parquet else NO_PARQUET)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return {**files, "SHA256SUMS": sums.encode()}


def _latest(edition: Edition, files: dict[str, bytes]) -> bytes:
    """`latest.json`."""
    described = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    }
    latest = {
        "name": "apod",
        "layout": LAYOUT,
        "path": f"versions/{edition.name}",
        "commit": edition.version.commit,
        "time": edition.version.time,
        "md5": edition.version.csv,
        "sha256": edition.sha256,
        "code_commit": edition.version.facts.get("code_commit", "unknown"),
        "files": described,
    }
    return (json.dumps(latest, indent=2) + "\n").encode()


def _prune(target: Target, sizes: dict[str, int], edition: Edition) -> int:
    """Deletes the folders of older versions than the newest `retained`; returns how many."""
    names = sorted(
        {name.split("/")[1] for name in sizes if name.startswith("versions/")} - {edition.name}, reverse=True
    )
    old = names[target.retained - 1 :] if target.retained else []
    expired = [name for name in sizes if name.startswith("versions/") and name.split("/")[1] in old]
    if expired:
        obstore.delete(target.objects, expired)
    return len(old)


def release(
    repository: Repository, remote_url: str | None, store: Store, connection: Connection, target: Target
) -> Report:
    """Brings the release in line with the newest version.

    Raises:
        NotPublished: there is no version yet.
        Misconfigured: the target is not ours, holds what this branch has not, or refuses us.
        Unavailable: it does not answer or is full, or the remote lacks the CSV; what was released before stays.
        BadData: the Parquet file does not read back as the CSV.
    """
    with scratch("release") as folder, translating_errors(f"The release {target.address}"):
        versions = read_versions(clone_history(repository, folder / "clone"), remote_url)
        if not versions:
            raise NotPublished("There is no version to release yet; ./apod trigger version makes one.")
        latest, sizes = target.read_latest(), target.sizes()
        _check_target(target, latest, sizes, versions)
        facts = {"release": f"{target.address}/{LATEST}", "commit": versions[0].commit}
        if _is_current(latest, sizes, versions[0]):
            return Report(False, f"version {versions[0].commit[:12]} is released already", facts)
        edition = read_edition(repository, versions, store, connection, folder)
        files = _files(edition, folder)
        for place in (f"versions/{edition.name}", "latest"):
            for name, content in files.items():
                target.put(f"{place}/{name}", content)
        target.put(LATEST, _latest(edition, files))
        pruned = _prune(target, sizes, edition)
    sentence = (
        f"version {edition.version.commit[:12]} released: {len(files)} files in versions/{edition.name} and latest"
    )
    sentence += f", {pruned} older versions deleted" if pruned else ""
    return Report(True, sentence + ("" if "apod_data.parquet" in files else f". {NO_PARQUET}"), facts)
