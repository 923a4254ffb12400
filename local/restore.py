"""Bringing back what the local store lost, without Airflow and without the database."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from include.apod import restore
from include.apod.git import Repository
from include.apod.remote import Remote
from include.apod.settings import read_settings
from include.apod.store import Store
from local.errors import StackError

if TYPE_CHECKING:
    from local.layout import Layout


def restore_raw(layout: Layout) -> str:
    """Brings back the month files that the last version has and the store lacks; says how many."""
    if not layout.repository.exists():
        raise StackError("There is no version yet; ./apod run makes one.")
    settings = read_settings()
    repository = Repository(layout.repository.as_uri(), settings.git_branch, settings.git_author)
    remote = Remote(str(layout.dvc_remote), sys.executable)
    return restore.restore_raw(repository, remote, Store(layout.store)).sentence
