"""Our tables: numbered statements, applied in order and recorded."""

from datetime import date

import psycopg
import pytest

from include.apod.errors import Misconfigured
from include.apod.formats.columns import COLUMNS
from include.apod.formats.csv_file import row_md5 as digest_of_line
from include.apod.formats.schema import migrate, migrations, relations
from include.apod.formats.statements import row_md5, statement
from tests.helpers.steps import load

DAY = date(2026, 11, 20)


def applied(database):
    return [row[0] for row in database.execute("select number from apod.schema_change order by number")]


def test_an_empty_database_gets_all_of_it_once(database):
    """In order; a second time there is nothing to do."""
    first, second = migrate(database), migrate(database)

    assert [*migrations().values()] == first
    assert [] == second
    assert [*range(1, len(first) + 1)] == applied(database)


def test_every_statement_may_be_repeated(loaded, database):
    """Their headers say so; the data stays."""
    for name in migrations().values():
        database.execute(statement(name))

    assert (54,) == database.execute("select count(*) from apod.passport").fetchone()


def test_a_database_with_data_gets_what_it_lacks(loaded, database):
    """As one of an older version of this project: without what came later, with all of its rows."""
    database.execute("drop view apod.passport")
    database.execute("drop table apod.origin, apod.staging_origin, apod.correction, apod.staged, apod.rejected")
    database.execute("drop table apod.schema_change, apod.staging_rejected")
    report = load(loaded, database)

    assert (False, 54) == (report.changed, report.facts["rows"])
    assert (54, 1) == database.execute("select count(source), max(load_id) from apod.passport").fetchone()


def test_a_row_is_known_over_a_change_of_its_digest(loaded, database):
    """A database as it was before 023, with a row that somebody else had changed: it is told from the others."""
    values = (f"'{name}=' || picture.{name}" for name in COLUMNS if name != "date")
    database.execute(
        f"update apod.origin set row_md5 = md5(concat_ws(chr(31), {', '.join(values)})) from apod.picture "
        "where picture.date = origin.date"
    )
    database.execute("alter table apod.staging_origin drop column row_md5")
    database.execute("update apod.picture set title = 'by hand' where date = '2026-11-20'")
    database.execute("delete from apod.schema_change where number = 23")
    migrate(database)
    foreign = f"select date from apod.picture join apod.origin using (date) where row_md5 is distinct from {row_md5()}"

    assert [(DAY,)] == database.execute(foreign).fetchall()
    load(loaded, database)
    assert [] == database.execute(foreign).fetchall()


def test_a_new_column_changes_no_digest(loaded, database):
    """Rows that have nothing in it are still known as those that the last load left."""
    database.execute("alter table apod.picture add column place text")
    row = row_md5((*COLUMNS, "place"))
    known = database.execute(f"select count(*) from apod.picture join apod.origin using (date) where row_md5 = {row}")

    assert (54,) == known.fetchone()
    assert digest_of_line(b'2026-11-20,"a"\n') == digest_of_line(b'2026-11-20,"a",\n')


@pytest.mark.parametrize("name", sorted(relations()))
def test_a_table_that_was_dropped_is_made_again(loaded, database, name):
    """Whichever; and the next load fills it as it should be."""
    kind = "view" if name == "passport" else "table"
    database.execute(f"drop {kind} apod.{name} cascade")
    load(loaded, database)
    database.execute("delete from apod.staged")
    report = load(loaded, database)

    assert (False, 54) == (report.changed, report.facts["rows"])
    assert (54,) == database.execute("select count(*) from apod.passport where source = 'planetary'").fetchone()


def test_numbers_of_loads_that_were_lost_are_not_given_again(loaded, database):
    """A row that names a lost load must never come to name another one."""
    database.execute("drop table apod.load cascade")
    load(loaded, database)

    assert [(2,)] == database.execute("select load_id from apod.load").fetchall()
    assert [(1, None)] == database.execute(
        "select distinct picture.load_id, passport.md5 from apod.picture join apod.passport using (date)"
    ).fetchall()


def test_a_database_of_newer_code_is_left_alone(loaded, database):
    """Older code would undo what it does not know."""
    database.execute("insert into apod.schema_change (number, name) values (999, 'from the future')")
    with pytest.raises(Misconfigured, match=r"has schema change 999, this code knows \d+\. Deploy the newer code"):
        migrate(database)


def test_a_database_that_cannot_hold_every_letter_is_refused(server, administration):
    """Found before the first row, not at the first accent."""
    administration.execute("create database narrow encoding 'LATIN1' locale 'C' template template0")
    with (
        psycopg.connect(server.dsn("narrow"), autocommit=True) as connection,
        pytest.raises(Misconfigured, match="encoding is LATIN1. Make it anew"),
    ):
        migrate(connection)
    administration.execute("drop database narrow")


def test_a_role_that_owns_the_schema_needs_no_right_on_the_database(database):
    """As the message about missing rights says."""
    database.execute("drop role if exists a_clerk")
    database.execute("create role a_clerk login")
    database.execute("create schema apod authorization a_clerk")
    database.execute("set role a_clerk")
    migrate(database)
    database.execute("reset role")
    tables = database.execute("select count(*) from pg_tables where schemaname = 'apod'").fetchone()[0]
    database.execute("drop schema apod cascade")
    database.execute("drop role a_clerk")

    assert tables > 5
