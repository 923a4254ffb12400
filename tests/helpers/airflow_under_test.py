"""A real Airflow, for tests that trigger it, pause it, and kill it."""

import json
import signal
import sys
import time
from datetime import UTC, datetime

import httpx
import psutil
import psycopg

from include.apod.adapters.files import md5_of
from include.apod.days import DAY, newest_publishable
from include.apod.formats.pointers import object_in
from include.apod.formats.store import Store
from local.stack.environment import own_environment
from local.stack.ready import bring_up
from tests.helpers.project import PROJECT, run
from tests.helpers.world import table_md5

PATIENCE_SECONDS = 400


class Airflow:
    """A resident stack with the kill hook in each of its processes."""

    def __init__(self, stack, home):
        self.stack = stack
        self.armed = home / "armed.json"
        self.rest = bring_up(stack)
        self.expected = {}
        self.today = newest_publishable(datetime.now(UTC))

    def news(self, title, days_ago=1):
        """NASA edits a picture of the look-back."""
        day = self.today - days_ago * DAY
        self.expected[day] = title
        edit = json.dumps({"date": f"{day}", "at": None, "new": {"title": title}})
        httpx.post(f"{self.stack.stand_in}/-/edits", content=edit).raise_for_status()

    def trigger(self, dag, **params):
        return self.rest.trigger(f"apod_{dag}", params)

    def pause(self, dag, *, paused):
        self.rest.call("PATCH", f"/dags/apod_{dag}", json={"is_paused": paused})

    def emit(self, asset, times, extra=()):
        """Events that nobody's work stands behind."""
        found = self.rest.call("GET", "/assets", params={"name_pattern": asset})["assets"]
        for _ in range(times):
            self.rest.call("POST", "/assets/events", json={"asset_id": found[0]["id"], "extra": dict(extra)})

    def settle(self):
        """Waits until nothing is unfinished; an event is in the queue before the run that sent it ends."""
        query = """select dag_id from dag_run where state in ('queued', 'running') union all
            select target_dag_id from asset_dag_run_queue"""  # as long as Airflow 3.3.2 takes the DAG for busy
        since = time.monotonic()
        with psycopg.connect(self.stack.server.dsn("airflow"), autocommit=True) as connection:
            while unfinished := connection.execute(query).fetchall():
                assert time.monotonic() - since < PATIENCE_SECONDS, unfinished
                time.sleep(0.2)

    def tip(self):
        return run("git", "rev-parse", "main", cwd=self.stack.layout.repository)

    def await_state(self, key, *states):
        began = time.monotonic()
        while (state := self.rest.state(key)) not in states:
            assert time.monotonic() - began < PATIENCE_SECONDS, f"{key} is {state}"
            time.sleep(0.1)

    def await_strike(self):
        """Waits until the armed process is dead."""
        began = time.monotonic()
        while self.armed.exists():
            assert time.monotonic() - began < PATIENCE_SECONDS, "the point was not reached"
            time.sleep(0.1)

    def kill(self, *parts):
        for part in parts:
            top = self.stack.processes.running()[part]
            for process in [*top.children(recursive=True), top]:
                try:
                    process.send_signal(signal.SIGKILL)
                except psutil.NoSuchProcess:
                    continue

    def restart_scheduler(self):
        """As whatever watches over it in a deployment does."""
        command = [sys.executable, "-m", "airflow", "scheduler", "--skip-serve-logs"]
        self.stack.processes.start("scheduler", command, own_environment(self.stack.environment()), PROJECT)

    def state(self):
        """Titles in the table, corrections that stand there twice, md5s of table and CSV, and the branch's own."""
        with psycopg.connect(self.stack.server.dsn("apod"), autocommit=True) as connection:
            exported = table_md5(connection)
            titles = dict(
                connection.execute(
                    "select date, title from apod.picture where date = any(%s)", [[*self.expected]]
                ).fetchall()
            )
            doubled = connection.execute(
                "select date, field, after from apod.correction group by 1, 2, 3 having count(*) > 1"
            ).fetchall()
        pointer = run("git", "show", "main:data/apod_data.csv.dvc", cwd=self.stack.layout.repository)
        md5s = {exported, md5_of(Store(self.stack.layout.store).csv), object_in(pointer)}
        return titles, doubled, len(md5s)

    @property
    def in_line(self):
        """That state, where all holds what NASA says, each correction once."""
        return self.expected, [], 1
