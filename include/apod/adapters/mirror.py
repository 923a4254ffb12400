"""A store in an object store, as a step sees it: a folder of its own, brought in line before it and sent back after it.

What stands in the folder when a step begins is what the object store says, on every worker; what a killed step did not
send never happened. Objects are written whole, each only over the one that this step has seen. What was read once is
kept on the worker's disk and linked, so a daily run reads what has changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError

from include.apod.adapters.object_store import answering
from include.apod.adapters.scratch import scratch
from include.apod.errors import Misconfigured, Unavailable
from include.apod.formats.store import PUBLISHED, Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore import PutMode
    from obstore.store import ObjectStore

HEADS = (  # these name others, so they go last, in this order
    "clean/manifest.json", "staged/apod_data.csv", "staged/composition.json", "apod_data.csv", "composition.json",
    "datapackage.json",
)  # fmt: skip
LOCAL = "coverage.json"  # an index by file times: each worker makes its own
AT_ONCE = 16


@dataclass(frozen=True)
class Mirror(Store):
    """The folder of one task.

    Attributes:
        objects: the object store; its names are those of the folder.
        uri: its address, for a person.
        parts: the folders of the store that the step works with.
        cache: what this worker has read before.
        held: of each object that stands in the folder, its mark, and the inode of the file that is a link to it.
    """

    objects: ObjectStore
    uri: str
    parts: tuple[str, ...]
    cache: Path
    held: dict[str, tuple[str, int]] = field(default_factory=dict)

    def fetch(self) -> None:
        """Brings the folder in line with the object store. What the step has changed and not sent is dropped.

        Raises:
            Unavailable, Misconfigured: the object store does not answer, or not to us.
        """
        with answering(f"The object store {self.uri}"), ThreadPoolExecutor(AT_ONCE) as pool:
            listed = self._list()
            while lacking := [name for name, tag in listed.items() if not self._cached(name, tag).exists()]:
                if not all(pool.map(self._read, lacking, (listed[name] for name in lacking))):
                    listed = self._list()
        try:
            self._link(listed)
        except FileNotFoundError:  # another task of this worker has replaced it in the cache since
            self.fetch()

    def _link(self, listed: Mapping[str, str]) -> None:
        """Makes the folder hold these objects, from the cache, and nothing else."""
        for name in self._files().keys() - listed.keys():
            (self.root / name).unlink()
        for name, tag in listed.items():
            if self.held.get(name) != (tag, self._inode(name)):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).unlink(missing_ok=True)
                os.link(self._cached(name, tag), self.root / name)
        self.held.clear()
        self.held.update({name: (tag, self._inode(name)) for name, tag in listed.items()})

    def send(self) -> None:
        """Sends what the step has changed: what is named first, what names it then, what is gone last.

        Raises:
            Unavailable: the object store does not answer, or somebody else has written one of the objects since.
        """
        now = self._files()
        changed = [name for name, inode in now.items() if self.held.get(name, ("", 0))[1] != inode]
        gone = self.held.keys() - now.keys()
        with answering(f"The object store {self.uri}"), ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._write, (name for name in changed if name not in HEADS)))
            for name in HEADS:
                if name in changed:
                    self._write(name)
            if gone:
                obstore.delete(self.objects, sorted(gone))
        for name in gone:
            del self.held[name]

    def _list(self) -> dict[str, str]:
        """The mark of each object of the parts, by its name; one request for each 1,000 objects of the store."""
        names = {one["path"]: one["e_tag"] or f"{one['last_modified']}" for one in obstore.list(self.objects).collect()}
        self._forget_all_but(names)
        return {name: tag for name, tag in names.items() if name.rpartition("/")[0].partition("/")[0] in self.parts}

    def _forget_all_but(self, names: Mapping[str, str]) -> None:
        """Drops what the cache has of objects that are gone."""
        for path in self.cache.rglob("*@*"):
            if f"{path.relative_to(self.cache)}".rpartition("@")[0] not in names:
                path.unlink(missing_ok=True)

    def _files(self) -> dict[str, int]:
        """The inode of each file of the parts that stands in the folder, by its name."""
        paths = [
            path
            for part in self.parts
            for path in (self.root.iterdir() if part == PUBLISHED else (self.root / part).rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        ]
        return {f"{path.relative_to(self.root)}": path.stat().st_ino for path in paths if path.name != LOCAL}

    def _inode(self, name: str) -> int:
        path = self.root / name
        return path.stat().st_ino if path.exists() else 0

    def _cached(self, name: str, tag: str) -> Path:
        """Where the cache has an object of this mark, if it has it."""
        return self.cache / f"{name}@{hashlib.sha256(tag.encode()).hexdigest()[:16]}"

    def _read(self, name: str, tag: str) -> bool:
        """Reads an object into the cache; says whether it is still the one that was listed."""
        try:
            content = obstore.get(self.objects, name, options={"if_match": tag}).bytes()
        except (PreconditionError, FileNotFoundError):
            return False
        path = self.root / f".read-{hashlib.sha256(name.encode()).hexdigest()}"
        path.write_bytes(content)
        self._keep(path, name, self._cached(name, tag))
        return True

    def _keep(self, content: Path, name: str, path: Path) -> None:
        """Links a file into the cache, in the place of the older ones of its name.

        Its time is made of its mark, the same on every worker: the steps take a file of the same time for the same.
        """
        stamp = int(path.name.rpartition("@")[2][:15], 16)
        os.utime(content, ns=(stamp, stamp))
        path.parent.mkdir(parents=True, exist_ok=True)
        for older in path.parent.glob(f"{Path(name).name}@*"):
            older.unlink(missing_ok=True)
        linked = path.with_name(f".{path.name}.{os.getpid()}")
        linked.unlink(missing_ok=True)
        os.link(content, linked)
        linked.replace(path)

    def _write(self, name: str) -> None:
        """Sends a file, unless the object is not the one that this step has seen.

        Raises:
            Unavailable: it is not.
        """
        path, seen = self.root / name, self.held.get(name)
        mode: PutMode = {"e_tag": seen[0]} if seen else "create"
        try:
            said = obstore.put(self.objects, name, path.read_bytes(), mode=mode)
        except (AlreadyExistsError, PreconditionError) as error:
            raise Unavailable(
                f"{self.uri}/{name} was written by somebody else since this task read it. Theirs stands; the next try "
                "begins from it."
            ) from error
        tag = said["e_tag"] or f"{obstore.head(self.objects, name)['last_modified']}"
        self._keep(path, name, self._cached(name, tag))
        self.held[name] = (tag, path.stat().st_ino)


@contextmanager
def mirrored(objects: ObjectStore, uri: str, parts: tuple[str, ...]) -> Iterator[Mirror]:
    """The store at `uri`, as a folder; what the block has changed is sent when it ends, also where it fails.

    Raises:
        Unavailable, Misconfigured: as `Mirror.fetch` and `Mirror.send`.
    """
    cache = cache_of(uri)
    with scratch("store") as folder:
        store = Mirror(folder, objects, uri, parts, cache)
        store.fetch()
        if (cache / LOCAL).exists():
            shutil.copyfile(cache / LOCAL, store.coverage)
        try:
            yield store
        finally:
            store.send()
            if store.coverage.exists():
                store.coverage.replace(cache / LOCAL)


def cache_of(uri: str) -> Path:
    """Where this worker keeps what it has read of a store, for its own user only.

    Raises:
        Misconfigured: it is somebody else's.
    """
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    cache = Path(gettempdir(), f"apod-cache-{os.getuid()}-{name}")
    cache.mkdir(mode=0o700, exist_ok=True)
    found = cache.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise Misconfigured(f"{cache} is not ours; remove it.")
    return cache
