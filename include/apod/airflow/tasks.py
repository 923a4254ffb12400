"""The tasks: each reads the settings, opens its connections and calls its step.

This is where the clock is read and the world comes in. DAG files import this module, so each function imports
its step when it runs: pandas, psycopg and requests would cost up to a second at every parse.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.apod.airflow import connections
from include.apod.formats.store import PUBLISHED
from include.apod.settings import read_settings

log = logging.getLogger(__name__)
STALE_HOURS = 36  # a picture a day, and half a day for a service that is late

if TYPE_CHECKING:
    from include.apod.formats.coverage import Coverage
    from include.apod.formats.store import Store
    from include.apod.ingest.ingest import Scope
    from include.apod.run import Report, Run
    from include.apod.settings import Settings


def await_picture(run: Run) -> bool:
    """Whether today's picture is out. A manual run takes what there is."""
    from include.apod.days import newest_publishable
    from include.apod.ingest.ingest import is_out

    settings, now = read_settings(), datetime.now(UTC)
    sources = connections.open_sources(settings, now)
    if run.manual:
        return True
    with connections.open_store(settings, "raw") as store:
        return is_out(sources, store, newest_publishable(now))


def ingest(run: Run) -> Report:
    from include.apod.formats.coverage import read_coverage
    from include.apod.ingest import ingest as step

    settings, now = read_settings(), datetime.now(UTC)
    sources, scope = connections.open_sources(settings, now), scope_of(run, settings, now)
    with connections.open_store(settings, "raw", "raw.restoring") as store:
        restored = restore(settings, store)
        report = step.ingest(sources, store, scope)
        watch_freshness(read_coverage(store.raw, store.coverage), now)
    return replace(report, changed=True, sentence=f"{restored}; {report.sentence}") if restored else report


def watch_freshness(coverage: Coverage, now: datetime) -> None:
    """Alerts a person when the newest picture is older than a day and a half: the archive stands still."""
    if (hours := coverage.stale_hours(now)) > STALE_HOURS:
        newest = f"The newest picture is that of {max(coverage.observed)}, {hours:.0f} hours old."
        log.warning("%s", newest)
        connections.alert("APOD is not fresh", f"{newest} ./apod status says what is left to do.")


def restore(settings: Settings, store: Store) -> str:
    """What was brought back of a raw store that is lost; nothing where there is one, or never was."""
    from include.apod.adapters.remote import Remote
    from include.apod.ingest import restore_raw as step

    if not step.is_lost(store):
        return ""
    with connections.open_repository(settings) as repository:
        report = step.restore_raw(repository, Remote(settings.dvc_remote, settings.dvc_python), store)
    log.info("%s", report.sentence)
    return report.sentence if report.changed else ""


def scope_of(run: Run, settings: Settings, now: datetime) -> Scope:
    """What this run of ingest should look at."""
    from include.apod.days import Span, newest_publishable, parse_span
    from include.apod.ingest.ingest import Scope

    archive = Span(settings.since, newest_publishable(now))
    return Scope(
        archive,
        now,
        lookback_days=settings.lookback_days,
        reread=parse_span(run.params.get("start_date"), run.params.get("end_date"), archive),
        budget=settings.requests_per_run,
        began=run.began,
    )


def transform(run: Run) -> Report:
    from include.apod.load import transform as step

    with connections.open_store(read_settings(), "raw", "clean") as store:
        return step.transform(store, rebuild=bool(run.params.get("rebuild")))


def stage_table(_: Run) -> Report:
    from include.apod.load import stage_table as step

    with connections.open_database() as database, connections.open_store(read_settings(), "clean") as store:
        return step.stage_table(database, store.clean)


def stage_csv(_: Run) -> Report:
    from include.apod.load import stage_csv as step

    with connections.open_store(read_settings(), "clean", "staged", PUBLISHED) as store:
        return step.stage_csv(store)


def publish(run: Run) -> Report:
    from include.apod.load import publish as step

    settings = read_settings()
    load = step.Load(
        run.id,
        settings.code_version,
        allow_shrink=bool(run.params.get("allow_shrink")),
        allow_mass_change=bool(run.params.get("allow_mass_change")),
    )
    # the store is inside, so that what it sends is there before publish's lock is gone
    with connections.open_database() as database, connections.open_store(settings, "staged", PUBLISHED) as store:
        return step.publish(database, store, load)


def version(run: Run) -> Report:
    from include.apod.adapters.remote import Remote
    from include.apod.version import version as step

    settings = read_settings()
    stamp = step.Stamp(run.id, settings.code_version, settings.since, note=run.params.get("message") or "")
    remote = Remote(settings.dvc_remote, settings.dvc_python)
    with (
        connections.open_repository(settings) as repository,
        connections.open_database() as database,
        connections.open_store(settings, "raw", PUBLISHED) as store,
    ):
        return step.version(repository, remote, store, database, stamp)
