"""Objects that this worker has downloaded before, kept on its disk and linked from there."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import TYPE_CHECKING

from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Container


YOUNG_SECONDS = 3600  # a task that uses a file has linked it by then


@dataclass(frozen=True)
class ObjectCache:
    """The cache of one object store.

    Attributes:
        folder: `<name>@<digest of the e-tag>` for each object, in its newest state.
    """

    folder: Path

    @classmethod
    def of(cls, uri: str) -> ObjectCache:
        """The cache of the store at `uri`; only its own user may read it.

        Raises:
            Misconfigured: the folder belongs to another user.
        """
        name = hashlib.sha256(uri.encode()).hexdigest()[:16]
        folder = Path(gettempdir(), f"apod-cache-{os.getuid()}-{name}")
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise Misconfigured(f"{folder} is not ours; remove it.")
        return cls(folder)

    def path(self, name: str, e_tag: str) -> Path:
        """Where the object `name` in the state `e_tag` is kept."""
        return self.folder / f"{name}@{hashlib.sha256(e_tag.encode()).hexdigest()[:16]}"

    def add(self, file: Path, name: str, e_tag: str) -> None:
        """Links a file into the cache, and removes older states of the object.

        Its modification time is derived from the e-tag: equal on every worker, and different for different contents.
        The steps take a file with an unchanged time as unchanged.
        """
        path = self.path(name, e_tag)
        modified = int(path.name.rpartition("@")[2][:15], 16)
        os.utime(file, ns=(modified, modified))
        path.parent.mkdir(parents=True, exist_ok=True)
        for older in path.parent.glob(f"{Path(name).name}@*"):
            older.unlink(missing_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}")
        os.link(file, temporary)
        temporary.replace(path)

    def prune(self, names: Container[str]) -> None:
        """Removes objects that are no longer in the store.

        Young files stay: a task beside this one may know of newer objects than `names`.
        """
        for path in self.folder.rglob("*@*"):
            if f"{path.relative_to(self.folder)}".rpartition("@")[0] not in names:
                with suppress(FileNotFoundError):
                    if time.time() - path.stat().st_ctime > YOUNG_SECONDS:
                        path.unlink()
