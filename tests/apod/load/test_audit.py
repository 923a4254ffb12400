"""Between write and publish: guards, checks and the proof."""

from dataclasses import replace
from datetime import date

import psycopg
import pytest

from include.apod.adapters.files import md5_of
from include.apod.adapters.sql import FOLDER
from include.apod.errors import BadData
from include.apod.ingest.ingest import ingest
from include.apod.load.audit import check
from include.apod.load.publish import LoadInfo, publish
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)
MAPPED = {"media_type", "copyright"}  # `other` is a video there, and the stand-in labels every holder as a credit
CHECKS = sorted(FOLDER.glob("checks/*.sql"))


def state(store, database):
    """What anyone can see: loads, rows and the CSV."""
    return *database.execute("select (select count(*) from apod.load), count(*) from apod.picture").fetchone(), md5_of(
        store.csv
    )


def test_days_that_would_vanish_stop_the_publish(loaded, database):
    """What was there before stays; how many, which, and how to let it through is said."""
    before = state(loaded, database)
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    loaded.composition.unlink()  # else transform would stop it
    with pytest.raises(
        BadData,
        match=r"remove 31 of 54 pictures \(2026-10-01, 2026-10-02, 2026-10-03, 2026-10-04, 2026-10-05, …\)\. Nothing "
        r"was published\. .*allow_shrink=true",
    ):
        load(loaded, database)

    assert before == state(loaded, database)


def test_a_person_may_let_days_vanish(loaded, database):
    """`allow_shrink` is that decision."""
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    report = load(loaded, database, shrink=True)

    assert (0, 0, 31, 23) == tuple(report.facts[name] for name in ("added", "changed", "removed", "rows"))
    assert (2, 23, report.facts["md5"]) == state(loaded, database)


def test_a_mass_change_stops_the_publish_until_a_person_allows_it(loaded, database):
    """More than 5 % at once is a parser's doing, not an editor's."""
    for day in (20, 21, 22):
        edit(loaded, date(2026, 11, day), title=f"Title {day}")
    before = state(loaded, database)
    with pytest.raises(
        BadData, match=r"change 3 of 54 pictures \(2026-11-20, 2026-11-21, 2026-11-22\).*allow_mass_change=true"
    ):
        load(loaded, database)
    stopped = state(loaded, database)
    report = load(loaded, database, mass_change=True)

    assert before == stopped
    assert (3, 54) == (report.facts["changed"], report.facts["rows"])


def test_an_archive_that_changes_its_source_is_no_mass_change(nasa, loaded, scope, database):
    """Every row is another (its page has moved), the ledger says why, and the words are the same."""
    ingest(nasa.sources("basic"), loaded, replace(scope, reread=scope.archive))
    report = load(loaded, database)
    corrections = database.execute("select distinct cause, field from apod.correction").fetchall()

    assert 54 == report.facts["changed"]
    assert {"source"} == {cause for cause, _ in corrections}
    assert {"page_url", "credit"} >= {field for _, field in corrections} - MAPPED


def test_a_guard_that_was_wrong_about_its_own_staging_heals(loaded, database):
    """Staged rows that somebody deleted are no days that vanish: the next run stages all of them again."""
    database.execute("delete from apod.staging where date < '2026-11-01'")
    with pytest.raises(BadData, match="would remove 31 of 54"):
        load(loaded, database)

    assert not load(loaded, database).changed


def test_copies_that_differ_are_not_shown_and_the_next_run_heals(loaded, database):
    """The first date that differs is named, the table is rolled back, no CSV appears."""
    before = state(loaded, database)
    loaded.staged_csv.write_bytes(loaded.csv.read_bytes().replace(b"2026-10-05,", b"2026-10-05 ,"))
    with (
        psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own,
        pytest.raises(BadData, match=r"Table and CSV differ: .*first at 2026-10-05"),
    ):
        publish(own, loaded, LoadInfo("a run", "a commit"))

    assert before == state(loaded, database)
    assert (False, before) == (load(loaded, database).changed, state(loaded, database))


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_says_its_severity_and_why(path):
    """Who reads the finding must know what would break without it."""
    header = " ".join(line for line in path.read_text().splitlines() if line.startswith("--"))

    assert header.count("Severity: fail.") + header.count("Severity: warn.") == 1
    assert len(header.split("Severity: ")[1].split(".")[1]) > 20


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("check_destroyed_letters", {"title": "Tun\ufffd"}),
        ("check_lengths", {"explanation": "x" * 4001}),
        ("check_lengths", {"title": "x" * 1_000_000}),
        ("check_markup", {"explanation": "A <a href='x'>link</a>"}),
        ("check_media", {"media_type": "video"}),
        ("check_media", {"hdurl": None}),
        ("check_media", {"media_type": "other", "url": "https://x/a"}),
    ],
)
def test_a_soft_rule_is_a_count_on_the_event_and_a_word_in_the_log(loaded, database, caplog, name, fields):
    """The load goes on."""
    caplog.set_level("INFO")
    before = load(loaded, database).facts
    edit(loaded, DAY, **fields)
    after = load(loaded, database).facts

    assert before.get(name, 0) + 1 == after[name]
    assert f"{name}: {after[name]} rows (first " in caplog.text


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        (
            "update apod.picture set date = '1926-11-20' where date = '2026-11-20'",
            r"check_dates found 1 rows \(first 1926-11-20\). Nothing was published; include/sql/checks/dates.sql says",
        ),
        ("update apod.picture set title = 'NASA Science' where date = '2026-11-20'", "check_placeholder found 1 rows"),
        ("delete from apod.picture where date = '2026-11-20'", "check_load_count found 1 rows"),
    ],
)
def test_a_check_that_fails_stops_the_load(loaded, database, harm, match):
    """One such row is one too many."""
    database.execute(harm)
    from psycopg.rows import namedtuple_row

    with database.cursor(row_factory=namedtuple_row) as cursor, pytest.raises(BadData, match=match):
        check(cursor)


def test_an_address_on_many_days_is_counted(loaded, database):
    """Where a stock picture is on eight days of two months, they are counted, and it is no failure."""
    for day in range(1, 9):
        edit(loaded, date(2026, 10, day), hdurl="https://pictures.example/stock.jpg")
    load(loaded, database, mass_change=True)
    counts = {result.name: result.rows for result in check(database.cursor())}

    assert 8 == counts["check_repeated_address"]


def test_placeholders_in_the_raw_store_are_not_published(loaded, database):
    """Through the steps: a raw store that something else has filled."""
    before = state(loaded, database)
    edit(loaded, DAY, title="NASA Science")
    with pytest.raises(BadData, match="check_placeholder found 1 rows"):
        load(loaded, database)

    assert before == state(loaded, database)
