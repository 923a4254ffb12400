"""What each DAG of the local stack still has to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.apod import status
from include.apod.days import Span, newest_publishable
from include.apod.settings import read_settings
from local.cli.deployment import database_of, repository_of, store_of

if TYPE_CHECKING:
    from include.apod.run import Report
    from local.stack.stack import Stack


def backlog(stack: Stack) -> dict[str, Report]:
    """By DAG, a report that is `changed` if there is work."""
    now = datetime.now(UTC)
    archive, store = Span(read_settings().since, newest_publishable(now)), store_of(stack)
    with database_of(stack) as database:
        repository = repository_of(stack)
        return {
            "apod_ingest": status.ingest_status(store, archive, now),
            "apod_load": status.load_status(store, database),
            "apod_version": status.version_status(store, repository.branch, status.tip_csv(repository)),
        }
