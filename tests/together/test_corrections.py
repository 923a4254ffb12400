"""`apod.correction`: every published value that changed, with both values, both origins, and why."""

from datetime import date

import pytest

from include.apod.formats import fragments
from include.apod.formats.raw import digest
from local.nasa.archive import record_of
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


def corrections(database):
    return database.execute(
        "select date, field, before, after, cause, before_source, after_source, before_sha256, after_sha256 "
        "from apod.correction order by correction_id"
    ).fetchall()


def test_an_edit_by_nasa_is_kept_field_by_field(loaded, database):
    """Both values, both digests; fields that stayed are not listed, and null is a value."""
    old = record_of(DAY)
    new = edit(loaded, DAY, title="Edited", copyright="Ada")
    load(loaded, database)
    told = ("nasa", "planetary", "planetary", digest(old), new.sha256)

    assert [
        (DAY, "copyright", old.get("copyright"), "Ada", *told),
        (DAY, "title", old["title"], "Edited", *told),
    ] == corrections(database)


def test_the_same_words_by_another_source_are_no_edit_by_nasa(loaded, database):
    """When the preferred service is retired, its pages change their wording."""
    new = edit(loaded, DAY, source="basic", title="Its wording")
    load(loaded, database)
    first = corrections(database)[0]

    assert ("source", "planetary", "basic") == first[4:7]
    assert new.sha256 == first[8]


def test_a_change_of_our_own_rules_is_no_edit_by_nasa(loaded, database, monkeypatch):
    """The same words, cleaned by another version; here the older one is written into the table by hand."""
    database.execute("update apod.picture set title = 'Credit:' where date = '2026-11-20'")
    database.execute("update apod.origin set row_md5 = null")  # else it would be told as what it is
    monkeypatch.setattr(fragments, "RULES_VERSION", "another")
    monkeypatch.setattr("include.apod.load.quarantine.RULES_VERSION", "another")
    load(loaded, database)

    assert [(DAY, "title", "Credit:", record_of(DAY)["title"], "rules")] == [one[:5] for one in corrections(database)]


@pytest.mark.parametrize("also", ["", "delete from apod.origin"])
def test_a_row_changed_by_hand_is_a_repair(loaded, database, also):
    """Also where nothing is known of its origin."""
    database.execute("update apod.picture set title = 'by hand' where date = '2026-11-20'")
    database.execute(also or "select")
    load(loaded, database)

    assert [(DAY, "title", "by hand", record_of(DAY)["title"], "repair")] == [one[:5] for one in corrections(database)]


def test_a_row_changed_by_hand_and_by_nasa_has_two_causes(loaded, database):
    """Field by field, from what the last load left: what he wrote is undone, and NASA's title is another."""
    old = record_of(DAY)
    database.execute("update apod.picture set title = 'by hand', explanation = 'by hand' where date = '2026-11-20'")
    edit(loaded, DAY, title="Edited", copyright="Ada")
    load(loaded, database)

    assert [
        ("copyright", old.get("copyright"), "Ada", "nasa"),
        ("explanation", "by hand", corrections(database)[1][3], "repair"),
        ("title", "by hand", old["title"], "repair"),
        ("title", old["title"], "Edited", "nasa"),
    ] == [one[1:5] for one in corrections(database)]


def test_where_nobody_knows_what_a_row_was_all_of_it_is_a_repair(loaded, database):
    """The published CSV is lost, too: NASA is not said to have written what somebody else did."""
    database.execute("update apod.picture set title = 'by hand' where date = '2026-11-20'")
    edit(loaded, DAY, title="Edited")
    loaded.csv.unlink()
    load(loaded, database)

    assert [("title", "by hand", "Edited", "repair")] == [one[1:5] for one in corrections(database)]


def test_new_days_are_no_corrections(loaded, database):
    """There was nothing before."""
    assert [] == corrections(database)


def test_a_correction_is_recorded_once(loaded, database):
    """However often the load runs."""
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    load(loaded, database)

    assert 1 == len(corrections(database))


def test_the_passport_leads_from_a_row_to_its_words_and_its_load(loaded, database):
    """One row of the view answers where it comes from and what proved it."""
    new = edit(loaded, DAY, title="Edited")
    report = load(loaded, database)
    said = database.execute(
        "select title, source, raw_sha256, seen_at::text, rules, load_id, run, code_version, md5 "
        "from apod.passport where date = '2026-11-20'"
    ).fetchone()
    rows = database.execute("select count(*) from apod.passport").fetchone()
    (run,) = database.execute("select run from apod.load where load_id = 2").fetchone()

    assert (
        *("Edited", "planetary", new.sha256, "2026-11-24 00:00:00+00"),
        *(fragments.RULES_VERSION, 2, run, "a commit", report.facts["md5"]),
    ) == said
    assert (54,) == rows
