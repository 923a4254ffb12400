"""A database that is away, refuses, breaks off or is full: a clear error, nothing half visible, the next run heals."""

import socket
import threading
from contextlib import suppress
from datetime import date

import psycopg
import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import Misconfigured, Unavailable
from include.apod.load.publish import LoadInfo, publish
from include.apod.load.stage_csv import stage_csv
from include.apod.load.stage_table import stage_table
from include.apod.load.transform import transform
from local.stack.ports import any_free
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


def visible(store, database):
    """What anyone can see."""
    rows = database.execute("select * from apod.picture order by date").fetchall()
    return rows, database.execute("select count(*) from apod.load").fetchone(), md5_of(store.csv)


def work(connect, store, **changed):
    """The steps of `apod_load`, through the connection."""
    transform(store)
    with connect(**changed) as connection:
        stage_table(connection, store.clean)
        stage_csv(store)
        publish(connection, store, LoadInfo("a run", "a commit"))


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"port": any_free()}, Unavailable, "apod_postgres: .*Connection refused"),
        ({"host": "no-such-host.invalid"}, Unavailable, "apod_postgres: .*no-such-host"),
        ({"password": "SECRETWORD"}, Misconfigured, "apod_postgres: .*password authentication failed for user"),
        ({"password": None}, Misconfigured, "apod_postgres: .*no password supplied"),
        ({"login": "nobody"}, Misconfigured, 'apod_postgres: .*authentication failed for user "nobody"'),
        ({"schema": "elsewhere"}, Misconfigured, 'apod_postgres: .*database "elsewhere" does not exist'),
        ({"extra": {"options": "-c statement_timeout=1ms"}}, Unavailable, "canceling statement due to statement timeo"),
    ],
)
def test_what_is_wrong_with_a_connection_is_said(loaded, database, connect, changed, error, match):
    """What a retry may mend is retried; the password is never repeated."""
    edit(loaded, DAY, title="Edited")
    before = visible(loaded, database)
    with pytest.raises(error, match=match) as caught:
        work(connect, loaded, **changed)

    assert "SECRETWORD" not in str(caught.value)
    assert before == visible(loaded, database)
    assert load(loaded, database).changed


@pytest.mark.parametrize("grant", ["", "grant create on database {0} to guest", "grant usage on schema apod to guest"])
def test_a_role_without_rights_is_told_which(loaded, database, server, connect, grant):
    """Nothing is half done."""
    before = visible(loaded, database)
    database.execute("create role guest login password 'guest'")
    try:
        database.execute(grant.format(database.info.dbname) or "select")
        with pytest.raises(Misconfigured, match=r"permission denied for .*\. Grant its role CREATE on the database"):
            work(connect, loaded, login="guest", password="guest")
    finally:
        database.execute("drop owned by guest")
        database.execute("drop role guest")

    assert before == visible(loaded, database)


@pytest.mark.parametrize(
    ("doing", "match"),
    [
        ("perform pg_terminate_backend(pg_backend_pid())", "terminating connection due to administrator command"),
        ("raise exception 'could not extend file: No space left' using errcode = 'disk_full'", "No space left"),
        ("raise exception 'out of memory' using errcode = 'out_of_memory'", "out of memory"),
        ("raise exception 'too many connections' using errcode = 'too_many_connections'", "too many connections"),
    ],
)
@pytest.mark.parametrize("table", ["staging", "staging_origin", "load", "correction", "picture", "origin"])
def test_a_database_that_breaks_off(loaded, database, connect, table, doing, match):
    """In the middle of each COPY, and of each write of the publish."""
    database.execute(
        f"create function public.break_off() returns trigger language plpgsql as $$ begin {doing}; return new; end $$"
    )
    database.execute(
        f"create trigger break_off before insert or update on apod.{table} "
        "for each row execute function public.break_off()"
    )
    edit(loaded, DAY, title="Edited")
    before = visible(loaded, database)
    with pytest.raises(Unavailable, match=match):
        work(connect, loaded)
    stopped = visible(loaded, database)
    database.execute(f"drop trigger break_off on apod.{table}")
    work(connect, loaded)

    assert before == stopped
    assert ("Edited",) == database.execute("select title from apod.picture where date = %s", [DAY]).fetchone()
    assert not load(loaded, database).changed


class Wire:
    """A way to the server that is cut when something passes on it.

    Attributes:
        port: where it listens.
        cut_at: bytes, to the server or from it; nothing is cut while it is empty.
    """

    def __init__(self, server):
        self.cut_at = b""
        self.server = server
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.server.port))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=pair, daemon=True).start()

    def carry(self, source, target):
        with suppress(OSError):  # either side may be gone at any time
            while data := source.recv(65536):
                if self.cut_at and self.cut_at in data:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def wire(server):
    made = Wire(server)
    yield made
    made.listening.close()


@pytest.mark.parametrize(
    ("cut_at", "committed"),
    [(b"COMMIT\0", False), (b"C\0\0\0\x0bCOMMIT\0", True)],
    ids=["before the server heard", "before we heard"],
)
def test_a_connection_that_is_lost_at_commit(loaded, database, connect, wire, cut_at, committed):
    """Nobody knows whether it happened; the CSV is behind at most, never ahead, and the next run settles it."""
    edit(loaded, DAY, title="Edited")
    transform(loaded)
    stage_table(database, loaded.clean)
    stage_csv(loaded)
    before, new = visible(loaded, database), md5_of(loaded.staged_csv)
    wire.cut_at = cut_at
    with (
        pytest.raises(Unavailable, match="apod_postgres: .*(closed|reset|lost)"),
        connect(port=wire.port, extra={"sslmode": "disable"}) as connection,
    ):
        publish(connection, loaded, LoadInfo("a run", "a commit"))
    rows, loads, shown = visible(loaded, database)
    work(connect, loaded)

    assert before[2] == shown
    assert committed == (rows != before[0]) == (loads == (2,))
    assert new == md5_of(loaded.csv)
    assert (2,) == database.execute("select count(*) from apod.load").fetchone()


def test_a_server_that_restarts_between_the_steps(loaded, database, connect):
    """What was staged in unlogged tables may be gone after a crash; they are filled again."""
    edit(loaded, DAY, title="Edited")
    transform(loaded)
    stage_table(database, loaded.clean)
    stage_csv(loaded)
    database.execute("truncate apod.staging, apod.staged, apod.staging_origin, apod.staging_rejected")
    with (
        psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own,
        pytest.raises(Exception, match="would remove 54 of 54"),
    ):
        publish(own, loaded, LoadInfo("a run", "a commit"))

    assert "+0 ~1 -0" in load(loaded, database).sentence
