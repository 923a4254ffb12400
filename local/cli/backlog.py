"""What each controller of the local stack still has to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from include.apod import status
from include.apod.adapters.git import Repository
from include.apod.days import Span, newest_publishable
from include.apod.formats.store import Store
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from include.apod.run import Report
    from local.stack.stack import Stack


def backlog(stack: Stack) -> dict[str, Report]:
    """By DAG, a report that is `changed` where there is work."""
    now = datetime.now(UTC)
    settings = read_settings()
    store = Store(stack.layout.store)
    repository = Repository(stack.layout.repository.as_uri(), settings.git_branch, settings.git_author)
    with psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database:
        return {
            "apod_ingest": status.ingest_status(store, Span(settings.since, newest_publishable(now)), now),
            "apod_load": status.load_status(store, database),
            "apod_version": status.version_status(store, repository),
        }
