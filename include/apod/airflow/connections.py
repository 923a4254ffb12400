"""Airflow connections in, plain clients out.

Each function imports its provider when called: DAG files are parsed every few seconds and again in each task.
"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from psycopg import Connection as Database

    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store
    from include.apod.settings import Settings
    from include.apod.sources import Source


log = logging.getLogger(__name__)


def open_sources(settings: Settings, now: datetime) -> list[Source]:
    """The services to ask, in order of preference, from connection `apod_api`.

    Its host is the base URL of NASA's API and its password the key; `basic` in its extra is the base URL of the
    replacement service.

    Raises:
        Misconfigured: an address is none, or would send the key in clear.
    """
    from airflow.sdk import Connection

    from include.apod.sources.basic import Basic
    from include.apod.sources.planetary import Planetary

    connection = Connection.get("apod_api")
    host = _base_url(connection.host or "https://api.nasa.gov")
    basic = _base_url(connection.extra_dejson.get("basic", "https://science.nasa.gov"))
    pause = settings.pause_seconds
    made: dict[str, Source] = {
        "planetary": Planetary(host, connection.password or "DEMO_KEY", pause, now),
        "basic": Basic(basic, pause, now),
    }
    return [made[name] for name in settings.sources]


def _base_url(address: str) -> str:
    """The address, where it is one that may be asked."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(f"Connection apod_api has {address!r}; write the base URL, e.g. https://api.nasa.gov")
    if parts.scheme == "http" and parts.hostname.endswith("nasa.gov"):
        raise Misconfigured(f"Connection apod_api has {address!r}, which would send the key in clear; write https://")
    return address


@contextmanager
def open_database() -> Iterator[Database]:
    """A connection to the data base of connection `apod_postgres`, in autocommit; closed afterwards.

    Raises:
        Misconfigured: the login or the database does not exist, or the role may not do what we do.
        Unavailable: it cannot be reached, it went away in between, or it has no room or no time for us.
    """
    import psycopg
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    try:
        # psycopg 3, as always with SQLAlchemy 2
        connection = cast("Database", PostgresHook("apod_postgres").get_conn())
        connection.autocommit = True
        with connection:
            yield connection
    except psycopg.OperationalError as error:
        said = " ".join(str(error).split())
        raise (Misconfigured if _REFUSED.search(said) else Unavailable)(f"{_DATABASE}: {said}") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Misconfigured(
            f"{_DATABASE}: {error.diag.message_primary}. Grant its role CREATE on the database, or make it owner of "
            "schema apod."
        ) from error


_DATABASE = "PostgreSQL of connection apod_postgres"
# psycopg gives no error code where no session came about, so these are PostgreSQL's words
_REFUSED = re.compile(
    "authentication failed|no password supplied|does not exist|no pg_hba.conf entry|permission denied"
)


@contextmanager
def open_repository(settings: Settings) -> Iterator[Repository]:
    """The main repository of connection `apod_git`, with what git needs to log in."""
    from airflow.providers.git.hooks.git import GitHook

    from include.apod.adapters.git import Repository

    hook = GitHook("apod_git")
    if not hook.repo_url:
        raise Misconfigured("Connection apod_git has no host; write the URL of the repository there.")
    with hook.configure_hook_env():  # sets what git needs in this process' environment; SSH only in hook.env
        yield Repository(hook.repo_url, settings.git_branch, settings.git_author, hook.env, token=hook.auth_token or "")


@contextmanager
def open_store(settings: Settings, *parts: str) -> Iterator[Store]:
    """The store, with those of its parts that a step works with; an object store is that of connection `apod_store`.

    Raises:
        Misconfigured: there is no client for its scheme, or it refuses us.
        Unavailable: it does not answer.
    """
    from include.apod.formats.store import Store

    if isinstance(settings.store, Path):
        yield Store(settings.store)
        return
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.apod.adapters.mirror import mirrored
    from include.apod.adapters.object_store import open_objects, options_of

    options = {}
    with suppress(AirflowNotFoundException):  # then the machine's own identity has to do
        told = Connection.get("apod_store")
        options = options_of(settings.store, told.login, told.password, told.extra_dejson)
    with mirrored(open_objects(settings.store, options), settings.store, parts) as store:
        yield store


def alert(subject: str, text: str) -> None:
    """Tells a person, where connection `apod_alerts` says whom; a message that cannot be sent is a line in the log.

    `http`: a webhook; host = its address, password = the secret end of it. `smtp`: host, port, login and password, and
    `from` and `to` in the extra.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.apod.adapters.alerts import Mail, Webhook

    try:
        told = Connection.get("apod_alerts")
    except AirflowNotFoundException:
        return
    password, extra = told.password or "", told.extra_dejson
    way: Webhook | Mail = Webhook(f"{told.host or ''}{password}")
    if told.conn_type == "smtp":
        sender, to = f"{extra.get('from')}", f"{extra.get('to')}"
        way = Mail(told.host or "", told.port or 25, told.login or "", password, sender, to)
    try:
        way.send(subject, text)
    except (OSError, ValueError) as error:  # its words may hold the address, and with it the secret
        log.error("connection apod_alerts did not take %r: %s", subject, type(error).__name__)  # noqa: TRY400
