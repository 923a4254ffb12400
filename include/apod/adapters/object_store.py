"""Object stores: S3, Google Cloud Storage and Azure by their URLs, through obstore."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from obstore import exceptions as said
from obstore.store import from_url

from include.apod.errors import ApodError, Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.store import ClientConfig, ObjectStore, S3Config

CREDENTIALS = {  # what login and password of a connection are there
    "s3": ("access_key_id", "secret_access_key"),
    "gs": ("", "service_account_key"),
    "az": ("account_name", "account_key"),
}
SPELLED = {"endpoint_url": "endpoint", "region_name": "region", "key_path": "service_account"}  # as Airflow's hooks do
PATIENCE = timedelta(seconds=60)


def options_of(uri: str, login: str | None, password: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a store from the fields of a connection; without any, the machine's own identity is used."""
    user, secret = CREDENTIALS.get(uri.partition("://")[0], ("", ""))
    named = {SPELLED.get(name, name): value for name, value in extra.items()}
    return named | ({user: login} if user and login else {}) | ({secret: password} if secret and password else {})


def open_objects(uri: str, options: Mapping[str, Any] | None = None) -> ObjectStore:
    """The object store at `uri`, its objects named from there on.

    What `options` leave out comes from `AWS_*` and the like, or is the machine's own identity.

    Raises:
        Misconfigured: there is no client for this scheme, or it has no such option.
    """
    named = (
        (options or {}).get("endpoint") or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    )
    client: ClientConfig = {"allow_http": True} if f"{named}".startswith("http://") else {}
    config = cast("S3Config", dict(options or {}))  # or that of another store: the scheme says
    try:
        return from_url(uri, config=config, client_options=client, retry_config={"retry_timeout": PATIENCE})
    except (said.BaseError, ValueError) as error:
        raise Misconfigured(f"{uri} is no object store that can be opened: {_words(error)}") from error


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Turns what an object store's client raises into errors of ours; a lost object is left to the caller.

    Raises:
        Misconfigured: the store refuses us, or there is no such bucket.
        Unavailable: anything else.
    """
    try:
        yield
    except (ApodError, FileNotFoundError):
        raise
    except (said.BaseError, OSError) as error:
        words = _words(error)
        if isinstance(error, _REFUSALS) or re.search("status code: 40[13]", words):
            raise Misconfigured(f"{what} refuses these credentials: {words}") from error
        if "status code: 404" in words:
            raise Misconfigured(f"{what} has no bucket or folder: {words}") from error
        raise Unavailable(f"{what} does not answer: {words}") from error


_REFUSALS = (said.PermissionDeniedError, said.UnauthenticatedError)


def _words(error: Exception) -> str:
    """What a client says, without what it adds on how it says so."""
    return " ".join(f"{error}".partition("Debug source")[0].split())[:500]
