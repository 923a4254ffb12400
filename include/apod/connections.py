"""Airflow connections in, plain clients out.

Each function imports its provider when called: DAG files are parsed every few seconds and again in each task.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection as Database

    from include.apod.git import Repository
    from include.apod.settings import Settings
    from include.apod.sources import Source


def open_source(settings: Settings) -> Source:
    """The service to ask, from connection `apod_api` (host = base URL, password = API key)."""
    from airflow.sdk import Connection

    from include.apod.sources.planetary import Planetary

    connection = Connection.get("apod_api")
    host = connection.host or "https://api.nasa.gov"
    if not host.startswith(("http://", "https://")):
        raise Misconfigured(f"Connection apod_api has host {host!r}; write the base URL, e.g. https://api.nasa.gov")
    return Planetary(host, connection.password or "DEMO_KEY", settings.pause_seconds)


@contextmanager
def open_database() -> Iterator[Database]:
    """A connection to the data base of connection `apod_postgres`, in autocommit; closed afterwards.

    Raises:
        Unavailable: it cannot be reached, or it went away in between.
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
        raise Unavailable(f"PostgreSQL of connection apod_postgres: {' '.join(str(error).split())}") from error


@contextmanager
def open_repository(settings: Settings) -> Iterator[Repository]:
    """The main repository of connection `apod_git`, with what git needs to log in."""
    from airflow.providers.git.hooks.git import GitHook

    from include.apod.git import Repository

    hook = GitHook("apod_git")
    if not hook.repo_url:
        raise Misconfigured("Connection apod_git has no host; write the URL of the repository there.")
    with hook.configure_hook_env():  # sets what git needs in this process' environment; SSH only in hook.env
        yield Repository(hook.repo_url, settings.git_branch, settings.git_author, hook.env, token=hook.auth_token or "")
