"""Bringing back what the local store lost, and versions beside the live data; Airflow is not needed."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import psycopg

from include.apod.adapters.git import Repository
from include.apod.adapters.remote import Remote
from include.apod.formats.store import Store
from include.apod.history.restore import load_schema
from include.apod.history.versions import fetch_raw
from include.apod.ingest.restore_raw import restore_raw as restore_months
from include.apod.settings import read_settings
from local.stack.errors import StackError
from local.stack.ready import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from include.apod.history.versions import Version
    from local.cli.history import Archive
    from local.stack.layout import Layout
    from local.stack.stack import Stack


def restore_raw(layout: Layout) -> str:
    """Brings back the month files that the last version has and the store lacks; says how many."""
    if not layout.repository.exists():
        raise StackError("There is no version yet; ./apod run makes one.")
    settings = read_settings()
    repository = Repository(layout.repository.as_uri(), settings.git_branch, settings.git_author)
    remote = Remote(str(layout.dvc_remote), sys.executable)
    return restore_months(repository, remote, Store(layout.store)).sentence


def restore_version(stack: Stack, held: Archive, version: Version, target: tuple[Path | None, str]) -> Iterator[str]:
    """Brings a version into a folder and a schema; says what it did.

    Raises:
        StackError: the folder is not empty.
        Unavailable: the version cannot be had whole.
        Misconfigured: the schema's name is taken, or none.
    """
    to, schema = target
    if to and to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StackError(f"{to} is there and not empty; name a folder that is not there yet.")
    csv = held.workshop.folder / "version.csv"
    how = held.workshop.obtain(version, csv)
    yield f"version {version.commit[:12]}: CSV {how}, md5 {version.csv}"
    if to:
        half = held.workshop.folder / "half"
        fetch_raw(version, half / "raw")
        shutil.copyfile(csv, half / "apod_data.csv")
        described = held.clone.git_bytes("show", f"{version.commit}:data/datapackage.json", stdin=b"")
        (half / "datapackage.json").write_bytes(described)
        shutil.copytree(half, to, dirs_exist_ok=True)
        yield f"CSV, description and raw store in {to}"
    if schema:
        with running(stack), psycopg.connect(stack.server.dsn("apod"), autocommit=True) as database:
            rows = load_schema(database, schema, csv, version.csv)
        yield f"{rows} rows in {schema}.picture, proven equal"
