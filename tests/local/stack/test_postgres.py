"""Our own start and stop code of the embedded server."""

import os
import signal

import psycopg
import pytest

from local.stack import postgres
from local.stack.errors import StackError
from local.stack.ports import any_free, is_free
from local.stack.processes import Processes


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "a folder"
    folder.mkdir()
    return folder


@pytest.fixture
def own(home):
    """A server of the test's own, started."""
    processes = Processes(home / "processes.json", home)
    server = postgres.Server(home / "data", any_free(), "secret")
    postgres.start(server, processes)
    postgres.create_database(server, "apod")
    yield server, processes
    processes.stop()


def test_it_asks_for_a_password(own):
    """Scram over TCP; nobody else on this machine reads the data."""
    server, _ = own
    wrong = postgres.Server(server.data, server.port, "guess")

    assert (server.answers(), wrong.answers()) == (True, False)


def test_it_listens_on_loopback_only(own):
    """No socket file, no other address."""
    server, _ = own
    with psycopg.connect(server.dsn("apod")) as connection:
        said = connection.execute(
            "select current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()

    assert said == ("127.0.0.1", "")


def test_it_survives_kill_9(own):
    """A stale postmaster.pid, as a killed run leaves it, does not stop the next start."""
    server, processes = own
    with psycopg.connect(server.dsn("apod"), autocommit=True) as connection:
        connection.execute("create table kept as select 1 as one")
    postmaster = processes.running()["postgres"]
    os.kill(postmaster.pid, signal.SIGKILL)
    postmaster.wait(10)
    postgres.start(server, processes)

    with psycopg.connect(server.dsn("apod")) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)


def test_a_pid_that_is_somebody_elses_is_left_alone(own):
    """Process numbers are used again."""
    server, processes = own
    processes.stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    postgres.start(server, processes)

    assert server.answers()


def test_stopping_leaves_nothing_running(own):
    """And the port is free again."""
    server, processes = own
    processes.stop()

    assert (processes.running(), is_free(server.port)) == ({}, True)


def test_a_server_that_cannot_start_says_why(home):
    """Its own last words, not "see logs"."""
    processes = Processes(home / "processes.json", home)
    server = postgres.Server(home / "data", 1, "secret")
    postgres.initialise(server)
    (server.data / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StackError, match="no_such_setting"):
        postgres.start(server, processes)
