"""PostgreSQL: transactions that leave nothing in a session, and its errors as ours.

A session may not be ours: behind a pooler (pgbouncer, as hosted databases have it) the next statement goes to another
one, and what is set in this one is found by somebody else. So settings and locks last for a transaction.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from include.apod.adapters.sql import read_statement
from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from include.apod.errors import ApodError

LOCK_SECONDS = 300  # that a statement waits for somebody else's lock
# Classes of SQLSTATE: what the tables, or somebody's triggers, do not take. All others (lost, deadlocked, full, busy,
# stopped) may pass.
ALTERED = ("22", "23", "42", "44", "P0")
READ_ONLY = "25006"
LOCK_NOT_AVAILABLE = "55P03"
INSUFFICIENT_PRIVILEGE = "42501"
UNIQUE_VIOLATION = "23505"
# Where no session came about there is no code. These words are libpq's own, which has them in English only.
REFUSED = re.compile(
    r"no password supplied|does not support SSL|certificate verify failed|server certificate for|"
    r"root certificate file .* does not exist|certificate present, but not private key|invalid .*connection option"
)
# What a server, or pgbouncer, says where it only has no room; it may name our login, too.
FULL = re.compile(r"too many connections|too many clients|connection slots|query_wait_timeout|server login has been")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """A transaction that waits for nobody's lock longer than `LOCK_SECONDS`."""
    with connection.transaction():
        connection.execute(read_statement("database/limit_waiting"), {"limit": f"{LOCK_SECONDS}s"})
        yield


@contextmanager
def second_connection(connection: Connection) -> Iterator[Connection]:
    """Another connection to the same database, in a transaction that ends with the block.

    A lock of that transaction outlives those of the first connection, through a pooler as well.
    """
    info = connection.info
    with psycopg.connect(info.dsn, password=info.password, prepare_threshold=None) as second, transaction(second):
        second.execute(read_statement("database/stay_idle"))
        yield second


def _holders(connection: Connection) -> str:
    """Who holds a lock on our tables, or one that is ours by name; in words."""
    rows = connection.execute(read_statement("database/select_holders")).fetchall()
    return "; ".join(
        f"process {pid} of {user}{f' ({application})' if application else ''} holds a lock since {since:%H:%M:%S %Z}"
        for pid, user, application, since in rows
    )


def _is_refusal(error: psycopg.Error) -> bool:
    """Whether a server that is up has refused a login, in whatever language it says so."""
    message = f"{error}"
    if REFUSED.search(message):
        return True
    if error.pgconn is None or FULL.search(message):
        return False
    options = {option.keyword.decode(): option.val.decode() for option in error.pgconn.info if option.val}
    parameters = {name: options[name] for name in ("host", "hostaddr", "port", "user", "dbname") if name in options}
    reason = message.rpartition(" failed: ")[2]
    named = any(
        re.search(rf"(?<!\w){re.escape(parameters[name])}(?!\w)", reason)
        for name in ("user", "dbname")
        if name in parameters
    )
    return named and pq.PGconn.ping(make_conninfo(**parameters, connect_timeout=5).encode()) == pq.Ping.OK


def translated(error: psycopg.Error, connection: Connection | None, subject: str) -> ApodError:
    """Our error for one of PostgreSQL's, by its SQLSTATE.

    Args:
        error: PostgreSQL's.
        connection: that it happened on; None where none came about.
        subject: which database, to begin the message with.
    """
    state, message = error.sqlstate or "", f"{subject}: {' '.join(f'{error.diag.message_primary or error}'.split())}"
    if state == LOCK_NOT_AVAILABLE and connection is not None and not connection.broken:
        holders = _holders(connection) or "whoever held the lock has let go by now"
        return Unavailable(f"{message}. Nothing was changed; {holders}. The next try waits again.")
    if state == READ_ONLY:
        return Misconfigured(f"{message}. It is a replica, or read only for this role; connect to the primary.")
    if state == INSUFFICIENT_PRIVILEGE:
        return Misconfigured(f"{message}. Grant its role CREATE on the database, or make it owner of schema apod.")
    if state.startswith(ALTERED):
        return _altered(error, message)
    if not state and _is_refusal(error):
        return Misconfigured(message)
    return Unavailable(message)


def _altered(error: psycopg.Error, message: str) -> ApodError:
    """The error where a table does not take our rows: it is not as our migrations make it, or has them meanwhile."""
    if error.sqlstate == UNIQUE_VIOLATION and f"{error.diag.constraint_name}".endswith("_pkey"):
        return Unavailable(f"{message}. Somebody else wrote that row meanwhile; the next try compares again.")
    names = {"constraint": error.diag.constraint_name, "column": error.diag.column_name}
    place = [f"table {error.diag.schema_name}.{error.diag.table_name}"] if error.diag.table_name else []
    place += [f"{kind} {name}" for kind, name in names.items() if name]
    return Misconfigured(
        f"{message} ({', '.join(place) or error.sqlstate}). The tables of schema apod are not as this project makes "
        "them: take out what somebody added, or rename a table that is not ours. Nothing was changed."
    )


@contextmanager
def translating_errors(subject: str, connection: Connection | None = None) -> Iterator[None]:
    """Turns PostgreSQL's errors into ours; `subject` begins the message.

    Raises:
        Misconfigured: a login, right, or table is not what we need.
        Unavailable: the server is away, busy, full, or somebody holds a lock.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translated(error, connection, subject) from error
