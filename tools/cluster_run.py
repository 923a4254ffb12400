"""`make cluster`: the whole archive, a day, and a day with a worker killed, on two workers that share no disk.

Beside it, in the same run, the single machine. What is printed was measured or looked at from outside in this run. With
`--image NAME` the workers are containers of that image, started by Docker or buildah.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import httpx
import obstore
import typer

from include.apod.adapters.object_store import open_object_store
from include.apod.load.audit import export
from local.stack.environment import own_environment
from local.stack.errors import StackError
from local.stack.layout import Layout
from local.stack.ready import bring_up
from local.stack.stack import Stack
from tools.chain import await_end, run_chain
from tools.cluster import BUCKET, READY_SECONDS, REGION, WORKERS, Cluster
from tools.git_server import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.stack.airflow_api import AirflowApi

DAYS = 2  # that are kept back, to come one by one
say = typer.echo


class Cost(NamedTuple):
    """Seconds, and requests to the object store."""

    seconds: float
    requests: int


def tasks_by_host(airflow: AirflowApi) -> dict[str, set[str]]:
    """The tasks that ran on each host."""
    tasks: dict[str, set[str]] = {}
    for task in airflow.call("GET", "/dags/~/dagRuns/~/taskInstances", params={"limit": 100})["task_instances"]:
        if task["hostname"]:
            tasks.setdefault(task["hostname"], set()).add(task["task_id"])
    return tasks


def running_on(airflow: AirflowApi) -> Iterator[tuple[str, str]]:
    """Task and host of what runs, until something does."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        query: dict[str, Any] = {"state": "running", "limit": 10}
        for task in airflow.call("GET", "/dags/~/dagRuns/~/taskInstances", params=query)["task_instances"]:
            if task["hostname"]:
                yield task["task_id"], task["hostname"]
        time.sleep(0.02)


def killed_in_the_middle(cluster: Cluster, airflow: AirflowApi) -> str:
    """Brings a day through the chain, and kills the worker that has the first task which is seen to run."""
    previous = airflow.newest_run("apod_version")
    began = time.monotonic()
    airflow.trigger("apod_ingest", {})
    task, host = next((task, host) for task, host in running_on(airflow) if task != "await_picture")
    cluster.kill(host)
    await_end(airflow, "apod_version", previous, READY_SECONDS)
    return f"{host} was killed with task {task}; the other one went on, {time.monotonic() - began:.0f} s to the commit"


def md5s(cluster: Cluster) -> dict[str, str]:
    """The md5 of the table, of the CSV in the store, and of what a stranger pulls by git and DVC."""
    import psycopg

    env = {**own_environment(cluster.stack.environment()), **environment(cluster.secret)}
    digests = {"table": hashlib.md5(usedforsecurity=False)}
    with psycopg.connect(cluster.stack.server.dsn("apod")) as database, database.cursor() as cursor:
        export(cursor, digests["table"].update)
    options = {
        "endpoint": cluster.s3,
        "access_key_id": "cluster",
        "secret_access_key": cluster.secret,
        "region": REGION,
    }
    csv = bytes(obstore.get(open_object_store(f"s3://{BUCKET}/store", options), "apod_data.csv").bytes())
    digests["store"] = hashlib.md5(csv, usedforsecurity=False)
    with tempfile.TemporaryDirectory() as folder:
        for command in (
            ["git", "clone", "--quiet", cluster.repository, "clone"],
            [sys.executable, "-m", "dvc", "--cd", "clone", "pull", "--quiet"],
        ):
            subprocess.run(command, cwd=folder, env=env, check=True)
        pulled = Path(folder, "clone", "data", "apod_data.csv").read_bytes()
        digests["pulled"] = hashlib.md5(pulled, usedforsecurity=False)
    return {name: digest.hexdigest() for name, digest in digests.items()}


def lag(stack: Stack, days: int) -> None:
    """Makes NASA's stand-in keep the newest days back."""
    httpx.post(f"{stack.stand_in}/-/clock", json={"lag_days": days}).raise_for_status()


def measured(stack: Stack, airflow: AirflowApi, count: Callable[[], int]) -> list[Cost]:
    """Seconds and requests to the object store, of the whole archive and of one day."""
    costs = []
    for lag_days in (DAYS, DAYS - 1):
        lag(stack, lag_days)
        before = count()
        costs.append(Cost(run_chain(airflow, limit=READY_SECONDS), count() - before))
    return costs


def single_machine() -> list[Cost]:
    """The same on the stack of `make run`."""
    with local_folder() as layout, Stack(layout, say).locked():
        stack = Stack(layout, say)
        try:
            return measured(stack, bring_up(stack), lambda: 0)
        finally:
            stack.stop()


@contextmanager
def local_folder() -> Iterator[Layout]:
    """A stack's folder of its own, which is removed."""
    with tempfile.TemporaryDirectory(prefix="apod-cluster-") as folder:
        yield Layout(base=Path(folder))


def run(image: str) -> list[str]:
    """Everything on the cluster; returns what to print."""
    with local_folder() as layout:
        disks = Path(tempfile.mkdtemp(prefix="apod-disks-"))
        disks.chmod(0o711)
        stack = Stack(layout, say)
        cluster = Cluster(stack, disks, image)
        stack.extra = cluster.environment()
        with stack.locked():
            try:
                airflow = cluster.start()
            except BaseException:
                cluster.stop()
                raise
            try:
                archive, day = measured(stack, airflow, cluster.requests)
                lag(stack, 0)
                killed = killed_in_the_middle(cluster, airflow)
                tasks, digests = tasks_by_host(airflow), md5s(cluster)
            except StackError as error:
                raise StackError(f"{error}\n{failures(airflow)}") from error
            finally:
                cluster.stop()
    if tasks.keys() != WORKERS.keys():
        raise StackError(f"Tasks ran on {sorted(tasks)} only.")
    if len({*digests.values()}) != 1:
        raise StackError(f"The md5s differ: {digests}")
    return [
        f"whole archive {archive.seconds:6.1f} s, {archive.requests} requests to the object store, DVC's among them",
        f"one day       {day.seconds:6.1f} s, {day.requests} requests",
        *(f"{host}: {', '.join(sorted(names))}" for host, names in sorted(tasks.items())),
        killed,
        f"table, store and what a stranger pulls have one md5: {digests['table']}",
    ]


def failures(airflow: AirflowApi) -> str:
    """What the tasks that failed said."""
    query: dict[str, Any] = {"state": ["failed", "up_for_retry"], "limit": 5}
    failed = airflow.call("GET", "/dags/~/dagRuns/~/taskInstances", params=query)["task_instances"]
    return "\n".join(f"{task['task_id']} on {task['hostname']}: {task['state']}" for task in failed)


def main(image: Annotated[str, typer.Option(help="Run the workers as containers of this image")] = "") -> None:
    """Whole archive, one day, and one day with a worker killed; on the single machine and on the cluster."""
    try:
        alone = single_machine()
        lines = run(image)
    except StackError as error:
        say(f"apod: {error}")
        raise typer.Exit(1) from error
    say("\non a single machine")
    say(f"whole archive {alone[0].seconds:6.1f} s\none day       {alone[1].seconds:6.1f} s")
    say(f"\non two workers{f' of image {image}' if image else ''}, one task at a time each")
    say("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)
