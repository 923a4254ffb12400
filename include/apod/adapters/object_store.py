"""Object stores (S3, Google Cloud Storage, Azure) by URL, through obstore."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from obstore import exceptions as obstore_errors
from obstore.store import from_url

from include.apod.adapters import aws_files
from include.apod.errors import ApodError, Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import ClientConfig, ObjectStore, S3Config

CREDENTIAL_OPTIONS = {  # by URL scheme: obstore's names for login and password of an Airflow connection
    "s3": ("access_key_id", "secret_access_key"),
    "gs": ("", "service_account_key"),
    "az": ("account_name", "account_key"),
}
OWN_KEYS = {"access_key_id", "skip_signature"}  # options with which nothing else is asked for keys
AIRFLOW_OPTIONS = {"endpoint_url": "endpoint", "region_name": "region", "key_path": "service_account"}
RETRY_TIMEOUT = timedelta(seconds=60)
REFUSALS = (obstore_errors.PermissionDeniedError, obstore_errors.UnauthenticatedError)


def connection_options(
    uri: str, login: str | None, password: str | None, extra: Mapping[str, object]
) -> dict[str, object]:
    """Obstore's options for the fields of an Airflow connection. Without any, the machine's own identity is used."""
    login_option, password_option = CREDENTIAL_OPTIONS.get(uri.partition("://")[0], ("", ""))
    options = {AIRFLOW_OPTIONS.get(name, name): value for name, value in extra.items()}
    if login_option and login:
        options[login_option] = login
    if password_option and password:
        options[password_option] = password
    return options


def _message(error: Exception) -> str:
    """The client's message in one line, without its debug representation."""
    return " ".join(f"{error}".partition("Debug source")[0].split())[:500]


def open_object_store(
    uri: str,
    options: Mapping[str, object] | None = None,
    client: ClientConfig | None = None,
    credentials: Boto3CredentialProvider | None = None,
) -> ObjectStore:
    """Opens the object store at `uri`; object names are relative to it.

    Options that are not given come from environment variables (`AWS_*` and the like), from AWS's own files, or from the
    machine's own identity.

    Args:
        uri: scheme://bucket/path
        options: obstore's, of this kind of store.
        client: obstore's, of the connection to it.
        credentials: asked for them where they are given.

    Raises:
        Misconfigured: unknown scheme or option.
    """
    config = dict(options or {})
    if uri.startswith("s3://") and not credentials and not config.keys() & OWN_KEYS and aws_files.are_meant():
        credentials = aws_files.read_credentials()
    environment = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    endpoint = config.get("endpoint") or config.get("base_url") or environment or ""
    endpoint = endpoint or (credentials.config.get("endpoint") if credentials else "")
    plain: ClientConfig = {"allow_http": True} if f"{endpoint}".startswith("http://") else {}
    try:
        return from_url(
            uri,
            config=cast("S3Config", config),  # or that of another store, which the scheme decides
            client_options={**plain, **(client or {})},
            retry_config={"retry_timeout": RETRY_TIMEOUT},
            credential_provider=credentials,
        )
    except (obstore_errors.BaseError, ValueError) as error:
        raise Misconfigured(f"{uri} is no object store that can be opened: {_message(error)}") from error


@contextmanager
def translating_errors(subject: str) -> Iterator[None]:
    """Turns obstore's errors into ours. `subject` begins the message. A missing object stays a FileNotFoundError.

    Raises:
        Misconfigured: the store refuses the credentials, or the bucket does not exist.
        Unavailable: any other error.
    """
    try:
        yield
    except (ApodError, FileNotFoundError):
        raise
    except (obstore_errors.BaseError, OSError) as error:
        message = _message(error)
        if isinstance(error, REFUSALS) or re.search("non-2xx status code: 40[13]", message):
            raise Misconfigured(f"{subject} refuses these credentials: {message}") from error
        if "non-2xx status code: 404" in message:
            raise Misconfigured(f"{subject} has no bucket or folder: {message}") from error
        raise Unavailable(f"{subject} does not answer: {message}") from error
