"""Step 3, against a real server: both copies, proven equal."""

import hashlib
import json
import subprocess
import sys
import threading
import time
from datetime import date

import obstore
import psycopg
import pytest
from obstore.store import MemoryStore

from include.apod.adapters.files import md5_of, sha256_of
from include.apod.adapters.sql import FOLDER
from include.apod.formats.columns import COLUMNS
from include.apod.formats.csv_file import read_content
from include.apod.formats.schema import migrate
from include.apod.formats.statements import statement
from include.apod.formats.store import PUBLISHED, open_mirrored
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from local.stack.postgres import binaries
from tests.helpers.steps import edit, load


def scalar(database, query):
    return database.execute(query).fetchone()[0]


def recorded(database):
    return database.execute("select added, changed, removed, row_count, md5 from apod.load order by load_id").fetchall()


def test_table_csv_and_record_have_one_md5(loaded, database):
    """The proof of the contract, checked with psql alone."""
    export = subprocess.run(
        [binaries() / "psql", "-qXc", statement("publish/export_picture").decode(), database.info.dsn],
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
    """A worker may die after the rename and before Airflow hears of it: the event that it owes is sent by the retry."""
    (run,) = database.execute("select run from apod.load").fetchone()
    retried = publish(database, loaded, LoadInfo(run, "a commit"))
    next_run = publish(database, loaded, LoadInfo("the next run", "a commit"))

    assert (True, False) == (retried.changed, next_run.changed)
    assert 1 == scalar(database, "select count(*) from apod.load")


def test_a_text_of_any_length_goes_through(loaded, database):
    """Python's csv module alone would stop at 131,072 characters."""
    edit(loaded, date(2026, 11, 20), explanation="x" * 10_000_000)
    load(loaded, database)

    assert 10_000_000 == scalar(database, "select max(length(explanation)) from apod.picture")
    assert 54 == read_content(loaded.csv).rows


def test_search_stops_no_load(loaded, database):
    """Two megabytes of different words: more than an index can hold."""
    words = " ".join(f"word{number:x}" for number in range(250_000))
    edit(loaded, date(2026, 11, 20), explanation=words)

    assert 1 == load(loaded, database).facts["changed"]
    assert words == scalar(database, "select explanation from apod.picture where date = '2026-11-20'")


def test_an_index_from_before_the_bound_is_made_anew(loaded, database):
    """A database that an older version made."""
    database.execute("drop index apod.picture_words")
    database.execute(
        "create index picture_words on apod.picture using gin "
        "(to_tsvector('english', title || ' ' || coalesce(explanation, '')))"
    )
    database.execute("delete from apod.schema_change where number = 17")
    migrate(database)

    assert "100000" in scalar(database, "select indexdef from pg_indexes where indexname = 'picture_words'")


def test_a_correction_touches_its_row_only(loaded, database):
    """Unchanged rows keep the load that last touched them."""
    edit(loaded, date(2026, 11, 20), title="Edited")
    report = load(loaded, database)

    assert "+0 ~1 -0, 54 pictures" in report.sentence
    assert [(date(2026, 11, 20), "Edited")] == database.execute(
        "select date, title from apod.picture where load_id = (select max(load_id) from apod.load)"
    ).fetchall()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", ""),
        ("2026-11-20", "2026-13-20", "type-error"),
        ("2026-11-20", "2026-11-21", "primary-key"),
        ('"image"', '"picture"', "constraint-error"),
        ("title", "Title", "hash-count"),
    ],
)
def test_frictionless_takes_the_datapackage_and_the_csv(loaded, before, after, found):
    """The standard's own command line; it says so where they do not fit."""
    loaded.csv.write_bytes(loaded.csv.read_bytes().replace(before.encode(), after.encode(), 1))
    done = subprocess.run(
        [sys.executable, "-m", "frictionless", "validate", "--json", loaded.datapackage],
        capture_output=True,
        text=True,
        check=False,
    )
    errors = {error["type"] for task in json.loads(done.stdout)["tasks"] for error in task["errors"]}

    assert (found == "") == (done.returncode == 0) == (errors == set())
    assert not found or found in errors


def test_the_datapackage_describes_the_csv(loaded, database):
    """Its hash and size are the file's, its descriptions those of the data dictionary."""
    package = json.loads(loaded.datapackage.read_bytes())
    resource = package["resources"][0]
    described = {field["name"]: field["description"] for field in resource["schema"]["fields"]}

    assert (md5_of(loaded.csv), loaded.csv.stat().st_size) == (resource["hash"], resource["bytes"])
    assert sha256_of(loaded.csv) == resource["sha256"]
    assert all(package[name] for name in ("licenses", "sources", "contributors"))
    assert {column.name: column.description for column in COLUMNS.values()} == described


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.sql")), ids=lambda path: path.stem)
def test_a_statement_says_its_purpose_and_whether_it_may_be_repeated(path):
    """The header comment is what an operator reads first."""
    header = [line for line in path.read_text().splitlines() if line.startswith("--")]

    assert "Purpose:" in header[0]
    assert "Safe to repeat:" in " ".join(header)


def publish_beside(database, store, run="beside"):
    """In a thread, over a connection of its own; returns the thread, and a list that gets the report."""
    said = []

    def work():
        with psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own:
            said.append(publish(own, store, LoadInfo(run, "a commit")))

    thread = threading.Thread(target=work)
    thread.start()
    return thread, said


def wait_for_lock(database):
    """Until some session waits for the lock of publish."""
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    for _ in range(200):
        if scalar(database, waiting):
            return True
        time.sleep(0.02)
    return False


def test_one_publishes_at_a_time(loaded, database):
    """The other waits, over commit and rename, and has touched nothing."""
    edit(loaded, date(2026, 11, 20), title="Edited")
    transform(loaded)
    stage_table(database, loaded.clean)
    stage_csv(loaded)
    before = md5_of(loaded.csv)
    with psycopg.connect(database.info.dsn, password=database.info.password) as other:
        other.execute(statement("publish/lock_publish"))
        thread, said = publish_beside(database, loaded)
        waited = wait_for_lock(database)
        untouched = before == md5_of(loaded.csv)
    thread.join(60)

    assert waited
    assert untouched
    assert 1 == said[0].facts["changed"]


def test_what_was_staged_while_publish_waited_is_seen(loaded, database, tmp_path):
    """Another worker's files: publish looks again once it has the lock."""
    objects, worker = MemoryStore(), {}

    def upload():
        for path in [path for path in loaded.root.rglob("*") if path.is_file() and not path.name.startswith(".")]:
            name = f"{path.relative_to(loaded.root)}"
            if worker.get(name) != path.read_bytes():
                worker[name] = path.read_bytes()
                obstore.put(objects, name, worker[name])

    upload()
    with open_mirrored(objects, f"memory:///{tmp_path.name}", ("staged", PUBLISHED)) as store:
        edit(loaded, date(2026, 11, 20), title="Edited")
        transform(loaded)
        stage_table(database, loaded.clean)
        stage_csv(loaded)
        upload()
        report = publish(database, store, LoadInfo("a run", "a commit"))

    assert 1 == report.facts["changed"]
    assert b"Edited" in obstore.get(objects, "apod_data.csv").bytes().to_bytes()
