"""All real records of 1995-2023 through the five steps: every value NASA sent is found again in the table."""

import json
import re
from datetime import date

import pytest

from include.apod.days import Span
from include.apod.ingest import Scope, ingest
from include.apod.store import md5_of
from include.apod.version import version
from local.nasa.service import from_file
from tests.apod.test_version import STAMP, pull
from tests.conftest import NOON, REAL_RECORDS, load, serve

pytestmark = pytest.mark.skipif(
    not REAL_RECORDS.exists(),
    reason=f"the real records ({REAL_RECORDS.name}) are not beside this checkout; they are not ours to publish",
)
FIELDS = ("title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")


@pytest.fixture
def records():
    return [json.loads(line) for line in REAL_RECORDS.read_bytes().splitlines()]


@pytest.fixture
def real():
    """The stand-in, serving the real records."""
    yield from serve(from_file(REAL_RECORDS))


def normalised(field, value):
    """The documented normalisations (docs/data.md), written again without the project's own code."""
    text = re.sub("\r\n|\r", "\n", value or "").replace("\x00", "").strip()
    if field == "title" and text.lower().endswith(("credit:", "credit and copyright:", "\ncourtesy:")):
        text = text[: text.rindex("\n")].strip()
    return (re.sub("^//", "https://", text) if field in ("url", "hdurl", "thumbnail_url") else text) or None


def test_every_value_nasa_sent_is_in_the_table(real, records, store, database, repository, remote, bare, tmp_path):
    """Character for character, except where a documented normalisation applies; and a stranger pulls it."""
    archive = Span(date.fromisoformat(records[0]["date"]), date.fromisoformat(records[-1]["date"]))
    report = ingest(real.sources(), store, Scope(archive, NOON, lookback_days=0))
    load(store, database)
    made = version(repository, remote, store, database, STAMP)
    rows = database.execute(
        "select date::text, title, explanation, media_type, url, hdurl, thumbnail_url, copyright "
        "from apod.picture order by date"
    ).fetchall()

    assert (10422, 10422) == (report.facts["added"], made.facts["rows"])
    assert [(r["date"], *(normalised(field, r.get(field)) for field in FIELDS)) for r in records] == rows
    assert md5_of(store.csv) == md5_of(pull(bare, tmp_path / "stranger"))
