"""Steps 3 and 4, against a real server: both copies, proven equal."""

import hashlib
import json
import subprocess
from datetime import date

import pytest

from include.apod import raw as raw_store
from include.apod.errors import BadData
from include.apod.publish import Load, publish
from include.apod.release_note import read_content
from include.apod.sql import FOLDER, statement
from include.apod.store import md5_of
from local.postgres import binaries
from tests.conftest import load


def scalar(database, query):
    return database.execute(query).fetchone()[0]


def recorded(database):
    return database.execute("select added, changed, removed, row_count, md5 from apod.load order by load_id").fetchall()


def edit(store, day, **fields):
    """A newer observation of a day, as ingest would append it."""
    path = store.raw / f"{day:%Y}" / f"{day:%Y-%m}.jsonl"
    seen = raw_store.newest(raw_store.parse_month(path.read_bytes(), path.name))[day]
    said = {**seen.record, **fields}
    raw_store.append(
        store.raw,
        [raw_store.Observation(day, "2026-11-24T00:00:00Z", "planetary", raw_store.digest(said), record=said)],
    )


def test_table_csv_and_record_have_one_md5(loaded, database):
    """The proof of the contract, checked with psql alone."""
    export = subprocess.run(
        [binaries() / "psql", "-qXc", statement("export_picture").decode(), database.info.dsn],
        capture_output=True,
        check=True,
        env={"PGPASSWORD": database.info.password},
    ).stdout

    assert hashlib.md5(export).hexdigest() == md5_of(loaded.csv)
    assert [(54, 0, 0, 54, md5_of(loaded.csv))] == recorded(database)


def test_nothing_new_publishes_nothing_and_says_why(loaded, database):
    """No load, no file written, and the receipt names the md5."""
    written = loaded.csv.stat().st_mtime_ns
    report = load(loaded, database)

    assert not report.changed
    assert f"nothing new: table and CSV already hold these 54 pictures (md5 {md5_of(loaded.csv)})" == report.sentence
    assert (1, written) == (scalar(database, "select count(*) from apod.load"), loaded.csv.stat().st_mtime_ns)


def test_publish_can_be_retried_by_itself(loaded, database):
    """A worker may die after the rename and before Airflow hears of it."""
    report = publish(database, loaded, Load("the same run", "a commit"))

    assert (False, 1) == (report.changed, scalar(database, "select count(*) from apod.load"))


def test_a_text_of_any_length_goes_through(loaded, database):
    """Python's csv module alone would stop at 131,072 characters."""
    edit(loaded, date(2026, 11, 20), explanation="x" * 10_000_000)
    load(loaded, database)

    assert 10_000_000 == scalar(database, "select max(length(explanation)) from apod.picture")
    assert 54 == read_content(loaded.csv).rows


def test_a_correction_touches_its_row_only(loaded, database):
    """Unchanged rows keep the load that last touched them."""
    edit(loaded, date(2026, 11, 20), title="Edited")
    report = load(loaded, database)

    assert "+0 ~1 -0, 54 pictures" in report.sentence
    assert [(date(2026, 11, 20), "Edited")] == database.execute(
        "select date, title from apod.picture where load_id = (select max(load_id) from apod.load)"
    ).fetchall()


def test_days_that_would_vanish_stop_the_publish(loaded, database):
    """What was there before stays, and the message says how to let it through."""
    md5 = md5_of(loaded.csv)
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    with pytest.raises(BadData, match=r"remove 31 of 54 pictures \(first 2026-10-01\).*allow_shrink=true"):
        load(loaded, database)

    assert (54, md5) == (scalar(database, "select count(*) from apod.picture"), md5_of(loaded.csv))


def test_a_person_may_let_days_vanish(loaded, database):
    """`allow_shrink` is that decision."""
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    load(loaded, database, allow_shrink=True)

    assert (0, 0, 31, 23, md5_of(loaded.csv)) == recorded(database)[-1]


def test_a_mass_change_stops_the_publish_until_a_person_allows_it(loaded, database):
    """More than 5 % at once is a parser's doing, not an editor's."""
    edit(loaded, date(2026, 11, 20), title="One")
    edit(loaded, date(2026, 11, 21), title="Two")
    edit(loaded, date(2026, 11, 22), title="Three")
    with pytest.raises(BadData, match=r"change 3 of 54 pictures \(first 2026-11-20\).*allow_mass_change=true"):
        load(loaded, database)
    load(loaded, database, allow_mass_change=True)

    assert (0, 3, 0, 54, md5_of(loaded.csv)) == recorded(database)[-1]


def test_copies_that_differ_are_not_shown(loaded, database):
    """The first date that differs is named, the table is rolled back, no CSV appears."""
    before = md5_of(loaded.csv)
    loaded.staged_csv.write_bytes(loaded.csv.read_bytes().replace(b"2026-10-05,", b"2026-10-05 ,"))
    with pytest.raises(BadData, match=r"Table and CSV differ: .*first at 2026-10-05"):
        publish(database, loaded, Load("a run", "a commit"))

    assert (1, before) == (scalar(database, "select count(*) from apod.load"), md5_of(loaded.csv))


@pytest.mark.parametrize(
    "harm",
    [
        "update apod.picture set title = 'by hand' where date = '2026-11-20'",
        "delete from apod.picture where date = '2026-10-05'",
        "drop table apod.picture, apod.load",
    ],
)
def test_a_table_changed_by_hand_is_brought_back(loaded, database, harm):
    """The raw store is the truth; the next run does the difference."""
    md5 = md5_of(loaded.csv)
    database.execute(harm)
    report = load(loaded, database)

    assert (True, md5, md5) == (report.changed, md5_of(loaded.csv), recorded(database)[-1][-1])


@pytest.mark.parametrize("harm", [lambda csv: csv.unlink(), lambda csv: csv.write_text("date\n")])
def test_a_csv_that_is_not_the_published_one_is_put_back(loaded, database, harm):
    """Also the state that a crash between commit and rename leaves."""
    md5 = md5_of(loaded.csv)
    harm(loaded.csv)
    report = load(loaded, database)

    assert (True, md5) == (report.changed, md5_of(loaded.csv))
    assert "the CSV was not the published one and is again" in report.sentence


def test_the_datapackage_describes_the_csv(loaded, database):
    """Its hash and size are the file's."""
    resource = json.loads(loaded.datapackage.read_bytes())["resources"][0]

    assert (md5_of(loaded.csv), loaded.csv.stat().st_size) == (resource["hash"], resource["bytes"])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def test_a_statement_says_its_purpose_and_whether_it_may_be_repeated(path):
    """The header comment is what an operator reads first."""
    header = [line for line in path.read_text().splitlines() if line.startswith("--")]

    assert "Purpose:" in header[0]
    assert "Safe to repeat:" in " ".join(header)
