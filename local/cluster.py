"""`make cluster`: Celery, Redis and two workers that share no disk; store and DVC remote in S3, git over http.

Beside it, in the same run, the single machine. What is printed was measured or looked at from outside in this run. With
`--image NAME` the workers are containers of that image, started by Docker or buildah.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import obstore
import psutil
import typer

from include.apod.audit import export
from include.apod.objects import open_objects
from local import airflow
from local.chain import chain, ended
from local.errors import StackError
from local.git_server import environment
from local.layout import PROJECT, Layout
from local.ports import any_free
from local.processes import own_environment, pause
from local.ready import bring_up
from local.repository import git
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.rest import Rest

WORKERS = {"worker-1": 61001, "worker-2": 61002}  # their users, where root starts them
BUCKET = "apod"
REGION = "us-east-1"
DAYS = 2  # that are kept back, to come one by one
DEAD_SECONDS = 20  # without a heartbeat
PATIENCE = 300


def say(line: str) -> None:
    typer.echo(line)


@dataclass
class Cluster:
    """Services that a cluster has and a laptop has not, around a stack whose executor is Celery.

    Attributes:
        stack: the rest of it: PostgreSQL, NASA's stand-in, API server, scheduler.
        disks: the folder with the workers' own.
        image: of the workers; empty for plain processes.
        ports: of Redis, S3 and git.
        secret: password of Redis, secret key of S3, token of git.
    """

    stack: Stack
    disks: Path
    image: str = ""
    ports: dict[str, int] = field(default_factory=lambda: {name: any_free() for name in ("redis", "s3", "git")})
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    containers: dict[str, str] = field(default_factory=dict)

    @property
    def s3(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    def environment(self) -> dict[str, str]:
        """What a deployment with many workers sets, beside what every one sets."""
        redis = f"redis://:{self.secret}@127.0.0.1:{self.ports['redis']}"
        celery = {
            "CELERY__BROKER_URL": f"{redis}/0",
            "CELERY__RESULT_BACKEND": f"{redis}/1",
            "CELERY__WORKER_CONCURRENCY": "1",
            "CELERY__WORKER_PREFETCH_MULTIPLIER": "1",
            "CORE__EXECUTOR": "CeleryExecutor",
            # a dead worker is noticed sooner than after Airflow's five minutes
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": f"{DEAD_SECONDS}",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "SCHEDULER__TASK_QUEUED_TIMEOUT": "30",
            "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
        }
        amazon = {"AWS_ACCESS_KEY_ID": "cluster", "AWS_SECRET_ACCESS_KEY": self.secret}
        extra = {"endpoint_url": self.s3, "region_name": REGION}
        return {
            **{f"AIRFLOW__{name}": value for name, value in celery.items()},
            **amazon,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.s3,
            "APOD_STORE": f"s3://{BUCKET}/store",
            "APOD_DVC_REMOTE": f"s3://{BUCKET}/dvc",
            "AIRFLOW_CONN_APOD_STORE": airflow.connection("aws", login="cluster", password=self.secret, extra=extra),
            "AIRFLOW_CONN_APOD_GIT": airflow.connection("git", host=self.repository, password=self.secret),
        }

    @property
    def repository(self) -> str:
        return f"http://127.0.0.1:{self.ports['git']}/{self.stack.layout.repository.name}"

    def start(self) -> Rest:
        """Starts everything; returns a session with its Airflow."""
        rest = bring_up(self.stack)
        git("config", "http.receivepack", "true", cwd=self.stack.layout.repository)
        self._start_services()
        for name in WORKERS:
            self.start_worker(name)
        for name in WORKERS:
            self._await_worker(name)
        return rest

    def _await_worker(self, name: str) -> None:
        log = self.stack.layout.logs / f"{name}.log"
        for _ in range(PATIENCE * 10):
            if f"{name} ready" in log.read_text(errors="replace"):
                return
            self.stack.processes.check(name)
            pause()
        raise StackError(f"{name} is not ready after {PATIENCE} s:\n{self.stack.processes.last_words(name)}")

    def _start_services(self) -> None:
        root, start = self.stack.layout.root, self.stack.processes.start
        server = shutil.which("redis-server") or shutil.which("valkey-server")
        if server is None:
            raise StackError("There is no redis-server; on Debian: apt-get install redis-server.")
        config = root / "redis.conf"
        config.touch(mode=0o600)
        config.write_text(f'bind 127.0.0.1\nport {self.ports["redis"]}\nrequirepass {self.secret}\nsave ""\n')
        start("redis", [server, str(config)], own_environment({}), root)
        start("s3", [sys.executable, "-m", "moto.server", "-p", f"{self.ports['s3']}"], own_environment({}), root)
        token = {"GIT_TEST_TOKEN": self.secret, "PYTHONPATH": str(PROJECT)}
        folder, port = str(self.stack.layout.repository.parent), f"{self.ports['git']}"
        start("git", [sys.executable, "-m", "local.git_server", folder, port], own_environment(token), root)
        for _ in range(300):
            try:
                httpx.put(f"{self.s3}/{BUCKET}").raise_for_status()
            except httpx.HTTPError:
                self.stack.processes.check("s3")
                pause()
            else:
                return
        raise StackError("The object store does not answer.")

    def start_worker(self, name: str) -> None:
        """Starts a worker: as a container, or as a user of its own with a folder that nobody else may look into."""
        env = own_environment(self.worker_environment(name))
        command = ["airflow", "celery", "worker", "--skip-serve-logs", "--celery-hostname", name]
        prefix = self._container(name, env) if self.image else self._user(name)
        program = [] if self.image else [sys.executable, "-m"]
        self.stack.processes.start(name, [*prefix, *program, *command], env, self.disks)

    def worker_environment(self, name: str) -> dict[str, str]:
        """What a worker is told: not the address of Airflow's own database, which it has no business with."""
        known = self.stack.environment()
        told = {key: value for key, value in known.items() if "SQL_ALCHEMY" not in key and "PASSWORDS" not in key}
        home = "/usr/local/airflow" if self.image else str(self.disks / name)
        paths = {"AIRFLOW_HOME": home, "PYTHONPATH": home, "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags"}
        told |= {**paths, "AIRFLOW__LOGGING__BASE_LOG_FOLDER": f"{home}/logs"}
        if self.image:
            return {key: value for key, value in told.items() if key != "APOD_DVC_PYTHON"}
        return told | {"HOME": home, "LOGNAME": name, "TMPDIR": f"{home}/tmp"}  # noqa: S108  # in a folder of its own

    def _user(self, name: str) -> list[str]:
        """Makes a worker's folder; what makes a command its user's, on a host of its own name."""
        home = self.disks / name
        for part in ("dags", "include"):
            shutil.copytree(PROJECT / part, home / part, dirs_exist_ok=True)
        (home / "tmp").mkdir(exist_ok=True)
        home.chmod(0o700)
        if os.geteuid():
            say("not root: both workers are your user, and only their folders are apart")
            return []
        for path in [home, *home.rglob("*")]:
            os.chown(path, WORKERS[name], WORKERS[name])
        become = f"setpriv --reuid={WORKERS[name]} --regid={WORKERS[name]} --clear-groups"
        if subprocess.run([*become.split(), sys.executable, "-c", ""], capture_output=True, check=False).returncode:
            raise StackError(
                f"Other users cannot run {sys.executable}. Clone the project to a folder that all may enter, and set "
                "APOD_PYTHON to a Python that all may run."
            )
        return ["unshare", "--uts", "sh", "-c", f'hostname {name} && exec {become} "$@"', "worker"]

    def _container(self, name: str, env: dict[str, str]) -> list[str]:
        """What runs a command in a container; values do not go by its arguments, since anybody can read those."""
        told = {key: value for key, value in env.items() if key.startswith(("AIRFLOW", "APOD", "AWS", "PYTHONPATH"))}
        if (
            shutil.which("docker")
            and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
        ):
            names = [word for key in told for word in ("--env", key)]
            return [
                "docker",
                "run",
                "--rm",
                "--network=host",
                f"--hostname={name}",
                *names,
                "--entrypoint=",
                self.image,
            ]
        made = subprocess.run(
            ["buildah", "from", "--pull=never", self.image], capture_output=True, text=True, check=True
        )
        self.containers[name] = container = made.stdout.strip()
        root = subprocess.run(
            ["buildah", "mount", container], capture_output=True, text=True, check=True
        ).stdout.strip()
        home = Path(root, "usr/local/airflow")
        file = home / ".worker-environment"
        file.touch(mode=0o600)
        file.write_text("".join(f"{key}={shlex.quote(value)}\n" for key, value in told.items()))
        os.chown(file, home.stat().st_uid, home.stat().st_gid)
        read = 'set -a; . ./.worker-environment; exec "$@"'
        return [
            "buildah",
            "run",
            "--isolation=chroot",
            f"--hostname={name}",
            container,
            "--",
            "sh",
            "-c",
            read,
            "worker",
        ]

    def kill(self, name: str) -> None:
        """Ends a worker and all it has started, as a lost machine does."""
        process = self.stack.processes.running()[name]
        family = [*process.children(recursive=True), process]
        for one in family:
            one.kill()
        psutil.wait_procs(family, timeout=10)

    def requests(self) -> int:
        """How many requests the object store has had."""
        return (self.stack.layout.logs / "s3.log").read_text(errors="replace").count(" HTTP/1.1")

    def stop(self) -> None:
        self.stack.stop()
        for container in self.containers.values():
            subprocess.run(["buildah", "rm", container], capture_output=True, check=False)
        shutil.rmtree(self.disks, ignore_errors=True)


def hosts(rest: Rest) -> dict[str, set[str]]:
    """The tasks that ran on each host."""
    found: dict[str, set[str]] = {}
    for task in rest.call("GET", "/dags/~/dagRuns/~/taskInstances", params={"limit": 100})["task_instances"]:
        if task["hostname"]:
            found.setdefault(task["hostname"], set()).add(task["task_id"])
    return found


def running_on(rest: Rest) -> Iterator[tuple[str, str]]:
    """Task and host of what runs, until something does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        query: dict[str, Any] = {"state": "running", "limit": 10}
        for task in rest.call("GET", "/dags/~/dagRuns/~/taskInstances", params=query)["task_instances"]:
            if task["hostname"]:
                yield task["task_id"], task["hostname"]
        time.sleep(0.02)


def killed_in_the_middle(cluster: Cluster, rest: Rest) -> str:
    """Brings a day through the chain, and kills the worker that has the first task which is seen to run."""
    known = rest.newest_run("apod_version")
    began = time.monotonic()
    rest.trigger("apod_ingest", {})
    task, host = next((task, host) for task, host in running_on(rest) if task != "await_picture")
    cluster.kill(host)
    ended(rest, "apod_version", known, PATIENCE)
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
    csv = bytes(obstore.get(open_objects(f"s3://{BUCKET}/store", options), "apod_data.csv").bytes())
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
    httpx.post(f"{stack.api()[0]}/-/clock", json={"lag_days": days}).raise_for_status()


def measured(stack: Stack, rest: Rest, count: Callable[[], int]) -> list[tuple[float, int]]:
    """Seconds and requests to the object store, of the whole archive and of one day."""
    found = []
    for left in (DAYS, DAYS - 1):
        lag(stack, left)
        before = count()
        found.append((chain(rest, limit=PATIENCE), count() - before))
    return found


def single_machine() -> list[tuple[float, int]]:
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
        before = os.environ.get("APOD_LOCAL")
        os.environ["APOD_LOCAL"] = folder
        try:
            yield Layout()
        finally:
            os.environ.pop("APOD_LOCAL") if before is None else os.environ.update(APOD_LOCAL=before)


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
                rest = cluster.start()
            except BaseException:
                cluster.stop()
                raise
            try:
                (archive, day) = measured(stack, rest, cluster.requests)
                lag(stack, 0)
                killed = killed_in_the_middle(cluster, rest)
                seen, digests = hosts(rest), md5s(cluster)
            except StackError as error:
                raise StackError(f"{error}\n{failures(rest)}") from error
            finally:
                cluster.stop()
    if seen.keys() != WORKERS.keys():
        raise StackError(f"Tasks ran on {sorted(seen)} only.")
    if len({*digests.values()}) != 1:
        raise StackError(f"The md5s differ: {digests}")
    return [
        f"whole archive {archive[0]:6.1f} s, {archive[1]} requests to the object store, DVC's among them",
        f"one day       {day[0]:6.1f} s, {day[1]} requests",
        *(f"{host}: {', '.join(sorted(tasks))}" for host, tasks in sorted(seen.items())),
        killed,
        f"table, store and what a stranger pulls have one md5: {digests['table']}",
    ]


def failures(rest: Rest) -> str:
    """What the tasks that failed said."""
    query: dict[str, Any] = {"state": ["failed", "up_for_retry"], "limit": 5}
    found = rest.call("GET", "/dags/~/dagRuns/~/taskInstances", params=query)["task_instances"]
    return "\n".join(f"{task['task_id']} on {task['hostname']}: {task['state']}" for task in found)


def main(image: Annotated[str, typer.Option(help="Run the workers as containers of this image")] = "") -> None:
    """Whole archive, one day, and one day with a worker killed; on the single machine and on the cluster."""
    try:
        alone = single_machine()
        lines = run(image)
    except StackError as error:
        say(f"apod: {error}")
        raise typer.Exit(1) from error
    say("\non a single machine")
    say(f"whole archive {alone[0][0]:6.1f} s\none day       {alone[1][0]:6.1f} s")
    say(f"\non two workers{f' of image {image}' if image else ''}, one task at a time each")
    say("\n".join(lines))


if __name__ == "__main__":
    typer.run(main)
