"""A version in a PostgreSQL schema of its own."""

from datetime import date

import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import BadData, Misconfigured
from include.apod.history.restore import restore_schema

DAY = date(2026, 11, 20)


def test_a_version_comes_back_as_a_schema_of_its_own(commit, history, loaded, database, tmp_path):
    """Proven equal; the live table is not touched."""
    old = commit()
    commit("Edited")
    _, found, workshop = history()
    csv = tmp_path / "old.csv"
    workshop.obtain(found[1], csv)
    rows = restore_schema(database, "as_it_was", csv, found[1].csv)
    titles = database.execute("select a.title, b.title from apod.picture a join as_it_was.picture b using (date)")

    assert (54, old.facts["md5"]) == (rows, found[1].csv)
    assert [("Edited", True)] == [(now, now != then) for now, then in titles if now != then]


@pytest.mark.parametrize(
    ("schema", "match"),
    [
        ("apod", "cannot be the schema"),
        ("pg_mine", "cannot be the schema"),
        ("information_schema", "exists"),
        ("x; drop", "cannot be the schema"),
        ("public", "Schema public exists"),
    ],
)
def test_a_schema_that_is_not_free_is_refused(loaded, database, schema, match):
    """The live one above all."""
    with pytest.raises(Misconfigured, match=match):
        restore_schema(database, schema, loaded.csv, md5_of(loaded.csv))


def test_a_schema_that_is_not_the_csv_is_not_kept(loaded, database):
    """One transaction."""
    with pytest.raises(BadData, match="The table has md5 .*, the version x. Nothing was kept"):
        restore_schema(database, "as_it_was", loaded.csv, "x")

    assert database.execute("select 1 from pg_namespace where nspname = 'as_it_was'").fetchone() is None


def test_a_keyword_is_a_name_like_another(loaded, database):
    """`user` and `table` are words of SQL."""
    assert 54 == restore_schema(database, "user", loaded.csv, md5_of(loaded.csv))
    assert 54 == database.execute('select count(*) from "user".picture').fetchone()[0]
