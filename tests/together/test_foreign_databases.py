"""A pooler, another language, other tables: the load is the same, or says in one line what is in its way."""

import os
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import psycopg
import pytest

from include.apod.adapters import database as database_module
from include.apod.adapters.files import md5_of
from include.apod.airflow.connections import open_database
from include.apod.errors import Misconfigured, Unavailable
from include.apod.ingest.ingest import ingest
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from include.apod.ui import views
from local.stack.ports import any_free
from tests.helpers.deployment import postgres_connection
from tests.helpers.steps import edit, load, observe

DAY = date(2026, 11, 20)
DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


def work(connect, store, run="a run", **changed):
    """The steps of `apod_load`, through the connection."""
    transform(store)
    with connect(**changed) as connection:
        stage_table(connection, store.clean)
        stage_csv(store)
        return publish(connection, store, LoadInfo(run, "a commit"))


def visible(store, database):
    """What anyone can see."""
    rows = database.execute("select * from apod.picture order by date").fetchall()
    return rows, database.execute("select count(*) from apod.load").fetchone(), md5_of(store.csv)


def await_port(port, process):
    """Waits until a program listens."""
    for _ in range(200):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        assert process.poll() is None, "the program has ended"
        time.sleep(0.05)
    pytest.fail("the program does not listen")


@pytest.fixture
def pooler(database, tmp_path):
    """The port of a pgbouncer in transaction mode, with as many connections as hosted databases give at least."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("there is no pgbouncer here; on Debian: apt-get install pgbouncer")
    info, port = database.info, any_free()
    folder = tmp_path / "pooler"
    folder.mkdir()
    (folder / "users.txt").write_text(f'"{info.user}" "{info.password}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={info.host} port={info.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {folder}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 2\nquery_wait_timeout = 20\n"
    )
    user = ["-u", "nobody"] if reachable(folder) else []
    process = subprocess.Popen(
        [program, *user, folder / "pgbouncer.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    await_port(port, process)
    yield port
    process.terminate()
    process.wait()


def advisory_locks(database):
    return database.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone()[0]


def test_behind_a_pooler_nothing_stays_in_a_session(loaded, database, connect, pooler):
    """Loads, looks at the page and other clients take turns on the same few connections."""
    at_pooler = postgres_connection(database.info, port=pooler)
    reports = []
    for number in range(4):
        edit(loaded, DAY, title=f"Edited {number}")
        reports.append(work(connect, loaded, f"run {number}", port=pooler).changed)
        for _ in range(3):
            with views.database() as connection:
                views.newest(connection)
        with psycopg.connect(
            host=at_pooler["host"], port=pooler, user=at_pooler["login"], password=at_pooler["password"],
            dbname=at_pooler["schema"], autocommit=True, prepare_threshold=None,
        ) as other:  # fmt: skip
            other.execute("create table if not exists public.theirs (number int)")
            other.execute("insert into public.theirs values (1)")
            settings = "select current_setting('lock_timeout'), current_setting('default_transaction_read_only')"
            reports.append(other.execute(settings).fetchone())
        assert 0 == advisory_locks(database)

    assert [True, ("0", "off")] * 4 == reports
    assert not load(loaded, database).changed


def test_two_publishes_behind_a_pooler_do_not_wait_for_ever(loaded, database, connect, pooler, monkeypatch):
    """The lock is that of a transaction; whoever waits is told who holds it."""
    monkeypatch.setattr(database_module, "LOCK_SECONDS", 1)
    edit(loaded, DAY, title="Edited")
    before = visible(loaded, database)
    with psycopg.connect(database.info.dsn, password=database.info.password, application_name="somebody") as other:
        other.execute("select pg_advisory_xact_lock(hashtextextended('apod.publish', 0))")
        with pytest.raises(Unavailable, match=r"lock timeout.*process \d+ of postgres \(somebody\) holds a lock since"):
            work(connect, loaded, port=pooler)
        stopped = visible(loaded, database)

    assert before == stopped
    assert work(connect, loaded, "another run", port=pooler).changed


@pytest.mark.parametrize("statement", ["lock table apod.picture", "lock table apod.staging", "lock table apod.load"])
def test_a_lock_of_somebody_else_is_waited_for_within_limits(loaded, database, connect, monkeypatch, statement):
    """A person at a prompt who forgot to commit."""
    monkeypatch.setattr(database_module, "LOCK_SECONDS", 1)
    edit(loaded, DAY, title="Edited")
    with psycopg.connect(database.info.dsn, password=database.info.password) as other:
        other.execute(statement)
        with pytest.raises(Unavailable, match=r"lock timeout.*process \d+ of postgres holds a lock since"):
            work(connect, loaded)

    assert work(connect, loaded).changed


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "WIN1252"])
def test_the_encoding_is_asked_for(loaded, database, connect, monkeypatch, encoding):
    """Whatever a user's environment, role or database says."""
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    database.execute(f"alter database {database.info.dbname} set client_encoding to '{encoding}'")
    edit(loaded, DAY, title="Łódź, 東京, 🌌")
    work(connect, loaded)

    assert ("Łódź, 東京, 🌌",) == database.execute("select title from apod.picture where date = %s", [DAY]).fetchone()


def test_a_read_only_database_is_said(loaded, database, connect):
    """A replica answers with the same code."""
    edit(loaded, DAY, title="Edited")
    database.execute(f"alter database {database.info.dbname} set default_transaction_read_only to on")
    with pytest.raises(Misconfigured, match=r"read-only transaction\. It is a replica, or read only for this role"):
        work(connect, loaded)
    database.execute(f"alter database {database.info.dbname} reset default_transaction_read_only")

    assert work(connect, loaded).changed


def test_a_row_that_somebody_inserts_meanwhile_is_left_to_the_next_try(loaded, database, connect):
    """He began before us, and commits after we have compared."""
    observe(loaded, date(2026, 11, 24), date="2026-11-24")
    with ThreadPoolExecutor() as pool, connect() as other, other.transaction():
        other.execute(
            "insert into apod.picture (date, title, media_type, page_url, load_id) "
            "select '2026-11-24', 'His', 'other', '', max(load_id) from apod.load"
        )
        ours = pool.submit(work, connect, loaded)
        waiting = (
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into apod.picture%'"
        )
        while not database.execute(waiting).fetchone():
            assert not ours.done()
            time.sleep(0.05)
    with pytest.raises(Unavailable, match="Somebody else wrote that row meanwhile; the next try compares again"):
        ours.result(60)

    assert work(connect, loaded).changed
    assert ("A title",) == database.execute("select title from apod.picture where date = '2026-11-24'").fetchone()


@pytest.mark.parametrize(
    ("alteration", "undone", "match"),
    [
        ("add column owner text not null default 'x'", "drop column owner", None),
        ("add column n int generated always as (1 / (length(title) - 15)) stored", "drop column n", "division by zero"),
        ("add n int not null default 0; alter table apod.picture alter n drop default", "drop column n", "column n"),
        ("add constraint short check (length(title) < 3) not valid", "drop constraint short", "constraint short"),
        ("drop column copyright", "add column copyright text", 'column .*"?copyright"? does not exist'),
        ("alter copyright type varchar(9) using left(copyright, 9)", "alter copyright type text", "too long for type"),
        ("rename column title to heading", "rename column heading to title", 'column .*"?title"? does not exist'),
    ],
)
def test_a_table_that_somebody_altered_is_named(loaded, database, connect, alteration, undone, match):
    """One line of ours that says what is in the way, and not retried; undone, the next run goes on."""
    before_md5 = md5_of(loaded.csv)
    database.execute(f"alter table apod.picture {alteration}")
    edit(loaded, DAY, title="Edited and long", copyright="A long name")
    observe(loaded, date(2026, 11, 24), date="2026-11-24")  # a row that is added
    if match is None:
        assert work(connect, loaded).changed
        return
    with pytest.raises(Misconfigured, match=f"{match}.*The tables of schema apod are not as this project makes them"):
        work(connect, loaded)

    assert before_md5 == md5_of(loaded.csv)
    database.execute(f"alter table apod.picture {undone}")
    assert work(connect, loaded).changed


@pytest.mark.parametrize(
    "theirs",
    [
        "create table apod.picture (id int primary key, title text)",
        "create view apod.picture as select 1 as date",
        "create materialized view apod.picture as select 1 as date",
        "create table apod.picture (date text primary key, title text, explanation text)",
        "create sequence apod.load",
        "create type apod.picture as (date date)",
    ],
)
def test_a_table_of_the_users_own_is_left_alone(nasa, scope, store, database, connect, theirs):
    """In a schema of our name that was there before us."""
    ingest(nasa.sources(), store, scope)
    database.execute("create schema apod")
    database.execute(theirs)
    before = database.execute(
        "select relname, relkind from pg_class where relnamespace = 'apod'::regnamespace"
    ).fetchall()
    with pytest.raises(Misconfigured, match="The tables of schema apod are not as this project makes them"):
        work(connect, store)

    after = database.execute(
        "select relname, relkind from pg_class where relnamespace = 'apod'::regnamespace"
    ).fetchall()
    assert before == after
    assert not store.csv.exists()


def reachable(folder):
    """Lets the user that a server runs as get to its folder; returns that user, for subprocess."""
    if os.getuid():
        return {}
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o755)
    shutil.chown(folder, "nobody", "nogroup")
    return {"user": "nobody", "group": "nogroup"}


@pytest.fixture(scope="module")
def german(tmp_path_factory):
    """The port of a PostgreSQL of Debian's, in German."""
    if not DEBIAN:
        pytest.skip("there is no PostgreSQL of Debian's here: apt-get install postgresql")
    binaries, port, folder = DEBIAN[-1].parent, any_free(), tmp_path_factory.mktemp("deutsch")
    user = reachable(folder)
    (folder / "password").write_text("a-tests-password")
    subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "UTF-8", folder / "de_DE.UTF-8"], check=False, capture_output=True
    )
    language = {**os.environ, "LOCPATH": f"{folder}", "LC_ALL": "de_DE.UTF-8"}
    arguments = [f"--pgdata={folder}/data", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]
    made = subprocess.run(
        [binaries / "initdb", *arguments, f"--pwfile={folder}/password", "--locale=de_DE.UTF-8"],
        capture_output=True, text=True, check=False, cwd=folder, env=language, **user,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"no German server here: {made.stderr.strip().splitlines()[-1]}")
    process = subprocess.Popen(
        [binaries / "postgres", "-D", folder / "data", f"-cport={port}", "-cunix_socket_directories="],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, env=language, **user,
    )  # fmt: skip
    await_port(port, process)
    yield port
    process.terminate()
    process.wait()


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"password": "SECRETWORD"}, Misconfigured, "Passwort-Authentifizierung"),
        ({"login": "niemand"}, Misconfigured, "Passwort-Authentifizierung .* »niemand«"),
        ({"schema": "anderswo"}, Misconfigured, "Datenbank »anderswo« existiert nicht"),
        ({"extra": {"options": "-c statement_timeout=1ms"}}, Unavailable, "Zeitüberschreitung"),
        ({"port": any_free()}, Unavailable, "Connection refused"),
        ({"host": "no-such-host.invalid"}, Unavailable, "no-such-host"),
    ],
)
def test_a_server_of_another_version_and_language_is_understood(loaded, german, deployment, changed, error, match):
    """PostgreSQL of another year, in German: by codes, and where there are none by whose name is refused."""
    fields = {"host": "127.0.0.1", "port": german, "login": "postgres", "password": "a-tests-password"}
    usual = {"conn_type": "postgres", "schema": "postgres", **fields}

    def connect(**other):
        deployment.set(AIRFLOW_CONN_APOD_POSTGRES={**usual, **other})
        return open_database()

    with pytest.raises(error, match=match) as caught:
        work(connect, loaded, **changed)
    work(connect, loaded)

    assert "SECRETWORD" not in f"{caught.value}"
    with connect() as connection:
        assert loaded.csv.stat().st_size > 0
        assert (md5_of(loaded.csv),) == connection.execute("select md5 from apod.load").fetchone()
        connection.execute("drop schema apod cascade")
