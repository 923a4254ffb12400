"""The tasks: each reads the settings and the clock, opens its connections and calls its step.

DAG files import this module, so each function imports its step when it runs: pandas, psycopg and requests would cost up
to a second at every parse.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.apod.airflow import connections
from include.apod.days import STALE_HOURS, Span, newest_publishable, parse_span
from include.apod.formats.store import COMPOSITION, MANIFEST, PUBLISHED
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from include.apod.formats.coverage import Coverage
    from include.apod.formats.store import Store
    from include.apod.ingest.plan import Scope
    from include.apod.run import Report, Run
    from include.apod.settings import Settings

log = logging.getLogger(__name__)


def await_picture(run: Run) -> bool:
    """Whether today's picture is out. A manual run does not wait."""
    from include.apod.ingest.ingest import is_out

    settings, now = read_settings(), datetime.now(UTC)
    sources = connections.open_sources(settings, now)
    if run.manual:
        return True
    with connections.open_store(settings, "raw", "ingest") as store:
        return is_out(sources, store, newest_publishable(now), now)


def _watch_freshness(coverage: Coverage, now: datetime) -> None:
    """Alerts a person if the newest picture is older than `STALE_HOURS`."""
    if (hours := coverage.stale_hours(now)) > STALE_HOURS:
        newest = f"The newest picture is that of {max(coverage.observed)}, {hours:.0f} hours old."
        log.warning("%s", newest)
        connections.alert("APOD is not fresh", f"{newest} ./apod status says what is left to do.")


def _restore_raw(settings: Settings, store: Store, *, wanted: bool) -> str:
    """Restores a lost raw store, or what a person wants; returns what was done, or an empty text for nothing."""
    from include.apod.adapters.dvc import Remote
    from include.apod.ingest.restore_raw import is_lost, restore_raw

    if not wanted and not is_lost(store):
        return ""
    with connections.open_repository(settings) as repository:
        report = restore_raw(repository, Remote(settings.dvc_remote, settings.dvc_python), store)
    log.info("%s", report.sentence)
    return report.sentence if report.changed else ""


def _scope(run: Run, settings: Settings, now: datetime) -> Scope:
    """Which days this run of ingest looks at."""
    from include.apod.ingest.plan import Scope

    archive = Span(settings.since, newest_publishable(now))
    return Scope(
        archive,
        now,
        lookback_days=settings.lookback_days,
        reread=parse_span(run.text("start_date"), run.text("end_date"), archive),
        budget=settings.requests_per_run,
        began=run.began,
    )


def ingest(run: Run) -> Report:
    """Step 1, extraction: what NASA says, as raw JSON; a lost raw store is restored from the last version first."""
    from include.apod.formats.coverage import update_coverage
    from include.apod.ingest.ingest import ingest as ingest_step

    settings, now = read_settings(), datetime.now(UTC)
    sources, scope = connections.open_sources(settings, now), _scope(run, settings, now)
    with connections.open_store(settings, "raw", "raw.restoring", "ingest", MANIFEST, COMPOSITION) as store:
        restored = _restore_raw(settings, store, wanted=run.flag("restore"))
        report = ingest_step(sources, store, scope)
        _watch_freshness(update_coverage(store.raw, store.coverage), now)
    return replace(report, changed=True, sentence=f"{restored}; {report.sentence}") if restored else report


def transform(run: Run) -> Report:
    """Step 2, transformation: a clean, typed row for each day, by pandas."""
    from include.apod.load.transform import transform as transform_step

    with connections.open_store(read_settings(), "raw", "clean", COMPOSITION) as store:
        return transform_step(store, rebuild=run.flag("rebuild"), allow_shrink=run.flag("allow_shrink"))


def stage_table(_: Run) -> Report:
    """Step 3, loading: the rows into PostgreSQL's staging table."""
    from include.apod.load.stage_table import stage_table as stage_table_step

    with connections.open_database() as database, connections.open_store(read_settings(), "clean") as store:
        return stage_table_step(database, store.clean)


def stage_csv(_: Run) -> Report:
    """Step 3, loading: the rows into the staged CSV."""
    from include.apod.load.stage_csv import stage_csv as stage_csv_step

    with connections.open_store(read_settings(), "clean", "staged", PUBLISHED) as store:
        return stage_csv_step(store)


def publish(run: Run) -> Report:
    """Step 3, loading: table and CSV are proven equal, and become visible together."""
    from include.apod.load.guards import Allowed
    from include.apod.load.publish import LoadInfo
    from include.apod.load.publish import publish as publish_step

    settings = read_settings()
    load = LoadInfo(run.id, settings.code_version, settings.table)
    allowed = Allowed(run.flag("allow_shrink"), run.flag("allow_mass_change"), run.answer, can_ask=True)
    # the store is the inner block, so that its files are uploaded before publish's lock is released
    with (
        connections.open_database() as database,
        connections.open_store(settings, "staged", PUBLISHED, empty=True) as store,
    ):
        return publish_step(database, store, load, allowed)


def index(_: Run) -> Report:
    """After step 3, loading: an index, so that words are found faster."""
    from include.apod.load.index import index as index_step

    with connections.open_database() as database:
        return index_step(database)


def version(run: Run) -> Report:
    """Steps 4, data versioning, and 5, code versioning: dvc add, dvc push, git commit, git push."""
    from include.apod.adapters.dvc import Remote
    from include.apod.version.release_note import Stamp
    from include.apod.version.version import version as version_step

    settings = read_settings()
    stamp = Stamp(
        run.id, settings.code_version, settings.since, note=run.text("message"), allow_shrink=run.flag("allow_shrink")
    )
    remote = Remote(settings.dvc_remote, settings.dvc_python)
    with (
        connections.open_repository(settings) as repository,
        connections.open_database() as database,
        connections.open_store(settings, "raw", PUBLISHED, empty=True) as store,
    ):
        report = version_step(repository, remote, store, database, stamp)
    released = {"release": f"{settings.release}/latest.json"} if settings.release else {}
    return replace(report, facts={**report.facts, **released})


def release(_: Run) -> Report:
    """After steps 4 and 5: plain files at an address."""
    from include.apod.release.release import release as release_step

    settings = read_settings()
    target = connections.open_release(settings)
    with (
        connections.open_repository(settings) as repository,
        connections.open_database() as database,
        connections.open_store(settings, PUBLISHED) as store,
    ):
        return release_step(repository, settings.dvc_remote, store, database, target)
