"""What each of the three controllers still has to do, in words. Reads only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import psycopg

from include.apod.adapters.files import md5_of
from include.apod.adapters.git import clone
from include.apod.adapters.scratch import scratch
from include.apod.adapters.sql import statement
from include.apod.formats import raw as raw_store
from include.apod.formats.columns import HEADER
from include.apod.formats.coverage import read_coverage
from include.apod.formats.fragments import read_manifest
from include.apod.formats.pointers import CSV_POINTER, named
from include.apod.run import Report

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

    from include.apod.adapters.git import Repository
    from include.apod.days import Span
    from include.apod.formats.store import Store


def ingest_status(store: Store, archive: Span, now: datetime) -> Report:
    """Days that lack a picture and the service's word that there is none."""
    missing = read_coverage(store.raw).missing(archive, now.date())
    if not missing:
        return Report(False, f"every day of {archive} is accounted for")
    return Report(True, f"{len(missing)} days to ask for, the newest {missing[-1]}", {"missing": len(missing)})


def load_status(store: Store, connection: Connection) -> Report:
    """Whether table and CSV hold what the raw store says."""
    months = raw_store.months(store.raw)
    if not months:
        return Report(False, "nothing to load yet: the raw store is empty")
    known = read_manifest(store.clean)
    if unclean := sum(month.stem not in known or not known[month.stem].is_of(month, store.clean) for month in months):
        return Report(True, f"{unclean} months to transform and publish")
    due = hashlib.md5(HEADER, usedforsecurity=False)
    for fragment in known.values():
        due.update(fragment.read(store.clean))
    sealed = sealed_md5(connection)
    if due.hexdigest() != sealed:
        return Report(True, "clean months to publish")
    if not store.csv.exists() or md5_of(store.csv) != sealed:
        return Report(True, "the CSV is not the published one")
    return Report(False, f"table and CSV hold what the raw store says (md5 {sealed})")


def sealed_md5(connection: Connection) -> str | None:
    """The md5 of the newest load; None before the first."""
    try:
        row = connection.execute(statement("select_latest_load")).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return None if row is None else row[1]


def version_status(store: Store, repository: Repository) -> Report:
    """Whether the branch's tip points at the CSV there is now."""
    if not store.csv.exists():
        return Report(False, "nothing to version yet: there is no CSV")
    with scratch("status") as folder:
        tip = named(clone(repository, folder / "clone").read(CSV_POINTER))
    if tip != md5_of(store.csv):
        return Report(True, f"the CSV is not on {repository.branch} yet")
    return Report(False, f"{repository.branch} points at the CSV there is now")
