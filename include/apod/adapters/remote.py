"""The objects in a DVC remote, listed, downloaded and deleted without DVC.

A remote is a folder or an object store; the object with md5 `abcd…` is `files/md5/ab/cd…`.
"""

from __future__ import annotations

import configparser
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import LocalStore

from include.apod.adapters.files import md5_of
from include.apod.adapters.object_store import open_object_store, translating_errors
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import ObjectStore


def default_url(config: str | None) -> str | None:
    """The URL of the default remote in the text of a `.dvc/config`; None if it names none. `~` is the user's folder."""
    parsed = configparser.ConfigParser(interpolation=None)
    try:
        parsed.read_string(config or "")
        url = parsed[f"'remote \"{parsed['core']['remote']}\"'"]["url"]
    except (configparser.Error, KeyError):
        return None
    return url if "://" in url else f"{Path(url).expanduser()}"


def check_address(url: str | None) -> None:
    """Checks that a remote's address means the same everywhere.

    Raises:
        Misconfigured: it is relative to a clone, and ours is thrown away, or to another remote.
    """
    if url and (url.startswith("remote://") or ("://" not in url and not Path(url).is_absolute())):
        raise Misconfigured(
            f"The DVC remote {url!r} of .dvc/config is only valid in one checkout; the bytes would be thrown away with "
            "ours. Set APOD_DVC_REMOTE to an absolute path or a URL. Nothing was pushed."
        )


def object_path(name: str) -> str:
    """The path of an object in a remote; `name` is its md5, with `.dir` for the listing of a folder."""
    return f"files/md5/{name[:2]}/{name[2:]}"


@contextmanager
def _opened(url: str) -> Iterator[ObjectStore]:
    """Opens the remote at `url`.

    Raises:
        FileNotFoundError: the folder does not exist.
        Unavailable: it does not answer.
        Misconfigured: it refuses the credentials, or its scheme is unknown.
    """
    with translating_errors(f"The DVC remote {url}"):
        if "://" in url:
            yield open_object_store(url)
        else:
            yield LocalStore(Path(url).resolve(strict=True))


def object_sizes(url: str) -> dict[str, int]:
    """The size in bytes of each object in a remote, by name. Costs one request for each 1,000 objects.

    Raises:
        Unavailable, Misconfigured: the remote does not answer, or refuses the credentials.
    """
    with suppress(FileNotFoundError), _opened(url) as objects:
        listed = obstore.list(objects, "files/md5").collect()
        return {"".join(meta["path"].split("/")[-2:]): meta["size"] for meta in listed}
    return {}


def lost_objects(url: str, sizes: Mapping[str, int]) -> list[str]:
    """The names of `sizes` that are missing in a remote or have another size there.

    Raises:
        Unavailable, Misconfigured: as `object_sizes`.
    """
    present = object_sizes(url)
    return [name for name, size in sizes.items() if present.get(name) != size]


def download_object(url: str, name: str, target: Path) -> bool:
    """Downloads an object to `target`; returns False if it is missing or its md5 differs."""
    with suppress(FileNotFoundError), translating_errors(f"The DVC remote {url}"):
        if "://" in url:
            target.write_bytes(obstore.get(open_object_store(url), object_path(name)).bytes())
        else:  # without obstore, whose threads a forked process has not
            shutil.copyfile(Path(url, object_path(name)), target)
        return md5_of(target) == name.removesuffix(".dir")
    return False


def delete_object(url: str, name: str) -> None:
    """Deletes an object from a remote."""
    with _opened(url) as objects:
        obstore.delete(objects, object_path(name))
