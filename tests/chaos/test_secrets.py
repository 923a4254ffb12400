"""Marked secrets through everything, at debug level and with failures: nothing that stays holds one of them."""

import json
import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from include.apod.adapters.git import clone
from include.apod.airflow.connections import open_database, open_repository
from include.apod.days import DAY, newest_publishable
from include.apod.errors import ApodError
from include.apod.settings import read_settings
from local.nasa.archive import record_of
from local.nasa.faults import Fault
from local.nasa.gateway import Quota
from local.nasa.state import Nasa
from local.stack.layout import Layout
from local.stack.stack import Stack
from tests.helpers.airflow_under_test import Airflow
from tools.git_server import TOKEN, serving

KEY = "MARKED-api-key-4711"
HOOK = "MARKED-hook-4712"
HOLDERS = {"stack.json", "passwords.json"}  # of the local stack's own secrets, readable by their owner only


class Arguments(threading.Thread):
    """Looks at the arguments of all processes while something runs; `found` has those with a secret."""

    def __init__(self, secrets):
        super().__init__(daemon=True)
        self.secrets, self.found, self.seen, self.done = secrets, set(), 0, threading.Event()

    def run(self):
        while not self.done.is_set():
            for process in psutil.process_iter(["cmdline"]):
                line = " ".join(process.info["cmdline"] or [])
                self.seen += 1
                self.found |= {line} if any(secret in line for secret in self.secrets) else set()
            time.sleep(0.05)


def holding(folder, secrets):
    """The files below a folder that hold a secret, in whatever form."""
    forms = [form.encode() for secret in secrets for form in (secret, secret.replace("-", "%2D"))]
    return [
        f"{path.relative_to(folder)}"
        for path in folder.rglob("*")
        if path.is_file() and path.name not in HOLDERS and any(form in path.read_bytes() for form in forms)
    ]


@pytest.fixture(scope="module")
def lived_through(tmp_path_factory, door, chat):
    """What a stack leaves behind after good and failed runs: folder, secrets, arguments seen, states, addresses."""
    home = tmp_path_factory.mktemp("a stack with secrets")
    nasa = Nasa(record_of)
    nasa.gateway.keys[KEY] = Quota()
    door.open(nasa)
    chat.clear()
    since = newest_publishable(datetime.now(UTC)) - 60 * DAY
    with serving(home / "demo") as (git_url, expired):
        api = {"conn_type": "http", "host": door.url, "password": KEY, "extra": {"basic": door.url}}
        git = {"conn_type": "git", "host": f"{git_url}/github.git", "login": "user", "password": TOKEN}
        extra = {
            "APOD_SINCE": f"{since}",
            "AIRFLOW_CONN_APOD_API": json.dumps(api),
            "AIRFLOW_CONN_APOD_GIT": json.dumps(git),
            "AIRFLOW_CONN_APOD_ALERTS": json.dumps({"conn_type": "http", "host": chat.url, "password": HOOK}),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        }
        stack = Stack(Layout(base=home), print, extra)
        with stack.locked():
            try:
                airflow = Airflow(stack, home)
                run_git(stack)
                secrets = [KEY, HOOK, TOKEN, stack.facts["postgres_password"]]
                watching = Arguments(secrets)
                watching.start()
                states = [finish(airflow, "ingest")]
                nasa.faults = [Fault("no_key")]
                states.append(finish(airflow, "ingest"))
                nasa.faults = [Fault("moved")]
                states.append(finish(airflow, "ingest"))
                nasa.faults = []
                expired.set()
                nasa.edit(since + 50 * DAY, title="News")
                states += [finish(airflow, "ingest"), airflow.rest.state(airflow.rest.newest_run("apod_version"))]
                expired.clear()
                states.append(finish(airflow, "version"))
                watching.done.set()
                watching.join()
                exposed = listening(stack)
                states.append([said["text"].splitlines()[0] for _, said in chat])
                airflow.rest.close()
            finally:
                stack.stop()
    return home, secrets, watching, states, exposed


def run_git(stack):
    """The repository takes pushes over HTTP."""
    with (stack.layout.repository / "config").open("a") as file:
        file.write("[http]\n\treceivepack = true\n")


def finish(airflow, dag):
    """The state of a run when all that it wakes is over."""
    key = airflow.trigger(dag)
    airflow.await_state(key, "success", "failed")
    airflow.settle()
    return airflow.rest.state(key)


def listening(stack):
    """The addresses that the stack's processes listen on."""
    return {
        connection.laddr.ip
        for top in stack.processes.running().values()
        for process in [top, *top.children(recursive=True)]
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }


@pytest.mark.stack
def test_no_file_log_table_commit_or_event_holds_a_secret(lived_through):
    """The metadata database is among the files: XComs, rendered templates, events and their extras."""
    home, secrets, _, states, _ = lived_through

    assert ["success", "failed", "failed", "success", "failed", "success"] == states[:6]
    assert [] == holding(home, secrets)
    assert list(home.rglob("attempt=1.log"))


@pytest.mark.stack
def test_each_failure_was_told_to_a_person(lived_through):
    """Once, by the webhook of connection `apod_alerts`."""
    assert ["apod_ingest.ingest failed"] * 2 + ["apod_version.version failed"] == lived_through[3][6]


@pytest.mark.stack
def test_no_process_has_a_secret_among_its_arguments(lived_through):
    """Anybody on the machine can read them."""
    watching = lived_through[2]

    assert watching.seen > 1000
    assert set() == watching.found


@pytest.mark.stack
def test_nothing_listens_beyond_this_machine(lived_through):
    """The UI, the database, the stand-in."""
    assert {"127.0.0.1"} == lived_through[4]


@pytest.fixture
def connection(monkeypatch):
    """Sets a connection as a deployment would."""

    def connecting(name, **fields):
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))

    return connecting


def test_a_wrong_database_password_is_in_no_error(connection, server):
    """Nor in the errors behind it."""
    connection(
        "apod_postgres", conn_type="postgres", host="127.0.0.1", port=server.port, login="postgres", password="MARKED-1"
    )
    with pytest.raises(ApodError, match="authentication failed") as caught, open_database():
        pass

    assert "MARKED" not in chain(caught.value)


@pytest.mark.parametrize("url", ["http://user:MARKED-2@127.0.0.1:1/x.git", "http://127.0.0.1:1/x.git"])
def test_a_token_is_in_no_error(connection, url, tmp_path):
    """Neither the connection's nor one that somebody wrote into the URL."""
    connection("apod_git", conn_type="git", host=url, login="user", password="MARKED-3")
    with pytest.raises(ApodError, match="git clone failed") as caught, open_repository(read_settings()) as repository:
        clone(repository, tmp_path / "clone")

    assert "MARKED" not in chain(caught.value)


def test_an_ssh_key_is_in_no_error_and_in_no_file_afterwards(connection, tmp_path):
    """It is in a file of its owner's only while git runs."""
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nMARKED-4\n-----END OPENSSH PRIVATE KEY-----\n"
    extra = {"private_key": key, "strict_host_key_checking": "no"}
    connection("apod_git", conn_type="git", host="ssh://git@127.0.0.1:1/x.git", extra=extra)
    with open_repository(read_settings()) as repository:
        files = re.findall(r"-i (\S+)", repository.env["GIT_SSH_COMMAND"])
        with pytest.raises(ApodError, match="git clone failed") as caught:
            clone(repository, tmp_path / "clone")

    assert files
    assert "MARKED" not in chain(caught.value)
    assert not any(Path(file).exists() for file in files)


def chain(error):
    """All that a log would print of an error."""
    said = ""
    while error:
        said += f"{error!r} {error}"
        error = error.__cause__ or error.__context__
    return said
