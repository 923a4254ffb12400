"""Whatever was done to the copies, the next load brings them back to what raw says, and says what it found."""

import subprocess
from dataclasses import replace
from datetime import date

import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import BadData
from include.apod.formats.fragments import read_manifest
from include.apod.ingest.ingest import ingest
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from local.stack.postgres import binaries
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)
FOREIGN_ROW = "insert into apod.picture values ('1970-01-01', 'x', null, 'other', null, null, null, null, 'x', 1)"


def shown(store, database):
    """What anyone can see of the pictures: the rows with their origins, the CSV, its description."""
    rows = database.execute(
        "select picture.*, source, sha256, seen_at, rules, row_md5 from apod.picture join apod.origin using (date)"
    ).fetchall()
    return sorted((row[:9], row[12:]) for row in rows), store.csv.read_bytes(), store.datapackage.read_bytes()


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("update apod.picture set title = 'by hand' where date > '2026-11-01'", "22 rows of the table were not what"),
        ("update apod.picture set date = date - 36500 where date = '2026-11-20'", "2 rows of the table were not what"),
        ("delete from apod.picture where date < '2026-11-01'", "31 rows of the table were not what"),
        ("truncate apod.picture", "54 rows of the table were not what"),
        (
            FOREIGN_ROW,
            "1 rows of the table were not what",
        ),
        ("drop table apod.picture cascade", "+54 ~0 -0, 54 pictures"),
        ("drop schema apod cascade", "+54 ~0 -0, 54 pictures"),
        ("delete from apod.origin", "nothing new"),
        ("truncate apod.staging", "nothing new"),
        ("truncate apod.staged", "nothing new"),
        ("update apod.load set md5 = 'x'", "+0 ~0 -0, 54 pictures; table and CSV proven equal"),
    ],
)
def test_a_table_that_somebody_changed(loaded, database, harm, found):
    """Mended in the next run, without a person's leave; what was staged and is not, in the one after it."""
    before = shown(loaded, database)
    database.execute(harm)
    try:
        report = load(loaded, database).sentence
    except BadData as error:
        report = str(error)
        load(loaded, database)

    assert found in report
    assert before == shown(loaded, database)
    assert not load(loaded, database).changed


@pytest.mark.parametrize(
    ("harm", "repairs"),
    [
        ("update apod.picture set explanation = 'by hand' where date = '2026-10-05'", 1),
        ("update apod.picture set title = 'NASA Science' where date = '2026-10-05'", 1),  # which a check forbids
        ("update apod.picture set title = 'by hand' where date in ('2026-10-05', '2026-11-20')", 2),
        ("delete from apod.picture where date = '2026-10-05'", 0),
        (FOREIGN_ROW, 0),
        ("truncate apod.staging", 0),
        ("update apod.staging set title = 'by hand' where date = '2026-10-05'", 0),
    ],
)
def test_a_month_that_somebody_changed_while_another_has_news(loaded, database, harm, repairs):
    """What is staged anew is compared first, and all where that is not enough: one run brings both in line."""
    rows_before, csv_before, _ = shown(loaded, database)
    database.execute(harm)
    edit(loaded, DAY, title="News")
    report = load(loaded, database)
    kept = database.execute("select cause, count(*) from apod.correction group by cause").fetchall()
    rows, csv, _ = shown(loaded, database)

    assert "54 pictures" in report.sentence
    assert {"nasa": 1, "repair": repairs} == {"repair": 0} | dict(kept)
    assert [row for row in rows_before if row[0][0] != DAY] == [row for row in rows if row[0][0] != DAY]
    assert ["News"] == [row[0][1] for row in rows if row[0][0] == DAY]
    assert csv_before != csv
    assert ("2026-10-01", "2026-11-23") == (report.facts["first"], report.facts["last"])
    assert not load(loaded, database).changed


def test_a_day_that_goes_leaves_what_somebody_put_in_to_be_found(loaded, database):
    """Of the month that is looked at, the day is removed; the other row goes as one that is not ours."""
    database.execute(FOREIGN_ROW)
    path = loaded.raw / "2026" / "2026-11.jsonl"
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if b'"2026-11-20"' not in line))
    report = load(loaded, database, shrink=True)

    assert "-2, 53 pictures; 1 rows of the table were not what the last load left" in report.sentence
    assert [([DAY],)] == database.execute("select removed_days from apod.load order by load_id desc limit 1").fetchall()


def append(path):
    path.write_bytes(path.read_bytes() + b'1970-01-01,"x",,"image",,,,,"x"\n')


@pytest.mark.parametrize(
    "harm",
    [
        lambda store: store.csv.unlink(),
        lambda store: append(store.csv),
        lambda store: store.csv.write_bytes(b""),
        lambda store: store.csv.write_bytes(store.csv.read_bytes().replace(b"Nebula", b"nebula", 1)),
    ],
)
def test_a_csv_that_somebody_changed(loaded, database, harm):
    """The published one counts as staged only while its md5 is the one that was proven."""
    before = shown(loaded, database)
    harm(loaded)
    report = load(loaded, database)

    assert report.changed
    assert "the CSV was not the published one and is again" in report.sentence
    assert before == shown(loaded, database)
    assert not load(loaded, database).changed


@pytest.mark.parametrize(
    "harm",
    [
        lambda store: store.datapackage.unlink(),
        lambda store: store.datapackage.write_bytes(b"{}"),
        lambda store: [path.unlink() for path in store.clean.glob("rows.*")],
        lambda store: (store.clean / "manifest.json").unlink(),
        lambda store: store.staged_composition.unlink(),
        lambda store: store.staged_composition.write_bytes(b"\xff"),
    ],
)
def test_files_between_the_steps(loaded, database, harm):
    """All of them can be made again, and come out as they were."""
    before = shown(loaded, database)
    harm(loaded)
    load(loaded, database)

    assert before == shown(loaded, database)
    assert not load(loaded, database).changed


def test_an_old_backup_of_the_database(loaded, database):
    """Newer loads are gone, so their words come in again; what the backup says of itself stays true."""
    backup = subprocess.run(
        [binaries() / "pg_dump", "--clean", "--schema=apod", database.info.dsn],
        capture_output=True,
        check=True,
        env={"PGPASSWORD": database.info.password},
    ).stdout
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    after = shown(loaded, database)
    subprocess.run(
        [binaries() / "psql", "-qX", "-v", "ON_ERROR_STOP=1", database.info.dsn],
        input=backup,
        capture_output=True,
        check=True,
        env={"PGPASSWORD": database.info.password},
    )
    report = load(loaded, database)

    assert "+0 ~1 -0, 54 pictures" in report.sentence
    assert after == shown(loaded, database)
    assert [("nasa", "Edited")] == database.execute("select cause, after from apod.correction").fetchall()


def test_a_month_that_is_read_again_changes_nothing(nasa, loaded, database, scope):
    """The same words are not kept twice, so nothing follows."""
    before = shown(loaded, database)
    ingest(nasa.sources(), loaded, replace(scope, reread=scope.archive))

    assert not load(loaded, database).changed
    assert before == shown(loaded, database)


def test_rebuild_gives_the_same_md5(loaded, database):
    """Everything behind the raw store, derived from it anew."""
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    before, md5 = shown(loaded, database), md5_of(loaded.csv)
    loaded.staged_composition.unlink()
    loaded.csv.unlink()
    database.execute("drop schema apod cascade")
    transform(loaded, rebuild=True)
    report = load(loaded, database)

    assert md5 == report.facts["md5"]
    assert before == shown(loaded, database)


def test_only_months_that_are_new_to_the_table_are_staged(loaded, database):
    """The others stand there already, in the fragment that the manifest names."""
    edit(loaded, DAY, title="Edited")
    transform(loaded)
    report = stage_table(database, loaded.clean)
    again = stage_table(database, loaded.clean)

    assert {"rows": 23, "months": 1} == report.facts
    assert (False, {"rows": 0, "months": 0}) == (again.changed, again.facts)


def test_a_damaged_fragment_stops_the_load_and_is_made_anew_by_the_next(loaded, database):
    """Found by its digest, also where its length is right; what was published stays."""
    before = shown(loaded, database)
    edit(loaded, DAY, title="Edited")
    transform(loaded)
    path = read_manifest(loaded.clean).fragments["2026-11"].path(loaded.clean, "rows")
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(BadData, match=r"was damaged after transform wrote it, and is dropped\. Nothing was published"):
        load(loaded, database)
    stopped = shown(loaded, database)
    report = load(loaded, database)

    assert before == stopped
    assert "+0 ~1 -0, 54 pictures" in report.sentence
