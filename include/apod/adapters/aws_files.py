"""AWS's own files (`~/.aws/credentials` and `config`), which DVC reads and obstore does not: keys, region, endpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from obstore.auth.boto3 import Boto3CredentialProvider

IN_ENVIRONMENT = (  # of keys that obstore finds by itself, before it would look into a file
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}


def are_meant() -> bool:
    """Whether somebody has put the keys of this machine into these files, and not into the environment."""
    files = [Path(os.environ.get(name, usual)).expanduser() for name, usual in FILES.items()]
    return not any(map(os.environ.get, IN_ENVIRONMENT)) and any(path.exists() for path in files)


def read_credentials(
    profile: str | None = None, config: str | None = None, shared: str | None = None
) -> Boto3CredentialProvider:
    """Credentials from the files, for obstore.

    Args:
        profile: name of the part that counts; that of `AWS_PROFILE`, else `default`.
        config: path of the configuration; the usual one.
        shared: path of the credentials; the usual one.

    Raises:
        Misconfigured: the package that reads them is not there, or they do not have the profile.
    """
    try:  # optional: most deployments have no such files
        from boto3 import Session  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415
        from botocore.session import Session as Files  # noqa: PLC0415
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(
            "The keys of the object store are in AWS's own files, and the package boto3 is not there to read them: add "
            "it to requirements.txt, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    files = Files(profile=profile)
    for variable, path in (("config_file", config), ("credentials_file", shared)):
        if path:
            files.set_config_variable(variable, path)
    try:
        provider = Boto3CredentialProvider(Session(botocore_session=files))
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        if endpoint := endpoint or files.get_scoped_config().get("endpoint_url"):
            provider.config["endpoint"] = endpoint
    except (BotoCoreError, ValueError) as error:
        raise Misconfigured(f"The keys of the object store cannot be read from AWS's own files: {error}") from error
    return provider
