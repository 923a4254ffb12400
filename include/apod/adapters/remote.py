"""The objects in a DVC remote, listed, downloaded and deleted without DVC.

A remote is a folder or an object store; the object with md5 `abcd…` is `files/md5/ab/cd…`.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import LocalStore

from include.apod.adapters import aws_files
from include.apod.adapters.files import md5_of
from include.apod.adapters.object_store import open_object_store, translating_errors
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import ClientConfig, ObjectStore

    from include.apod.adapters.dvc_config import Location

# DVC's options of a remote, and obstore's names for them. DVC alone needs the others in USED_BY_DVC: to write, or to
# work faster.
OPTIONS = {
    "s3": {
        "access_key_id": "access_key_id",
        "allow_anonymous_login": "skip_signature",
        "endpointurl": "endpoint",
        "region": "region",
        "secret_access_key": "secret_access_key",
        "session_token": "session_token",
    },
    "gs": {
        "allow_anonymous_login": "skip_signature",
        "credentialpath": "service_account",
        "endpointurl": "base_url",
    },
    "azure": {
        "account_key": "account_key",
        "account_name": "account_name",
        "allow_anonymous_login": "skip_signature",
        "client_id": "client_id",
        "client_secret": "client_secret",
        "sas_token": "sas_key",
        "tenant_id": "tenant_id",
    },
}
USED_BY_DVC = {
    "acl", "cache_regions", "checksum_jobs", "connect_timeout", "grant_full_control", "grant_read", "grant_read_acp",
    "grant_write_acp", "jobs", "listobjects", "no_traverse", "projectname", "protected", "read_timeout", "shared",
    "slow_link_warning", "sse", "sse_kms_key_id", "type", "use_ssl", "verify", "version_aware", "worktree",
}  # fmt: skip
YES, NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")  # as DVC writes them
PROFILE = {"profile", "configpath", "credentialpath"}  # where AWS's own files are, and what to take of them


def object_path(name: str) -> str:
    """The path of an object in a remote; `name` is its md5, with `.dir` for the listing of a folder."""
    return f"files/md5/{name[:2]}/{name[2:]}"


def _client(ssl_verify: str) -> ClientConfig:
    """How certificates are checked: a file of them, or a word for yes or no."""
    if ssl_verify.lower() in YES:
        return {}
    if ssl_verify.lower() in NO:
        return {"allow_invalid_certificates": True}
    return {"root_certificate": Path(ssl_verify).read_bytes()}


def _open(location: Location) -> ObjectStore:
    """Opens a remote that is an object store, with all of its options.

    Raises:
        Misconfigured: its scheme or an option is unknown.
    """
    scheme = location.url.partition("://")[0]
    names, profile = OPTIONS.get(scheme, {}), PROFILE if scheme == "s3" else set()
    if unknown := [*(location.options.keys() - names - profile - USED_BY_DVC - {"ssl_verify"})]:
        raise Misconfigured(
            f"The DVC remote {location.name!r} of .dvc/config has the option {min(unknown)}, which only DVC itself "
            "knows how to use, so nobody could tell what is in it. Take the option out, or set APOD_DVC_REMOTE to "
            "another remote."
        )
    options = {names[option]: value for option, value in location.options.items() if option in names}
    files = [location.options.get(name) for name in ("profile", "configpath", "credentialpath")]
    credentials = aws_files.read_credentials(*files) if profile & location.options.keys() else None
    return open_object_store(location.url, options, _client(location.options.get("ssl_verify", "yes")), credentials)


@contextmanager
def _opened(location: Location) -> Iterator[ObjectStore]:
    """Opens a remote.

    Raises:
        FileNotFoundError: the folder does not exist.
        Unavailable: it does not answer.
        Misconfigured: it refuses the credentials, or its scheme or an option is unknown.
    """
    with translating_errors(f"The DVC remote {location.url}"):
        yield _open(location) if "://" in location.url else LocalStore(Path(location.url).resolve(strict=True))


def object_sizes(location: Location) -> dict[str, int]:
    """The size in bytes of each object in a remote, by name. Costs one request for each 1,000 objects.

    Raises:
        Unavailable, Misconfigured: the remote does not answer, or refuses the credentials.
    """
    with suppress(FileNotFoundError), _opened(location) as objects:
        listed = obstore.list(objects, "files/md5").collect()
        return {"".join(meta["path"].split("/")[-2:]): meta["size"] for meta in listed}
    return {}


def lost_objects(location: Location, sizes: Mapping[str, int]) -> list[str]:
    """The names of `sizes` that are missing in a remote or have another size there.

    Raises:
        Unavailable, Misconfigured: as `object_sizes`.
    """
    present = object_sizes(location)
    return [name for name, size in sizes.items() if present.get(name) != size]


def download_object(location: Location, name: str, target: Path) -> bool:
    """Downloads an object to `target`; returns False if it is missing or its md5 differs."""
    with suppress(FileNotFoundError), translating_errors(f"The DVC remote {location.url}"):
        if "://" in location.url:
            target.write_bytes(obstore.get(_open(location), object_path(name)).bytes())
        else:  # without obstore, whose threads a forked process has not
            shutil.copyfile(Path(location.url, object_path(name)), target)
        return md5_of(target) == name.removesuffix(".dir")
    return False


def delete_object(location: Location, name: str) -> None:
    """Deletes an object from a remote."""
    with _opened(location) as objects:
        obstore.delete(objects, object_path(name))
