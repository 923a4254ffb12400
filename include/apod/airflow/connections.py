"""Opens what the Airflow connections name.

Each function imports what it needs when it is called: DAG files are parsed every few seconds and again in each task.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from include.apod.errors import Misconfigured, NotPublished, masked
from include.apod.sources import HOST_SERVICE, SERVICES, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from airflow.providers.git.hooks.git import GitHook
    from psycopg import Connection as Database

    from include.apod.adapters.git import Repository
    from include.apod.formats.store import Store
    from include.apod.release.release import Target
    from include.apod.settings import Settings
    from include.apod.sources import Source


log = logging.getLogger(__name__)

DATABASE = "PostgreSQL of connection apod_postgres"


def _base_url(address: str) -> str:
    """The address, if requests may be sent there."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(
            f"Connection apod_api has {masked(address)!r}; write the base URL, e.g. https://api.nasa.gov"
        )
    if parts.scheme == "http" and parts.hostname.endswith("nasa.gov"):
        raise Misconfigured(
            f"Connection apod_api has {masked(address)!r}, which would send the key in clear; write https://"
        )
    return address


def open_sources(settings: Settings, now: datetime) -> list[Source]:
    """Sessions with the services of `APOD_SOURCES`, in order of preference, from connection `apod_api`.

    Its host is the base URL of api.nasa.gov, its password the API key. The base URL of any other service may stand in
    the extra under the service's name; without one it is NASA's own.

    Raises:
        Misconfigured: an address is invalid, or would send the key unencrypted.
    """
    from airflow.sdk import Connection

    connection = Connection.get("apod_api")
    addresses = {HOST_SERVICE: connection.host} | connection.extra_dejson
    key = connection.password or "DEMO_KEY"
    urls = {name: _base_url(addresses.get(name) or service(name).BASE_URL) for name in SERVICES}
    return [service(name).connect(urls[name], key, settings.pause_seconds, now) for name in settings.sources]


@contextmanager
def open_database(connect_seconds: int = 30) -> Iterator[Database]:
    """A connection to the database of connection `apod_postgres`, in autocommit; closed when the block ends.

    The server has `connect_seconds` to answer, unless the connection's extra says otherwise.

    Raises:
        Misconfigured: login or database do not exist, the role lacks a right, or a table is not ours.
        Unavailable: it cannot be reached, went away meanwhile, has no room or no time for us, or somebody holds a lock.
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    from include.apod.adapters.database import translating_errors

    with translating_errors(DATABASE):
        # psycopg 3, as always with SQLAlchemy 2
        hook = PostgresHook("apod_postgres")
        defaults = {"connect_timeout": connect_seconds, "client_encoding": "UTF8"}  # not PGCLIENTENCODING's
        hook.connection.extra = json.dumps({**defaults, **hook.connection.extra_dejson})
        connection = cast("Database", hook.get_conn())
        connection.autocommit = True
        connection.prepare_threshold = (
            None  # a statement that was prepared is in a session, which a pooler may give away
        )
        with connection, translating_errors(DATABASE, connection):
            yield connection


@contextmanager
def _login(hook: GitHook) -> Iterator[dict[str, str]]:
    """What git needs to log in. The hook sets it in this process, too, where other threads run git; that is undone."""
    from include.apod.adapters.git_command import ENVIRONMENT_LOCK

    with ExitStack() as stack:
        with ENVIRONMENT_LOCK:
            before = dict(os.environ)
            stack.enter_context(hook.configure_hook_env())
            for name in os.environ.keys() - before.keys():
                del os.environ[name]
            os.environ.update(before)
        try:
            yield dict(hook.env)
        finally:
            with ENVIRONMENT_LOCK:
                stack.close()


@contextmanager
def open_repository(settings: Settings, timeout_seconds: float = 300) -> Iterator[Repository]:
    """The repository of connection `apod_git`, with what git needs to log in; a command of git has so much time.

    Raises:
        Misconfigured: the connection has no host, or a signing key that is none.
    """
    from airflow.providers.git.hooks.git import GitHook
    from airflow.sdk import Connection

    from include.apod.adapters.git import Repository
    from include.apod.adapters.signatures import key_file

    hook = GitHook("apod_git")
    if not hook.repo_url:
        raise Misconfigured("Connection apod_git has no host; write the URL of the repository there.")
    with _login(hook) as login, ExitStack() as stack:
        extra = Connection.get("apod_git").extra_dejson
        file = extra.get("signing_key_file")
        key = extra.get("signing_private_key") or (file and Path(file))
        yield Repository(
            hook.repo_url,
            settings.git_branch,
            settings.git_author,
            login,
            hook.auth_token or "",
            timeout_seconds,
            f"{stack.enter_context(key_file(key))}" if key else "",
        )


def _store_options(name: str, uri: str) -> dict[str, object]:
    """Obstore's options of a connection; without it, none: then the machine's own identity is used."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.apod.adapters.object_store import connection_options

    with suppress(AirflowNotFoundException):
        connection = Connection.get(name)
        return connection_options(uri, connection.login, connection.password, connection.extra_dejson)
    return {}


@contextmanager
def open_store(settings: Settings, *folders: str, read_only: bool = False, empty: bool = False) -> Iterator[Store]:
    """The store, with those of its folders that a step works with. An object store is that of connection `apod_store`.

    With `read_only` nothing is sent to an object store; who only looks opens it so. With `empty` nothing is downloaded
    from it yet: a step that refreshes the store inside its lock need not have it before.

    Raises:
        Misconfigured: unknown scheme, or the store refuses the credentials.
        Unavailable: it does not answer.
    """
    from include.apod.formats.store import Store, open_mirrored

    if isinstance(settings.store, Path):
        yield Store(settings.store)
        return
    from include.apod.adapters.object_store import open_object_store

    objects = open_object_store(settings.store, _store_options("apod_store", settings.store))
    with open_mirrored(objects, settings.store, folders, read_only=read_only, empty=empty) as store:
        yield store


def open_release(settings: Settings) -> Target:
    """Where releases go, `APOD_RELEASE`. An object store is that of connection `apod_release`, where there is one.

    Raises:
        NotPublished: no place is set.
        Misconfigured: the folder does not exist, or the URL is none of an object store.
    """
    from obstore.store import LocalStore

    from include.apod.adapters.object_store import open_object_store
    from include.apod.release.release import Target

    place = settings.release
    if place is None:
        raise NotPublished("no release is wanted; APOD_RELEASE names a folder or an object store for it")
    if isinstance(place, Path):
        if not place.is_dir():
            raise Misconfigured(f"APOD_RELEASE={place} is no folder. Make it, or name another one.")
        return Target(f"{place}", LocalStore(place), settings.release_versions)
    options = _store_options("apod_release", place)
    return Target(place, open_object_store(place, options), settings.release_versions)


def alert(subject: str, text: str) -> None:
    """Sends a message to the person of connection `apod_alerts`, if there is one. If it fails, the log has a line.

    `http`: a webhook; host is its address, password the secret end of it. `smtp`: host, port, login and password, and
    `from` and `to` in the extra.
    """
    try:
        _send_alert(subject, text)
    except Exception as error:  # noqa: BLE001  # informing never fails; the message may hold the address, and so the secret
        log.error("connection apod_alerts did not take %r: %s", subject, type(error).__name__)  # noqa: TRY400  # likewise the traceback


def _send_alert(subject: str, text: str) -> None:
    """Sends a message to the person of connection `apod_alerts`, if there is one."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    from include.apod.adapters.alerts import Mail, Webhook

    try:
        connection = Connection.get("apod_alerts")
    except AirflowNotFoundException:
        return
    password, extra = connection.password or "", connection.extra_dejson
    channel: Webhook | Mail = Webhook(f"{connection.host or ''}{password}")
    if connection.conn_type == "smtp":
        sender, to = f"{extra.get('from')}", f"{extra.get('to')}"
        channel = Mail(connection.host or "", connection.port or 25, connection.login or "", password, sender, to)
    channel.send(" ".join(subject.split()), text)
