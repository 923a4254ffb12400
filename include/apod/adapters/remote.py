"""The DVC remote, through a process of an interpreter that has DVC."""

from __future__ import annotations

import configparser
import json
import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
from obstore.store import LocalStore

from include.apod.adapters.files import md5_of
from include.apod.adapters.object_store import answering, open_objects
from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from obstore.store import ObjectStore

    from include.apod.adapters.git import Clone

TIMEOUT_SECONDS = 1800


@dataclass(frozen=True)
class Remote:
    """Where the bytes go.

    Attributes:
        url: of the DVC remote; None for the one in the repository's `.dvc/config`.
        python: an interpreter that has DVC.
    """

    url: str | None
    python: str


def url_in(config: str | None) -> str | None:
    """The URL of the default remote in a `.dvc/config`; None where none is named."""
    parsed = configparser.ConfigParser(interpolation=None)
    try:
        parsed.read_string(config or "")
        return parsed[f"'remote \"{parsed['core']['remote']}\"'"]["url"]
    except (configparser.Error, KeyError):
        return None


def path_of(name: str) -> str:
    """Where a remote keeps the object of this name."""
    return f"files/md5/{name[:2]}/{name[2:]}"


@contextmanager
def _opened(url: str) -> Iterator[ObjectStore]:
    """The remote at `url`, a folder or an object store; what its client raises becomes an error of ours.

    Raises:
        FileNotFoundError: there is no such folder.
        Unavailable: it does not answer.
        Misconfigured: it refuses us, or there is no client for it.
    """
    with answering(f"The DVC remote {url}"):
        if "://" in url:
            yield open_objects(url)
        else:
            yield LocalStore(Path(url).resolve(strict=True))


def sizes(url: str) -> dict[str, int]:
    """The size of each object that a remote has, by its name; answered without DVC, a request for each 1,000.

    Raises:
        Unavailable, Misconfigured: the remote does not answer, or not to us.
    """
    with suppress(FileNotFoundError), _opened(url) as objects:
        listed = obstore.list(objects, "files/md5").collect()
        return {"".join(one["path"].split("/")[-2:]): one["size"] for one in listed}
    return {}


def lacking(url: str, wanted: Mapping[str, int]) -> list[str]:
    """Which of these objects the remote does not hold in their full size.

    Raises:
        Unavailable, Misconfigured: as `sizes`.
    """
    held = sizes(url)
    return [name for name, size in wanted.items() if held.get(name) != size]


def fetch(url: str, name: str, target: Path) -> bool:
    """Copies an object out of the remote, without DVC; whether it is there and whole."""
    with suppress(FileNotFoundError), _opened(url) as objects:
        target.write_bytes(obstore.get(objects, path_of(name)).bytes())
        return md5_of(target) == name.removesuffix(".dir")
    return False


def remove(url: str, name: str) -> None:
    """Takes an object out of the remote."""
    with _opened(url) as objects:
        obstore.delete(objects, path_of(name))


def starting_dvc(remote: Remote, folder: Path, script: str = "push.py") -> subprocess.Popen[str]:
    """The process that has DVC, importing it meanwhile; it ends by itself if it is asked nothing.

    Raises:
        Misconfigured: there is no such interpreter.
    """
    if not shutil.which(remote.python):
        raise Misconfigured(f"APOD_DVC_PYTHON={remote.python!r} is no program; name a Python that has DVC.")
    quiet = {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(folder / "site")}
    return subprocess.Popen(
        [remote.python, str(Path(__file__).with_name("dvc_scripts") / script)],
        cwd=folder,
        env={**os.environ, **quiet},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def begin_push(dvc: subprocess.Popen[str], remote: Remote, work: Clone, damaged: Sequence[str] = ()) -> None:
    """`dvc add`, `dvc push` and reading back, in the process that has DVC; objects known to be `damaged` go first."""
    targets = [str(work.path / "data" / name) for name in ("apod_data.csv", "raw")]
    _ask(dvc, {"clone": str(work.path), "remote": remote.url, "targets": targets, "damaged": [*damaged]})


def end_push(dvc: subprocess.Popen[str]) -> None:
    """Waits until the bytes are safe.

    Raises:
        Misconfigured: no remote is named, or that interpreter has no DVC.
        Unavailable: the remote did not take the bytes, or did not give them back.
    """
    if said := _answer(dvc):
        raise Unavailable(f"The bytes are not safe in the DVC remote, so nothing was committed: {said}")


def pull_bytes(work: Clone, remote: Remote, *pointers: str) -> None:
    """`dvc pull` of some pointers into the clone, each file compared with what its version says.

    Raises:
        Misconfigured: no remote is named, or that interpreter has no DVC.
        Unavailable: the remote did not answer, or does not have these bytes.
    """
    with starting_dvc(remote, work.path.parent, "pull.py") as dvc:
        _ask(dvc, {"clone": str(work.path), "remote": remote.url, "targets": pointers})
        if said := _answer(dvc):
            raise Unavailable(said)


def _ask(dvc: subprocess.Popen[str], request: dict[str, Any]) -> None:
    """Has the process that has DVC begin its work."""
    assert dvc.stdin  # noqa: S101  # for the type checker: `starting_dvc` opens it
    with suppress(BrokenPipeError):  # it is dead already; `_answer` says why
        dvc.stdin.write(f"{json.dumps(request)}\n")
        dvc.stdin.flush()


def _answer(dvc: subprocess.Popen[str]) -> str:
    """Waits for the process that has DVC; returns what went wrong, or nothing."""
    try:
        _, stderr = dvc.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        dvc.kill()
        raise Unavailable(f"DVC was not done after {TIMEOUT_SECONDS} s; nothing was changed.") from error
    if not dvc.returncode:
        return ""
    said = (stderr.strip().splitlines() or ["no word"])[-1]
    if said.startswith(("config:", "ModuleNotFoundError")):
        raise Misconfigured(f"DVC: {said}. Set APOD_DVC_REMOTE, and APOD_DVC_PYTHON to a Python that has DVC.")
    return said
