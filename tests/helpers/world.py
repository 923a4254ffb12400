"""A whole pipeline on a day with news, that can be set back to the evening before; and what must be true in the end."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg

from include.apod.adapters.files import md5_hex, md5_of
from include.apod.adapters.git import clone_history
from include.apod.adapters.scratch import scratch
from include.apod.days import DAY, newest_publishable
from include.apod.formats import raw as raw_store
from include.apod.formats.store import Store
from include.apod.history.versions import fetch_csv, fetch_raw, read_versions
from include.apod.load.audit import export
from include.apod.run import Run
from include.apod.settings import read_settings
from local.nasa.gateway import Quota
from local.nasa.state import Nasa
from tests.helpers.deployment import environment
from tests.helpers.repository import opened

HOOK = Path(__file__).parent / "hook"
STEPS = ("ingest", "transform", "stage_table", "stage_csv", "publish", "version")
DAYS = 45
OBJECT_NAME = 30  # letters of an object in a DVC remote, after the two of its folder
PRELOAD = (
    "airflow.providers.git.hooks.git",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.sdk",
    *(
        f"include.apod.{name}"
        for name in (
            "airflow.tasks",
            "ingest.ingest",
            "ingest.restore_raw",
            "load.clean",
            "load.publish",
            "load.stage_csv",
            "load.stage_table",
            "load.transform",
            "sources.basic",
            "sources.planetary",
            "sources.session",
            "version.version",
        )
    ),
)


def nasa_with_news():
    """The stand-in, and the switch between the evening before and today: a picture more, and an edit of another."""
    from local.nasa.archive import record_of

    nasa = Nasa(record_of)
    nasa.gateway.keys["a key"] = Quota(100_000)
    return nasa


@dataclass
class World:
    """One deployment: its files under `home`, its database, its connections, and NASA's stand-in."""

    home: Path
    server: object
    nasa: Nasa
    url: str
    today: object

    @property
    def here(self):
        return self.home / "world"

    @property
    def evening(self):
        return self.home / "the evening before"

    @property
    def store(self):
        return Store(self.here / "data")

    @property
    def remote(self):
        return self.here / "remote"

    @property
    def repository(self):
        return opened((self.here / "repository.git").as_uri())

    @property
    def temporary(self):
        return self.here / "tmp"

    @property
    def armed(self):
        return self.home / "armed.json"

    def connect(self, name="chaos"):
        return psycopg.connect(self.server.dsn(name), autocommit=True)

    def environment(self):
        """What a deployment would set."""
        login = {"host": "127.0.0.1", "port": self.server.port, "login": "postgres", "password": self.server.password}
        return environment(
            store=self.store.root,
            postgres={"conn_type": "postgres", "schema": "chaos", **login},
            repository=self.repository.url,
            nasa=self.url,
            remote=self.remote,
            APOD_SINCE=f"{self.today - DAYS * DAY}",
            APOD_CHAOS=str(self.armed),
            PYTHONPATH=str(HOOK),
            TMPDIR=str(self.temporary),
        )

    def tell(self, *, news):
        """What NASA says: as the evening before, or with a picture more and an edit."""
        edited = self.today - 3 * DAY
        self.nasa.faults = []
        self.nasa.edits = []
        if news:
            self.nasa.edit(edited, title="Edited by NASA")
        else:
            from local.nasa.faults import Fault

            self.nasa.faults = [Fault("missing", first=self.today, last=self.today)]
        self.nasa.remembered.clear()

    def found(self):
        """Makes the evening before: one version, everything in line."""
        self.preload()
        shutil.rmtree(self.here, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        self._new_database("template1")
        self.make_repository()
        self.tell(news=False)
        self.whole_run()
        self.tell(news=True)
        shutil.rmtree(self.evening, ignore_errors=True)
        shutil.copytree(self.here, self.evening, symlinks=True)
        with self.connect("postgres") as connection:
            connection.execute("drop database if exists chaos_evening with (force)")
            connection.execute("create database chaos_evening template chaos")

    @staticmethod
    def preload():
        """Once, not in each process."""
        for name in PRELOAD:
            importlib.import_module(name)

    def make_repository(self):
        """A bare repository with one commit of code."""
        work = self.home / "code"
        shutil.rmtree(work, ignore_errors=True)
        git = ("git", "-c", "user.name=A Developer", "-c", "user.email=dev@example.org")
        for command in (
            ("git", "init", "-q", "--bare", "--initial-branch=main", self.here / "repository.git"),
            ("git", "init", "-q", "--initial-branch=main", work),
            (*git, "-C", work, "commit", "-q", "--allow-empty", "-m", "code"),
            ("git", "-C", work, "push", "-q", self.here / "repository.git", "main"),
        ):
            subprocess.run(list(map(str, command)), check=True, capture_output=True)

    def set_back(self):
        """Everything as it was the evening before."""
        self._kill_orphans()
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self.evening, self.here, symlinks=True)
        self._new_database("chaos_evening")
        self.armed.unlink(missing_ok=True)

    def _kill_orphans(self):
        """What a killed step has left running, such as its clone, which ends with its container."""
        orphans = [
            process
            for process in psutil.process_iter(["cwd"])
            if (process.info["cwd"] or "").startswith(f"{self.temporary}/")
        ]
        for process in orphans:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(orphans, timeout=10)

    def _new_database(self, template):
        with self.connect("postgres") as connection:
            connection.execute("drop database if exists chaos with (force)")
            connection.execute(f"create database chaos template {template}")

    def arm(self, point, skip=0, kill=()):
        self.armed.write_text(json.dumps({"point": point, "skip": skip, "kill": [*kill]}))

    def run(self, step):
        """Does a step as its task does it, in a process of its own; returns its exit status and what it said."""
        words = self.home / "words"
        words.unlink(missing_ok=True)
        sys.stdout.flush()
        with warnings.catch_warnings():  # the child touches none of the threads of this process
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            os._exit(self._in_child(step, words))
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status), words.read_text() if words.exists() else ""

    def _in_child(self, step, words):
        try:
            os.environ.update(self.environment())
            read_settings.cache_clear()
            tempfile.tempdir = None
            sys.path.insert(0, str(HOOK))
            import sitecustomize  # noqa: F401  # listens from here on, in this process alone

            from include.apod.airflow import tasks
            from include.apod.errors import NotPublished

            try:
                report = getattr(tasks, step)(Run(f"chaos {time.time_ns()}"))
                words.write_text(report.sentence)
            except NotPublished as nothing:
                words.write_text(f"skipped: {nothing}")
        except BaseException:  # noqa: BLE001  # it ends the process
            words.write_text(traceback.format_exc())
            return 1
        return 0

    def whole_run(self):
        """One ordinary run of the three DAGs, a minute later; every task of it must end well."""
        self.later()
        for step in STEPS:
            status, said = self.run(step)
            assert status == 0, f"{step}: {status} {said}"

    def postgres_pids(self):
        """The server's process and all below it."""
        top = psutil.Process(int((self.server.data / "postmaster.pid").read_text().splitlines()[0]))
        return [process.pid for process in [top, *top.children(recursive=True)]]

    def facts(self):
        """What a stranger can see, without what may differ from run to run: times, ids and commits."""
        with self.connect() as connection:
            exported = table_md5(connection)
            corrections = connection.execute(
                "select date, field, before, after, cause from apod.correction order by date, field"
            ).fetchall()
            loads = connection.execute("select added, changed, removed, md5 from apod.load order by load_id").fetchall()
            recorded = connection.execute(
                "select version_commit, md5 from apod.version order by committed_at"
            ).fetchall()
        with scratch("facts") as folder:
            clone = clone_history(self.repository, folder / "clone")
            versions = read_versions(clone)
            for number, version in enumerate(versions):
                assert fetch_csv(version, folder / f"{number}.csv"), f"{version.subject}: the CSV is not in the remote"
                fetch_raw(version, folder / f"raw {number}")
            held = [
                (seen.date, seen.source, seen.sha256)
                for path in raw_store.months(folder / "raw 0")
                for seen in raw_store.parse_month(path.read_bytes(), path)
            ]
            touched = clone.git("diff", "--name-only", "HEAD~1", "HEAD").split()
        return {
            "one md5": {exported, md5_of(self.store.csv), versions[0].csv},
            "versions": [version.subject for version in versions],
            "recorded": [held for _, held in recorded] == [version.csv for version in reversed(versions)],
            "touched": touched,
            "csv": exported,
            "corrections": corrections,
            "loads": loads,
            "raw": self.words(),
            "raw of the version": held,
            "left over": self.left_over(),
        }

    def half_done(self):
        """What must never be seen, not even right after a kill: a CSV ahead of the table, a version without bytes."""
        with self.connect() as connection:
            proven = {sealed for (sealed,) in connection.execute("select md5 from apod.load").fetchall()}
            exported = table_md5(connection)
        ahead = self.store.csv.exists() and md5_of(self.store.csv) not in proven
        wrong = ["the CSV is ahead of the table"] * ahead
        wrong += ["the table was not proven"] * (exported not in proven)
        with scratch("half") as folder:
            tip = read_versions(clone_history(self.repository, folder / "clone"))[0]
            wrong += ["the branch names bytes that are lost"] * (not fetch_csv(tip, folder / "csv"))
            fetch_raw(tip, folder / "raw")
        return wrong

    def words(self):
        """The raw store without the time of asking."""
        return [
            (seen.date, seen.source, seen.sha256)
            for path in raw_store.months(self.store.raw)
            for seen in raw_store.parse_month(path.read_bytes(), path)
        ]

    def left_over(self):
        """Files that only a killed process can have left."""
        stray = [*self.store.root.rglob("*.tmp"), *self.store.root.glob("raw.restoring"), *self.temporary.iterdir()]
        stray += [path for path in self.remote.rglob("*") if path.is_file() and len(path.stem) != OBJECT_NAME]
        return [str(path.relative_to(self.here)) for path in stray]

    def later(self):
        """A minute passes until Airflow tries again."""
        past = time.time() - 120
        for path in self.remote.rglob("*.tmp"):
            os.utime(path, (past, past))

    def lose_the_disk(self):
        """A new container: nothing that was not in git, DVC or PostgreSQL."""
        self._kill_orphans()
        shutil.rmtree(self.store.root)
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()


def table_md5(connection):
    """The md5 of PostgreSQL's own export of the table."""
    blocks = []
    with connection.cursor() as cursor:
        export(cursor, lambda block: blocks.append(bytes(block)))
    return md5_hex(b"".join(blocks))


def today():
    return newest_publishable(datetime.now(UTC) - timedelta(hours=1))
