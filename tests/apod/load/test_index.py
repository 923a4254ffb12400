"""The index of words: no part of the proof, and there again after whatever came."""

from datetime import date

import pytest
from psycopg.errors import ForeignKeyViolation

from include.apod.load import audit
from include.apod.load.index import index
from tests.helpers.steps import edit, load


def has_index(database):
    return database.execute("select to_regclass('apod.picture_words') is not null").fetchone()[0]


def test_many_rows_take_it_away_and_it_comes_back_whole(loaded, database, monkeypatch):
    """Also where the task that makes it was killed before, or never ran: the next one looks again."""
    monkeypatch.setattr(audit, "LISTED_DAYS", 0)
    edit(loaded, date(2026, 11, 20), title="Quaggas")
    load(loaded, database)
    between = has_index(database)
    edit(loaded, date(2026, 11, 20), seen_at="2026-11-25T00:00:00Z", title="Quaggas again")
    load(loaded, database)
    reports = [index(database).changed, index(database).changed]
    plan = database.execute(
        "set enable_seqscan = off; explain select date from apod.picture where to_tsvector('english', "
        "left(title || ' ' || coalesce(explanation, ''), 100000)) @@ to_tsquery('english', 'quagga')"
    )
    plan.nextset()

    assert (False, True) == (between, has_index(database))
    assert [True, False] == reports
    assert "picture_words" in f"{plan.fetchall()}"


def test_rows_that_came_together_name_their_load(loaded, database, monkeypatch):
    """The reference is there again, as it was, and holds."""
    constraints = (
        "select conname, pg_get_constraintdef(oid) from pg_constraint where connamespace = 'apod'::regnamespace"
    )
    before = sorted(database.execute(constraints).fetchall())
    monkeypatch.setattr(audit, "LISTED_DAYS", 0)
    edit(loaded, date(2026, 11, 20), title="Quaggas")
    load(loaded, database)

    assert before == sorted(database.execute(constraints).fetchall())
    with pytest.raises(ForeignKeyViolation):
        database.execute("update apod.picture set load_id = 0 where date = '2026-11-20'")


def test_a_day_leaves_it_where_it_is(loaded, database):
    """A few rows go into it one by one."""
    edit(loaded, date(2026, 11, 20), title="Edited")
    load(loaded, database)

    assert has_index(database)
