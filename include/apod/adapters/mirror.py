"""A local copy of some folders of an object store, made before a step runs and uploaded after it.

At the start the copy equals the object store, whatever the worker's disk held; changes that a killed step did not
upload are lost, and nothing else. Each upload replaces only the object that this step has read (conditional writes).
Downloaded objects are kept in a cache on the worker and linked from there, so a daily run downloads only what changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import GCSStore

from include.apod.adapters.object_cache import ObjectCache
from include.apod.adapters.object_store import translating_errors
from include.apod.adapters.scratch import scratch
from include.apod.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from obstore import PutMode, UpdateVersion
    from obstore.store import ObjectStore

PARALLEL_REQUESTS = 16


@dataclass(frozen=True)
class Contents:
    """Which files a mirror handles, and how.

    Attributes:
        folders: folders of the store that are copied; `""` stands for the files at its top. A name of a file stands
            for that file alone.
        index_files: files that refer to other files. They are uploaded after those, in this order.
        worker_files: files that each worker keeps for itself between tasks; never uploaded.
        read_only: nothing is ever uploaded or deleted in the object store.
    """

    folders: tuple[str, ...]
    index_files: tuple[str, ...] = ()
    worker_files: tuple[str, ...] = ()
    read_only: bool = False


class SyncedFile(NamedTuple):
    """What was last seen of an object: its e-tag, and the inode of the local file linked to it."""

    e_tag: str
    inode: int


@dataclass(frozen=True)
class Mirror:
    """The local copy that one task works with.

    Attributes:
        root: the local folder; file names below it are the object names.
        objects: the object store.
        uri: its address, for messages.
        contents: which files are copied.
        cache: objects that this worker has downloaded before.
        synced: the state of each object at the last download or upload, by name.
    """

    root: Path
    objects: ObjectStore
    uri: str
    contents: Contents
    cache: ObjectCache
    synced: dict[str, SyncedFile] = field(default_factory=dict)

    def download(self) -> None:
        """Makes the local folder equal to the object store. Local changes that were not uploaded are dropped.

        Raises:
            Unavailable, Misconfigured: the object store does not answer, or refuses the credentials.
        """
        with translating_errors(f"The object store {self.uri}"), ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            e_tags = self._list()
            while uncached := [name for name, e_tag in e_tags.items() if not self.cache.path(name, e_tag).exists()]:
                if not all(pool.map(self._download_object, uncached, (e_tags[name] for name in uncached))):
                    e_tags = self._list()
        try:
            self._link(e_tags)
        except FileNotFoundError:  # another task of this worker has replaced the object in the cache
            self.download()

    def _link(self, e_tags: Mapping[str, str]) -> None:
        """Links the cached objects into the local folder, and removes every other file from it."""
        for name in self._inodes().keys() - e_tags.keys():
            (self.root / name).unlink()
        for name, e_tag in e_tags.items():
            if self.synced.get(name) != (e_tag, self._inode(name)):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).unlink(missing_ok=True)
                os.link(self.cache.path(name, e_tag), self.root / name)
        self.synced.clear()
        self.synced.update({name: SyncedFile(e_tag, self._inode(name)) for name, e_tag in e_tags.items()})

    def upload(self) -> None:
        """Uploads changed files, then the index files that refer to them, then deletes removed ones.

        Raises:
            Unavailable: the object store does not answer, or another task has written one of the objects meanwhile.
        """
        if self.contents.read_only:
            return
        inodes = self._inodes()
        changed = [
            name for name, inode in inodes.items() if name not in self.synced or self.synced[name].inode != inode
        ]
        removed = self.synced.keys() - inodes.keys()
        with translating_errors(f"The object store {self.uri}"), ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
            list(pool.map(self._upload_object, (name for name in changed if name not in self.contents.index_files)))
            for name in self.contents.index_files:
                if name in changed:
                    self._upload_object(name)
            if removed:
                self._delete(removed, {_top_folder(name) for name in changed if name in self.contents.index_files})
        for name in removed:
            del self.synced[name]

    def _delete(self, names: AbstractSet[str], owned: AbstractSet[str]) -> None:
        """Deletes objects, unless another task has written them since.

        In the folders `owned` nobody has: this upload has replaced their index files.
        """
        if not {_top_folder(name) for name in names} <= owned:
            e_tags = self._list()
            names = {name for name in names if e_tags.get(name) == self.synced[name].e_tag}
        obstore.delete(self.objects, sorted(names))

    def _list(self) -> dict[str, str]:
        """The e-tag of each object in the folders, by name. Costs one request for each 1,000 objects of the store."""
        objects = obstore.list(self.objects).collect()
        e_tags = {meta["path"]: meta["e_tag"] or f"{meta['last_modified']}" for meta in objects}
        self.cache.prune(e_tags)
        folders = self.contents.folders
        return {name: e_tag for name, e_tag in e_tags.items() if _top_folder(name) in folders or name in folders}

    def _inodes(self) -> dict[str, int]:
        """The inode of each local file, by name; hidden files and worker files are left out."""
        paths = [
            path
            for folder in self.contents.folders
            for path in _files(self.root, folder)
            if path.is_file() and not path.name.startswith(".")
        ]
        return {
            f"{path.relative_to(self.root)}": path.stat().st_ino
            for path in paths
            if path.name not in self.contents.worker_files
        }

    def _inode(self, name: str) -> int:
        path = self.root / name
        return path.stat().st_ino if path.exists() else 0

    def _download_object(self, name: str, e_tag: str) -> bool:
        """Downloads an object into the cache; returns False if it changed since it was listed."""
        try:
            content = obstore.get(self.objects, name, options={"if_match": e_tag}).bytes()
        except (PreconditionError, FileNotFoundError):
            return False
        path = self.root / f".read-{hashlib.sha256(name.encode()).hexdigest()}"
        path.write_bytes(content)
        self.cache.add(path, name, e_tag)
        return True

    def _condition(self, name: str, synced: SyncedFile) -> UpdateVersion:
        """The condition that an object is still what was downloaded; Google's is a number that lists do not have."""
        if not isinstance(self.objects, GCSStore):
            return {"e_tag": synced.e_tag}
        meta = obstore.head(self.objects, name)
        if meta["e_tag"] != synced.e_tag:
            raise PreconditionError(f"{name} was written since")
        return {"e_tag": synced.e_tag, "version": meta["version"]}

    def _upload_object(self, name: str) -> None:
        """Uploads a file, if the object is still the one that was downloaded.

        Raises:
            Unavailable: another task has written it since.
        """
        path, synced = self.root / name, self.synced.get(name)
        try:
            mode: PutMode = self._condition(name, synced) if synced else "create"
            result = obstore.put(self.objects, name, path.read_bytes(), mode=mode)
        except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
            raise Unavailable(
                f"{self.uri}/{name} was written by somebody else since this task read it. Theirs stands; the next try "
                "begins from it."
            ) from error
        e_tag = result["e_tag"] or f"{obstore.head(self.objects, name)['last_modified']}"
        self.cache.add(path, name, e_tag)
        self.synced[name] = SyncedFile(e_tag, path.stat().st_ino)


def _files(root: Path, folder: str) -> Iterator[Path]:
    """What is in a folder, or a file itself; only files at the top stand in the folder without a name."""
    if not folder:
        return root.iterdir()
    return iter([root / folder]) if (root / folder).is_file() else (root / folder).rglob("*")


def _top_folder(name: str) -> str:
    """The first folder of an object's name; empty for an object at the top."""
    return name.rpartition("/")[0].partition("/")[0]


@contextmanager
def mirrored(objects: ObjectStore, uri: str, contents: Contents, *, empty: bool = False) -> Iterator[Mirror]:
    """Downloads the folders, unless `empty`, and uploads the changes when the block ends, also after an error.

    Raises:
        Unavailable, Misconfigured: as `Mirror.download` and `Mirror.upload`.
    """
    cache = ObjectCache.of(uri)
    with scratch("store") as folder:
        mirror = Mirror(folder, objects, uri, contents, cache)
        if not empty:
            mirror.download()
        for name in contents.worker_files:
            if (cache.folder / name).exists():
                shutil.copyfile(cache.folder / name, folder / name)
        try:
            yield mirror
        finally:
            mirror.upload()
            for name in contents.worker_files:
                if (folder / name).exists():
                    (folder / name).replace(cache.folder / name)
