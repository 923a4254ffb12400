"""All real records of 1995-2023 through the five steps: every value NASA sent is found again in the table."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from include.apod.adapters.files import md5_of
from include.apod.days import Span
from include.apod.formats.raw import months, parse_month
from include.apod.ingest.ingest import ingest
from include.apod.ingest.plan import Scope
from include.apod.load.clean import clean_rows
from include.apod.load.notices import OPENINGS, without_notice
from include.apod.load.rules import effects
from include.apod.sources import planetary
from include.apod.version.version import version
from local.nasa.planetary import with_extras
from local.nasa.state import from_file
from tests.helpers.normalisations import normalised
from tests.helpers.project import NOON, REAL_RECORDS, table
from tests.helpers.repository import STAMP
from tests.helpers.steps import load

pytestmark = pytest.mark.skipif(
    not REAL_RECORDS.exists(),
    reason=f"the real records ({REAL_RECORDS.name}) are not beside this checkout; they are not ours to publish",
)
FIELDS = ("title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")


@pytest.fixture
def records():
    return [json.loads(line) for line in REAL_RECORDS.read_bytes().splitlines()]


@pytest.fixture
def edits():
    path = REAL_RECORDS.with_name("edits-2022-2023.ndjson")
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def real(serve):
    """The stand-in, serving the real records."""
    return serve(from_file(REAL_RECORDS))


def test_every_value_nasa_sent_is_in_the_table(real, records, store, database, repository, remote, tmp_path, pull):
    """Character for character, except where a documented normalisation applies; and a stranger pulls it."""
    archive = Span(date.fromisoformat(records[0]["date"]), date.fromisoformat(records[-1]["date"]))
    report = ingest(real.sources(), store, Scope(archive, NOON, lookback_days=0))
    load(store, database)
    made = version(repository, remote, store, database, STAMP)
    rows = database.execute(
        "select date::text, title, explanation, media_type, url, hdurl, thumbnail_url, copyright "
        "from apod.picture order by date"
    ).fetchall()

    answers = [with_extras(record, {"thumbs": "true"}) for record in records]
    whole = [(r["date"], *(normalised(field, r.get(field)) for field in FIELDS)) for r in answers]
    shortened = [(sent, row) for sent, row in zip(whole, rows, strict=True) if sent != row]

    assert (10422, 10422) == (report.facts["added"], made.facts["rows"])
    assert table("data.md", "rule")["notice"][1] == f"{len(shortened)}"
    assert all(sent[:2] + sent[3:] == row[:2] + row[3:] for sent, row in shortened)
    assert all(sent[2].startswith(row[2] or "") for sent, row in shortened)  # nothing but the end of a text is cut
    assert md5_of(store.csv) == md5_of(pull(tmp_path / "stranger"))


def test_the_counts_of_the_rules_are_the_documented_ones(records):
    """docs/data.md says how many rows of 1995-2023 each rule touches; a rule that touches more has gone astray."""
    assert {name: f"{count:,}" for name, count in effects(records).items()} == {
        name: count for name, (_, count) in table("data.md", "rule").items()
    }


def test_the_counts_of_the_notices_are_the_documented_ones(records):
    """docs/data.md says how many texts end with each kind of notice, and each stands behind three blanks."""
    texts = [record.get("explanation", "").strip() for record in records]
    cut = [text[len(kept) :] for text in texts if (kept := without_notice(text)) != text]
    counts = Counter(
        next(name for name, opening in OPENINGS.items() if re.match(opening, notice.strip())) for notice in cut
    )

    assert all(not notice[:3].strip() for notice in cut)
    assert {name: f"{count}" for name, count in counts.items()} == {
        name: count for name, (_, count) in table("data.md", "opening").items()
    }


def test_the_counts_of_the_columns_are_the_documented_ones(records):
    """docs/data.md says how many rows of 1995-2023 have a value, how many values there are, and how long they get."""
    frame = clean_rows([planetary.read(record).fields for record in records])
    counted = {
        name: [f"{count:,}" for count in (column.count(), column.nunique(), column.fillna("").str.len().max())]
        for name, column in frame.items()
    }

    assert counted == {name: counts for name, (_, *counts) in table("data.md", "column").items()}


def test_every_real_edit_of_2022_and_2023_is_found_by_the_daily_run(real, edits, store, scope):
    """The look-back of 16 days is long enough, and what was there before is kept."""
    real.service.edits = [{"date": edit["date"], "new": edit["old"]} for edit in edits] + edits
    days = sorted({day for edit in edits for day in daily(edit)})
    for day in days:
        now = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
        real.service.now = lambda now=now: now
        ingest(real.sources(), store, replace(scope, now=now, archive=Span(days[0], day)))
    held = [seen for path in months(store.raw) for seen in parse_month(path.read_bytes(), path) if seen.record]
    said = {
        edit["date"]: [
            {name: seen.record.get(name) for name in edit["changed"]} for seen in held if f"{seen.date}" == edit["date"]
        ]
        for edit in edits
    }

    assert 15 == len(edits)
    assert {edit["date"]: [edit["old"], edit["new"]] for edit in edits} == said


def daily(edit):
    """The days from a picture to the one after its edit was seen."""
    seen = datetime.fromisoformat(edit["seen_after"]).date()
    return Span(date.fromisoformat(edit["date"]), seen + timedelta(days=1))
