"""Between write and publish: guards, checks and the proof."""

from datetime import date

import psycopg
import pytest

from include.apod.adapters.files import md5_of
from include.apod.adapters.sql import FOLDER
from include.apod.errors import BadData
from include.apod.formats.statements import statement
from include.apod.load.audit import check
from include.apod.load.publish import LoadInfo, publish
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)
CHECKS = sorted(FOLDER.glob("checks/*.sql"))


def state(store, database):
    """What anyone can see: loads, rows and the CSV."""
    return *database.execute("select (select count(*) from apod.load), count(*) from apod.picture").fetchone(), md5_of(
        store.csv
    )


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


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_of_one_row_each_reads_no_other_rows(path, loaded, database):
    """It has an index with its own condition, so that a day's load need not read the archive for it."""
    database.execute("set enable_seqscan = off")  # 54 rows are read as fast
    plan = "\n".join(line for (line,) in database.execute(f"explain {path.read_text()}"))
    database.execute("reset enable_seqscan")
    of_all = {"load_count": "picture_pkey", "repeated_address": "Seq Scan on picture", "dates": "picture_pkey"}

    assert of_all.get(path.stem, f"picture_{path.stem}") in plan


def test_the_news_of_some_days_is_found_without_reading_the_others(loaded, database):
    """Those days are looked up, in the table and in what is staged for it, and so are their origins."""
    database.execute("set enable_seqscan = off")
    text = b"explain " + statement("publish/count_changes")
    plan = "\n".join(line for (line,) in database.execute(text, {"days": [DAY], "most": 1}))
    database.execute("reset enable_seqscan")

    assert 4 == plan.count("Index Cond: (date = ANY")


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
    [found] = [result for result in check(database.cursor()) if result.name == "check_repeated_address"]

    assert (8, "https://pictures.example/stock.jpg") == (found.rows, found.example)


def test_placeholders_in_the_raw_store_are_not_published(loaded, database):
    """Through the steps: a raw store that something else has filled."""
    before = state(loaded, database)
    edit(loaded, DAY, title="NASA Science")
    with pytest.raises(BadData, match="check_placeholder found 1 rows"):
        load(loaded, database)

    assert before == state(loaded, database)
