"""The local stack as the pipeline's code sees a deployment: its repository, DVC remote, store and database."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

from include.apod.adapters.database import translating_errors
from include.apod.adapters.dvc import Remote
from include.apod.adapters.git import Repository
from include.apod.formats.store import Store
from include.apod.history.archive import Archive, open_archive
from include.apod.settings import read_settings
from local.stack.errors import StackError
from local.stack.layout import PROJECT
from local.stack.ready import database_running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import Stack


def has_repository(stack: Stack) -> bool:
    """Whether there is a repository that may have versions."""
    return stack.layout.repository.exists() or stack.repository_url != stack.layout.repository.as_uri()


def repository_of(stack: Stack) -> Repository:
    """The bare repository that plays GitHub, or a person's own.

    Raises:
        StackError: it was never made.
    """
    if not has_repository(stack):
        raise StackError("There is no version yet; ./apod run makes one.")
    settings = read_settings()
    return Repository(stack.repository_url, settings.git_branch, settings.git_author)


def remote_of(stack: Stack) -> Remote:
    """The folder that plays the DVC remote, or a person's own."""
    return Remote(stack.remote_url, sys.executable)


def store_of(stack: Stack) -> Store:
    """The store."""
    return Store(stack.layout.store)


@contextmanager
def database_of(stack: Stack) -> Iterator[psycopg.Connection]:
    """A connection to the pipeline's database, in autocommit; the server is started if the stack is down."""
    with (
        database_running(stack),
        translating_errors("PostgreSQL of the local stack"),
        psycopg.connect(stack.server.dsn("apod"), autocommit=True) as connection,
        translating_errors("PostgreSQL of the local stack", connection),
    ):
        yield connection


@contextmanager
def archive_of(stack: Stack, *, every_branch: bool = False) -> Iterator[Archive]:
    """The history of the repository.

    Raises:
        StackError, NotPublished: there is no version yet.
    """
    with open_archive(repository_of(stack), remote_of(stack), PROJECT, every_branch=every_branch) as archive:
        yield archive
