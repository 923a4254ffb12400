"""The pipeline's steps, called as tests need them."""

from datetime import date
from itertools import count

import psycopg

from include.apod.formats import raw as raw_store
from include.apod.formats.fragments import read_manifest
from include.apod.load.guards import Allowed
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform

RUNS = count(1)
DAY = date(2026, 11, 22)
GOOD = {"date": f"{DAY}", "title": "A title", "media_type": "image", "explanation": "Text."}


def load(store, database, *, shrink=False, mass_change=False, **asked):
    """The steps of `apod_load`, publish with what a person allows; returns the report of publish."""
    transform(store, allow_shrink=shrink)
    stage_table(database, store.clean)
    stage_csv(store)
    with psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own:
        return publish(own, store, LoadInfo(f"run {next(RUNS)}", "a commit"), Allowed(shrink, mass_change, **asked))


def edit(store, day, seen_at="2026-11-24T00:00:00Z", source="planetary", **fields):
    """A newer observation of a day, as ingest would append it."""
    path = raw_store.month_file(store.raw, raw_store.month_of(day))
    record = {**raw_store.newest(raw_store.read_month(path))[day].record, **fields}
    observation = raw_store.Observation(day, seen_at, source, raw_store.digest(record), record=record)
    raw_store.append(store.raw, [observation])
    return observation


def observe(store, day=DAY, **record):
    """Stores a good record of a day with some fields changed; a field set to ... is left out."""
    record = {key: value for key, value in {**GOOD, **record}.items() if value is not ...}
    observation = raw_store.Observation(
        day, "2026-11-23T10:00:00Z", "planetary", raw_store.digest(record), record=record
    )
    raw_store.append(store.raw, [observation])


def written(store):
    """The clean rows as text."""
    manifest = read_manifest(store.clean)
    return b"".join(manifest.contents(store.clean, manifest.fragments)).decode()
