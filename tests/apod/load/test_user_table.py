"""A table of the user's own, kept in line by each load: matched by name, by date, and never surprised."""

from datetime import date

import psycopg
import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import Misconfigured
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from tests.helpers.steps import RUNS, edit

TABLE = "public.apod_data"
OURS = "select date::text, title, media_type, url from apod.picture order by date"


@pytest.fixture
def mine(loaded, database):
    """Makes a table; it is gone afterwards, with whatever else the test made."""
    database.execute("create type public.medium as enum ('image', 'video', 'other')")
    yield database.execute
    database.execute("drop view if exists public.looked_at")
    database.execute(f'drop table if exists {TABLE}, public."Mein Himmel" cascade')
    database.execute("drop type public.medium")
    database.execute("reset role")
    database.execute("drop owned by stranger") if "stranger" in roles(database) else None
    database.execute("drop role if exists stranger")


def roles(database):
    return {name for (name,) in database.execute("select rolname from pg_roles")}


def load(store, database, table=TABLE):
    """A load that keeps a table in line; the report of publish."""
    transform(store)
    stage_table(database, store.clean)
    stage_csv(store)
    with psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own:
        own.execute("set role stranger") if "stranger" in roles(database) else None
        return publish(own, store, LoadInfo(f"table {next(RUNS)}", "a commit", table))


@pytest.mark.parametrize(
    "day", ["date date primary key", "date timestamp not null unique", "date text unique", "date varchar(10) unique"]
)
def test_other_types_and_columns_of_his_own(loaded, database, mine, day):
    """Filled at once although nothing is new, then kept in line day by day; what is his stays as it is."""
    mine(f"create table {TABLE} (id serial, {day}, title varchar(400), media_type public.medium, url text, stars int)")
    mine(f"insert into {TABLE} (date, title, stars) values ('2026-11-20', 'mine', 5), ('1990-01-01', 'older', 3)")
    first = load(loaded, database)
    edit(loaded, date(2026, 11, 21), title="Another title")
    second = load(loaded, database)
    third = load(loaded, database)
    kept = database.execute(f"select left(date::text, 10), title, media_type::text, url from {TABLE} order by date")
    stars = database.execute(f"select left(date::text, 10), stars from {TABLE} where stars is not null order by date")

    assert not first.changed
    assert f"{TABLE} is in line: 54 rows written, 1 of days that are not ours" in first.sentence
    assert second.changed
    assert ": 1 rows written" in second.sentence
    assert ": 0 rows written" in third.sentence
    assert database.execute(OURS).fetchall() == kept.fetchall()[1:]
    assert [("1990-01-01", 3), ("2026-11-20", 5)] == stars.fetchall()


def test_what_somebody_does_to_it_is_mended_and_a_name_may_be_any(loaded, database, mine):
    """Compared with what is, not with what was sent."""
    mine('create table public."Mein Himmel" (date date unique, title text, "Title" text)')
    load(loaded, database, 'public."Mein Himmel"')
    mine("update public.\"Mein Himmel\" set title = 'x', \"Title\" = 'X' where date = '2026-11-20'")
    mine("delete from public.\"Mein Himmel\" where date = '2026-11-21'")
    mended = load(loaded, database, 'public."Mein Himmel"')
    rows = database.execute('select date, title from public."Mein Himmel" order by date').fetchall()

    assert 'public."Mein Himmel" is in line: 2 rows written' in mended.sentence
    assert database.execute("select date, title from apod.picture order by date").fetchall() == rows
    assert [("X",)] == database.execute('select "Title" from public."Mein Himmel" where "Title" > \'\'').fetchall()


BAD = {
    "": "does not exist",
    "create view public.looked_at as select 1; create view public.apod_data as select date, title from apod.picture": (
        "is no table; a view cannot be kept in line"
    ),
    "create table public.apod_data (day date primary key, title text)": "has no unique column date",
    "create table public.apod_data (date date, title text)": "has no unique column date.*add unique",
    "create table public.apod_data (date date, title text, unique (date, title))": "has no unique column date",
    "create table public.apod_data (date timestamptz unique, title text)": "column date is timestamp with time zone",
    "create table public.apod_data (date int unique, title text)": "column date is integer, which cannot take ours",
    "create table public.apod_data (date date unique, title jsonb)": "column title is jsonb, which cannot take ours",
    "create table public.apod_data (date date unique, title char(400))": r"column title is character\(400\)",
    "create table public.apod_data (date date unique, title text generated always as ('x') stored)": (
        "column title is generated"
    ),
    "create table public.apod_data (date date unique, stars int)": "has none of our columns but date",
    "create table public.apod_data (date date unique, title text, stars int not null)": (
        "its own column stars is NOT NULL, and we have no value for it"
    ),
    "create table public.apod_data (date date unique, title varchar(5))": (
        r"column title is character varying\(5\), and cannot take what 2026-10-01 has"
    ),
    "create table public.apod_data (date date unique, copyright text not null)": (
        "column copyright is text not null, and cannot take what 2026-1.-.. has: None"
    ),
    "create type public.small as enum ('video'); create table public.apod_data (date date unique, media_type small)": (
        "column media_type is small, and cannot take what 2026-10-01 has: 'image'"
    ),
    "create table public.apod_data (date date unique, title text check (title <> 'Another title'))": (
        "refuses: .*violates check constraint"
    ),
    "create table public.apod_data (date date unique, title text); create role stranger; grant stranger to postgres;"
    "grant usage on schema apod to stranger; grant all on all tables in schema apod to stranger;"
    "grant all on all sequences in schema apod to stranger; grant select on public.apod_data to stranger": (
        "our role may not write to it. Grant select, insert and update on apod_data"
    ),
}


@pytest.mark.parametrize("made", BAD)
def test_a_table_that_cannot_take_it_is_named_and_nothing_is_published(loaded, database, mine, made):
    """By name, column and reason, before anything is written."""
    for statement in filter(None, map(str.strip, made.split(";"))):
        mine(statement)
    before = md5_of(loaded.csv), database.execute("select count(*) from apod.load").fetchone()
    edit(loaded, date(2026, 11, 21), title="Another title")
    with pytest.raises(Misconfigured, match=rf"APOD_TABLE=public\.apod_data.*{BAD[made]}"):
        load(loaded, database)
    database.execute("drop view if exists public.apod_data") if "create view" in made else None
    database.execute("drop type if exists public.small cascade")

    assert before == (md5_of(loaded.csv), database.execute("select count(*) from apod.load").fetchone())


@pytest.mark.parametrize("table", ["apod.picture", "apod.staging", "no such name", "a.b.c.d", "'; drop table x; --"])
def test_a_name_that_is_none_or_ours_is_refused(loaded, database, table):
    """It reaches PostgreSQL as a value, never as SQL."""
    with pytest.raises(Misconfigured, match="APOD_TABLE="):
        load(loaded, database, table)
