"""Celery, Redis and two workers that share no disk; store and DVC remote in S3, git over http, for `make cluster`."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import psutil

from local.stack import airflow
from local.stack.environment import own_environment
from local.stack.errors import StackError
from local.stack.layout import PROJECT
from local.stack.ports import any_free
from local.stack.processes import looks
from local.stack.ready import bring_up
from local.stack.repository import git
from tools import workers

if TYPE_CHECKING:
    from pathlib import Path

    from local.stack.airflow_api import AirflowApi
    from local.stack.stack import Stack

WORKERS = {"worker-1": 61001, "worker-2": 61002}  # their users, where root starts them
BUCKET = "apod"
REGION = "us-east-1"
DEAD_SECONDS = 20  # without a heartbeat
READY_SECONDS = 300


@dataclass
class Cluster:
    """The services that a cluster has and a laptop has not, around a stack whose executor is Celery.

    Attributes:
        stack: the rest of it: PostgreSQL, NASA's stand-in, API server, scheduler.
        disks: the folder with the workers' own.
        image: of the workers; empty for plain processes.
        ports: of Redis, S3 and git.
        secret: password of Redis, secret key of S3, token of git.
        containers: of buildah, by worker.
    """

    stack: Stack
    disks: Path
    image: str = ""
    ports: dict[str, int] = field(default_factory=lambda: {name: any_free() for name in ("redis", "s3", "git")})
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    containers: dict[str, str] = field(default_factory=dict)

    @property
    def s3(self) -> str:
        """The address of the object store."""
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
        """The address of the repository."""
        return f"http://127.0.0.1:{self.ports['git']}/{self.stack.layout.repository.name}"

    def start(self) -> AirflowApi:
        """Starts everything; returns a session with its Airflow."""
        api = bring_up(self.stack)
        git("config", "http.receivepack", "true", cwd=self.stack.layout.repository)
        self._start_services()
        for name in WORKERS:
            self.start_worker(name)
        for name in WORKERS:
            self._await_worker(name)
        return api

    def _await_worker(self, name: str) -> None:
        log = self.stack.layout.logs / f"{name}.log"
        for _ in looks(READY_SECONDS):
            if f"{name} ready" in log.read_text(errors="replace"):
                return
            self.stack.processes.check(name)
        raise StackError(f"{name} is not ready after {READY_SECONDS} s:\n{self.stack.processes.last_words(name)}")

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
        start("git", [sys.executable, "-m", "tools.git_server", folder, port], own_environment(token), root)
        for _ in looks(30):
            try:
                httpx.put(f"{self.s3}/{BUCKET}", trust_env=False).raise_for_status()
            except httpx.HTTPError:
                self.stack.processes.check("s3")
            else:
                return
        raise StackError("The object store does not answer.")

    def start_worker(self, name: str) -> None:
        """Starts a worker: in a container, or as a user of its own with a folder that nobody else may look into."""
        home = self.disks / name
        variables = workers.environment(self.stack.environment(), workers.IMAGE_HOME if self.image else str(home))
        if self.image:
            variables.pop("APOD_DVC_PYTHON")
            prefix, program = self._container(name, variables), []
        else:
            variables |= {"HOME": str(home), "LOGNAME": name, "TMPDIR": str(home / "tmp")}
            prefix, program = workers.as_user(name, WORKERS[name], home), [sys.executable, "-m"]
        command = ["airflow", "celery", "worker", "--skip-serve-logs", "--celery-hostname", name]
        self.stack.processes.start(name, [*prefix, *program, *command], own_environment(variables), self.disks)

    def _container(self, name: str, variables: dict[str, str]) -> list[str]:
        """The prefix that runs a command in a container of the image."""
        inside = {
            key: value for key, value in variables.items() if key.startswith(("AIRFLOW", "APOD", "AWS", "PYTHON"))
        }
        if workers.has_docker():
            return workers.in_docker(name, self.image, inside)
        self.containers[name] = workers.buildah_container(self.image, inside)
        return workers.in_buildah(name, self.containers[name])

    def kill(self, name: str) -> None:
        """Ends a worker and all it has started, as a lost machine does."""
        process = self.stack.processes.running()[name]
        family = [*process.children(recursive=True), process]
        for member in family:
            member.kill()
        psutil.wait_procs(family, timeout=10)

    def requests(self) -> int:
        """How many requests the object store has had."""
        return (self.stack.layout.logs / "s3.log").read_text(errors="replace").count(" HTTP/1.1")

    def stop(self) -> None:
        """Ends everything and removes the workers' folders."""
        self.stack.stop()
        for container in self.containers.values():
            subprocess.run(["buildah", "rm", container], capture_output=True, check=False)
        shutil.rmtree(self.disks, ignore_errors=True)
