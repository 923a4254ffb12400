"""The five tasks on workers that share no disk: the store and the DVC remote in S3, over real HTTP."""

import hashlib
import json
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta

import psycopg
import pytest

from include.apod.adapters import object_store
from include.apod.adapters.git import clone_history
from include.apod.airflow import tasks
from include.apod.errors import Unavailable
from include.apod.history.versions import pullable, read_versions
from include.apod.run import Run
from include.apod.settings import read_settings
from include.apod.ui import views
from include.apod.ui.lookout import Lookout
from tests.helpers.deployment import Deployment, environment, postgres_connection
from tests.helpers.objects import BUCKET, Objects
from tests.helpers.project import NOON
from tests.helpers.steps import RUNS

URI = f"s3://{BUCKET}/apod"


class World:
    """Two months of the archive; every task may run on a worker of its own."""

    def __init__(self, nasa, database, repository, python_with_dvc, folder, monkeypatch):
        self.nasa, self.database, self.repository = nasa, database, repository
        self.folder, self.monkeypatch = folder, monkeypatch
        self.objects = Objects().start()
        self.objects.set(monkeypatch)
        self.now = NOON
        nasa.service.now = lambda: self.now
        postgres, remote = postgres_connection(database.info), f"s3://{BUCKET}/dvc"
        own = {"APOD_SINCE": "2026-10-01", "APOD_DVC_PYTHON": python_with_dvc}
        places = {"store": URI, "repository": repository.url, "nasa": nasa.url, "remote": remote}
        Deployment(monkeypatch).set(**environment(postgres=postgres, **places, **own))

        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):  # noqa: ARG003
                return self.now

        monkeypatch.setattr(tasks, "datetime", Clock)

    def step(self, name, worker="a worker", **params):
        """One task, on a worker; its report."""
        disk = self.folder / worker
        disk.mkdir(exist_ok=True)
        self.monkeypatch.setattr(tempfile, "tempdir", str(disk))
        report = getattr(tasks, name)(Run(f"run {next(RUNS)}", params))
        assert [] == [*disk.glob("apod-scratch-*")]
        return report

    def load(self, worker="a worker"):
        for name in ("transform", "stage_table", "stage_csv"):
            self.step(name, worker)
        return self.step("publish", worker)

    def count(self, work):
        """The requests to the object store that a piece of work makes, by kind; DVC's apart."""
        self.objects.requests.clear()
        work()
        return Counter(
            f"{method} dvc" if "/dvc" in path or path.endswith("/dvc") else method
            for method, path in self.objects.requests
        )

    def csv(self):
        return self.objects.read("apod/apod_data.csv")

    def versions(self):
        return read_versions(clone_history(self.repository, self.folder / f"clone {next(RUNS)}"))


@pytest.fixture
def world(nasa, database, repository, python_with_dvc, tmp_path, monkeypatch):
    made = World(nasa, database, repository, python_with_dvc, tmp_path, monkeypatch)
    yield made
    made.objects.stop()


def test_five_tasks_on_five_workers_make_a_version(world):
    """Table, CSV in the store and version have one md5; nothing is handed over by disk."""
    for number, name in enumerate(("ingest", "transform", "stage_table", "stage_csv", "publish", "version")):
        world.step(name, f"worker {number}")
    md5 = hashlib.md5(world.csv()).hexdigest()
    sealed = world.database.execute("select md5 from apod.load").fetchall()
    versions = world.versions()

    assert ([(md5,)], [md5]) == (sealed, [one.csv for one in versions])
    assert ["yes"] == [how for _, how in pullable(versions)]
    assert [] == [name for name in world.objects.names() if "staged/apod_data" in name]


def test_a_day_on_warm_workers_asks_for_what_changed(world):
    """One listing, and one request for each object that is new; nothing is read twice on one worker."""
    world.step("ingest")
    world.load()
    world.step("version")
    world.now += timedelta(days=1)
    ingest = world.count(lambda: world.step("ingest"))
    transform = world.count(lambda: world.step("transform"))
    staging = world.count(lambda: world.step("stage_table"))

    assert {"GET": 1, "PUT": 2} == ingest  # the month, and what ingest remembers of its look
    assert {"GET": 1, "PUT": 3} == transform  # two files of the month and the manifest; the others stay where they are
    assert {"GET": 1} == staging


def test_a_whole_day_is_thirty_requests(world):
    """From NASA's answer to the commit, DVC's own among them; each object that was pushed is looked at again."""
    world.step("ingest")
    world.load()
    world.step("version")
    world.now += timedelta(days=1)
    day = world.count(lambda: (world.step("ingest"), world.load(), world.step("version")))

    assert 30 >= day.total()
    assert {"PUT": 10, "PUT dvc": 3} == {method: day[method] for method in ("PUT", "PUT dvc")}
    assert 2 == len(world.versions())


def test_a_release_in_an_object_store(world, deployment):
    """By a connection of its own; the event of the version says where it is, and a second look asks little."""
    connection = world.objects.environment()["AIRFLOW_CONN_APOD_STORE"]
    deployment.set(APOD_RELEASE=f"s3://{BUCKET}/release", AIRFLOW_CONN_APOD_RELEASE=connection)
    world.step("ingest")
    world.load()
    version = world.step("version")
    world.step("release", "another worker")
    latest = json.loads(world.objects.read("release/latest.json"))
    again = world.count(lambda: world.step("release"))

    assert f"s3://{BUCKET}/release/latest.json" == version.facts["release"]
    assert (version.facts["commit"], version.facts["md5"]) == (latest["commit"], latest["md5"])
    assert {"GET"} == again.keys()


def test_a_day_without_news_writes_nothing(world):
    """Each task lists, and that is all."""
    world.step("ingest")
    world.load()
    world.step("version")
    again = world.count(lambda: (world.step("ingest"), world.load()))
    version = world.count(lambda: world.step("version"))

    assert {"GET"} == again.keys()
    assert {"GET", "GET dvc"} >= version.keys()
    assert 1 == len(world.versions())


def test_the_page_sends_nothing(world):
    """Also where what it finds is damaged: a deletion would be sent."""
    world.step("ingest")
    world.load()
    damaged = next(name for name in world.objects.names() if "/clean/rows." in name)
    world.objects.put(damaged, b"\0" * len(world.objects.read(damaged)))
    sentences, lookout = {}, Lookout(views.look_at_repository)
    requests = world.count(lambda: sentences.update(views.backlog(lookout)))
    requests += world.count(lambda: views.days_without_picture(read_settings()))

    assert "was damaged after transform wrote it" in sentences["apod_load"]
    assert {"GET"} == requests.keys()


def test_a_worker_that_dies_before_it_sends_has_done_nothing(world, monkeypatch):
    """Its retry, on another worker, does it all; the table may be ahead of the CSV until then, and says so."""
    world.step("ingest")
    for name in ("transform", "stage_table", "stage_csv"):
        world.step(name)
    from include.apod.adapters.mirror import Mirror

    with monkeypatch.context() as dying:
        dying.setattr(Mirror, "upload", lambda _: None)
        world.step("publish")
    half = [name for name in world.objects.names() if name == "apod/apod_data.csv"]
    report = world.step("publish", "another worker")
    world.step("version", "another worker")

    assert [] == half
    assert "is again" in report.sentence
    assert hashlib.md5(world.csv()).hexdigest() == world.versions()[0].csv


def test_a_lost_bucket_comes_back_from_the_last_version(world):
    """A bring-back that dies half-way is begun again: what is there so far is not taken for all."""
    world.step("ingest")
    world.load()
    world.step("version")
    before = {name: world.objects.read(name) for name in world.objects.names() if name.startswith("apod/raw/")}
    world.objects.remove(*(name for name in world.objects.names() if name.startswith("apod/")))
    world.objects.before = lambda said: (
        "400 Bad Request" if said["REQUEST_METHOD"] == "PUT" and "/raw/2026/2026-11" in said["PATH_INFO"] else None
    )
    with pytest.raises(Exception, match="does not answer"):
        world.step("ingest")
    half = [name for name in world.objects.names() if name.startswith("apod/raw/")]
    world.objects.before = lambda _: None
    report = world.step("ingest", "another worker")
    after = {name: world.objects.read(name) for name in world.objects.names() if name.startswith("apod/raw/")}

    assert 1 == len(half)
    assert "months restored" in report.sentence
    assert before == after


ON_EVENT = {}  # what to do when a step passes one of its points, once
sys.addaudithook(lambda event, _: ON_EVENT.pop(event, int)() if event in ON_EVENT else None)


def test_a_version_takes_what_was_published_while_it_began(world):
    """It looks again inside the lock that keeps others from publishing."""
    world.step("ingest")
    world.load()
    world.now += timedelta(days=1)
    world.step("ingest")

    def meanwhile():
        world.load("another worker")
        world.monkeypatch.setattr(tempfile, "tempdir", str(world.folder / "a worker"))

    ON_EVENT["tempfile.mkdtemp"] = meanwhile
    world.step("version")

    assert {} == ON_EVENT
    assert hashlib.md5(world.csv()).hexdigest() == world.versions()[0].csv
    assert "2026-11-24" in world.versions()[0].subject


def test_the_database_is_not_left_locked_by_a_store_that_fails(world):
    """Publish sends inside its lock; the next try gets it."""
    world.step("ingest")
    for name in ("transform", "stage_table", "stage_csv"):
        world.step(name)
    world.objects.before = lambda said: "400 Bad Request" if said["REQUEST_METHOD"] == "PUT" else None
    with pytest.raises(Exception, match="does not answer"):
        world.step("publish")
    world.objects.before = lambda _: None
    world.step("publish")

    assert hashlib.md5(world.csv()).hexdigest() == world.database.execute("select md5 from apod.load").fetchone()[0]
    with psycopg.connect(world.database.info.dsn, password=world.database.info.password) as other:
        assert [] == other.execute("select 1 from pg_locks where locktype = 'advisory'").fetchall()


def test_a_hiccup_of_the_store_is_not_said_of_nasa(world, monkeypatch):
    """The run is retried; it does not end green with "nothing new"."""
    monkeypatch.setattr(object_store, "RETRY_TIMEOUT", timedelta(seconds=1))
    world.objects.before = lambda said: "503 Slow Down" if said["REQUEST_METHOD"] == "PUT" else None
    with pytest.raises(Unavailable, match="The object store"):
        world.step("ingest")
    world.objects.before = lambda _: None

    assert "pictures added" in world.step("ingest").sentence
