"""The real scheduler: events that it loses, doubles and merges, and its processes and tasks killed under it."""

import json
import os
import time
from datetime import UTC, datetime

import httpx
import pytest

from include.apod.days import DAY, newest_publishable
from local.stack.layout import Layout
from local.stack.ready import bring_up
from local.stack.stack import Stack
from tests.helpers.airflow_under_test import Airflow
from tests.helpers.project import PROJECT
from tests.helpers.world import HOOK

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def airflow(tmp_path_factory):
    """Up, with ten months of archive at one version: seven edits at once are no mass change."""
    home = tmp_path_factory.mktemp("a scheduler to kill")
    extra = {
        "APOD_SINCE": f"{newest_publishable(datetime.now(UTC)) - 300 * DAY}",
        "APOD_CHAOS": str(home / "armed.json"),
        "PYTHONPATH": os.pathsep.join([str(HOOK), str(PROJECT)]),
        # a scheduler that died, and a task that went with it, are noticed within seconds instead of five minutes
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    }
    stack = Stack(Layout(base=home), print, extra)
    with stack.locked():
        try:
            running = Airflow(stack, home)
            running.trigger("ingest")
            running.settle()
            yield running
            running.rest.close()
        finally:
            stack.stop()


def test_a_consumer_that_was_paused_for_a_week(airflow):
    """Airflow stores no event for it; the first one afterwards brings all of the week."""
    airflow.pause("load", paused=True)
    for number in range(3):
        airflow.news(f"Paused {number}", days_ago=number + 1)
        airflow.trigger("ingest")
        airflow.settle()
    behind = airflow.state()
    airflow.pause("load", paused=False)
    airflow.news("After the pause", days_ago=5)
    airflow.trigger("ingest")
    airflow.settle()

    assert airflow.in_line != behind
    assert airflow.in_line == airflow.state()


def test_a_lost_event_is_made_good_by_any_later_look(airflow):
    """As the daily clock of each consumer takes one, and a person by a trigger."""
    airflow.pause("load", paused=True)
    airflow.news("Lost")
    airflow.trigger("ingest")
    airflow.settle()
    airflow.pause("load", paused=False)
    airflow.trigger("load")
    airflow.settle()

    assert airflow.in_line == airflow.state()


def test_events_that_stand_for_nothing(airflow):
    """Doubled and merged, of both assets: nothing is committed."""
    before = airflow.tip()
    airflow.emit("apod_csv", 4)
    airflow.emit("apod_raw", 4)
    airflow.settle()

    assert before == airflow.tip()
    assert airflow.in_line == airflow.state()


def test_a_folder_that_another_host_has_written_to_stops_the_load_with_one_line(airflow):
    """A local folder on two hosts would look like an archive without news. Nothing is loaded from it."""
    before = airflow.tip()
    airflow.emit("apod_raw", 1, {"host": "worker-9", "store": "the folder of worker-9"})
    airflow.settle()
    failed = airflow.rest.newest_run("apod_load")
    state, error = airflow.rest.state(failed), airflow.rest.error(failed, "transform", 1)
    airflow.news("After the other host")
    airflow.trigger("ingest")
    airflow.settle()

    assert "failed" == state
    assert "is not the folder that the task before wrote to on worker-9" in error
    assert "set APOD_STORE to an object store" in error
    assert before != airflow.tip()
    assert airflow.in_line == airflow.state()


def test_a_consumer_that_is_busy(airflow):
    """apache/airflow#56050: events that come while it runs may wait for the next; its state does not."""
    for number in range(5):
        airflow.news(f"Busy {number}", days_ago=number + 1)
        airflow.trigger("ingest")
        time.sleep(0.7)
    airflow.settle()

    assert airflow.in_line == airflow.state()


def test_two_ingests_and_a_version_by_hand_at_once(airflow):
    """One of each runs at a time, in whatever order."""
    airflow.news("At once")
    airflow.trigger("version", message="by hand")
    airflow.trigger("ingest")
    airflow.trigger("ingest")
    airflow.trigger("version", message="by hand again")
    airflow.settle()

    assert airflow.in_line == airflow.state()


def test_a_scheduler_that_is_killed_before_the_consumer_woke(airflow):
    """The event is in the database, or its state speaks at the next look."""
    airflow.news("Before the consumer woke")
    ingest = airflow.trigger("ingest")
    airflow.await_state(ingest, "success")
    airflow.kill("scheduler")
    airflow.restart_scheduler()
    airflow.trigger("ingest")
    airflow.settle()
    airflow.trigger("load")
    airflow.settle()

    assert airflow.in_line == airflow.state()


@pytest.mark.chaos
@pytest.mark.parametrize(
    ("dag", "point"),
    [
        ("ingest", "file.renamed ????-??.jsonl"),
        ("ingest", "task.done"),
        ("load", "file.renamed manifest.json"),
        ("load", "staging.committed"),
        ("load", "publish.committed"),
        ("version", "version.pushed"),
        ("version", "task.done"),
    ],
)
def test_a_task_that_is_killed_in_the_scheduler(airflow, dag, point):
    """Airflow itself tries again, and its event follows; nobody does anything by hand."""
    airflow.news(f"{dag} killed at {point}", days_ago=2)
    if dag != "ingest":
        airflow.pause(dag, paused=True)
        airflow.trigger("ingest")
        airflow.settle()
    airflow.armed.write_text(json.dumps({"point": point, "skip": 0, "kill": []}))
    if dag != "ingest":
        airflow.pause(dag, paused=False)
    key = airflow.trigger(dag)
    airflow.await_strike()
    airflow.await_state(key, "success", "failed")
    airflow.settle()

    assert "success" == airflow.rest.state(key)
    assert airflow.in_line == airflow.state()


@pytest.mark.chaos
def test_a_scheduler_that_is_killed_while_a_task_runs(airflow):
    """The task's process goes with it; Airflow notices that its heart stopped, and tries again."""
    airflow.news("Killed with its task", days_ago=4)
    scheduler = airflow.stack.processes.running()["scheduler"]
    pids = [process.pid for process in [*scheduler.children(recursive=True), scheduler]]
    airflow.armed.write_text(json.dumps({"point": "publish.merged", "skip": 0, "kill": pids}))
    airflow.trigger("ingest")
    airflow.await_strike()
    airflow.restart_scheduler()
    time.sleep(30)
    airflow.settle()
    airflow.trigger("load")  # as its daily clock does; the event may have died with the scheduler
    airflow.settle()
    airflow.trigger("version")
    airflow.settle()

    assert airflow.in_line == airflow.state()


@pytest.mark.chaos
@pytest.mark.parametrize("parts", [("postgres",), None], ids=["postgres", "the whole stack"])
def test_a_stack_that_is_killed(airflow, parts):
    """`./apod up`, an ordinary run, and the daily look of each consumer: an event of the dead stack may be lost."""
    airflow.news(f"Killed: {parts}", days_ago=3)
    airflow.trigger("ingest")
    time.sleep(1.5)
    airflow.kill(*(parts or airflow.stack.processes.running()))
    airflow.rest.close()
    airflow.rest = bring_up(airflow.stack)
    httpx.post(f"{airflow.stack.stand_in}/-/edits", content="\n".join(edits(airflow.expected))).raise_for_status()
    airflow.trigger("ingest")
    airflow.settle()
    airflow.trigger("load")
    airflow.settle()
    airflow.trigger("version")
    airflow.settle()

    assert airflow.in_line == airflow.state()


def edits(expected):
    """What the stand-in has to be told again after it was killed, too."""
    return [json.dumps({"date": f"{day}", "at": None, "new": {"title": title}}) for day, title in expected.items()]
