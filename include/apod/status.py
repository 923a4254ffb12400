"""What each DAG still has to do, in words. Writes nothing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import psycopg

from include.apod.adapters.files import md5_of
from include.apod.adapters.git import clone
from include.apod.adapters.scratch import scratch
from include.apod.formats import raw as raw_store
from include.apod.formats.coverage import read_coverage
from include.apod.formats.csv_file import HEADER
from include.apod.formats.fragments import DamagedFragment, read_manifest
from include.apod.formats.loads import latest_load
from include.apod.formats.pointers import CSV_POINTER, object_in
from include.apod.formats.statements import statement
from include.apod.run import Report
from include.apod.sources.absence import lost_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from psycopg import Connection

    from include.apod.adapters.git import Repository
    from include.apod.days import Span
    from include.apod.formats.fragments import Manifest
    from include.apod.formats.store import Store


REMEMBERED = 8
_digests: dict[tuple[tuple[Path, int, int], ...], str] = {}


def ingest_status(store: Store, archive: Span, now: datetime) -> Report:
    """Whether there are days with neither a picture nor evidence that they have none."""
    coverage = read_coverage(store.raw, store.coverage)
    missing = coverage.missing(archive, now.date())
    lost_count = len(lost_days(coverage))
    lost = f"; {lost_count} are lost by the source" if lost_count else ""
    if not missing:
        pending = len(coverage.pending(archive))
        doubt = f"; {pending} of them were denied once, and are asked for again" if pending else ""
        return Report(False, f"every day of {archive} is accounted for{doubt}{lost}")
    return Report(True, f"{len(missing)} days to ask for, the newest {missing[-1]}{lost}", {"missing": len(missing)})


def _digest(paths: Iterable[Path], compute: Callable[[], str]) -> str:
    """The digest of files, remembered while their sizes and times stay: the page asks for it with each view."""
    key = tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in paths)
    if key not in _digests:
        digest = compute()
        if len(_digests) >= REMEMBERED:
            _digests.clear()
        _digests[key] = digest
    return _digests[key]


def _md5_of(csv: Path) -> str:
    """The md5 of the published CSV."""
    return _digest([csv], lambda: md5_of(csv))


def _csv_md5(manifest: Manifest, clean: Path) -> str:
    """The md5 of the CSV that the fragments make."""

    def compute() -> str:
        digest = hashlib.md5(HEADER, usedforsecurity=False)
        for content in manifest.contents(clean, manifest.fragments):
            digest.update(content)
        return digest.hexdigest()

    return _digest([clean / "manifest.json", *sorted(clean.glob("rows.*.csv"))], compute)


def load_status(store: Store, connection: Connection) -> Report:
    """Whether table and CSV hold what the raw store says."""
    raw = raw_store.states(store.raw)
    if not raw:
        return Report(False, "nothing to load yet: the raw store is empty")
    manifest = read_manifest(store.clean)
    if due := manifest.outdated(raw, store.clean):
        return Report(True, f"{len(due)} months to transform and publish")
    try:
        expected = _csv_md5(manifest, store.clean)
    except DamagedFragment as error:
        return Report(True, f"{error}. The next load drops it, the one after it makes it anew")
    published = published_md5(connection)
    if expected != published:
        return Report(True, "clean months to publish")
    if not store.csv.exists() or _md5_of(store.csv) != published:
        return Report(True, "the CSV is not the published one")
    rejected, unreadable = connection.execute(statement("publish/count_rejected")).fetchone() or (0, 0)
    quarantine = f"; {unreadable} days are unreadable, {rejected} observations in quarantine" if rejected else ""
    return Report(False, f"table and CSV hold what the raw store says (md5 {published}){quarantine}")


def published_md5(connection: Connection) -> str | None:
    """The md5 of the newest load; None before the first."""
    try:
        load = latest_load(connection)
    except psycopg.errors.UndefinedTable:
        return None
    return load.md5 if load else None


def tip_csv(repository: Repository) -> str | None:
    """The md5 of the CSV that the branch's tip points at; None if it points at none."""
    with scratch("status") as folder:
        return object_in(clone(repository, folder / "clone").read(CSV_POINTER))


def version_status(store: Store, branch: str, tip: str | None) -> Report:
    """Whether a branch whose tip points at a CSV with the md5 `tip` points at the published one."""
    if not store.csv.exists():
        return Report(False, "nothing to version yet: there is no CSV")
    if tip != _md5_of(store.csv):
        return Report(True, f"the CSV is not on {branch} yet")
    return Report(False, f"{branch} points at the CSV there is now")
