"""Celery, Redis and two workers that share no disk; store and DVC remote in S3, git over http, for `make cluster`."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import typer

from local.stack import airflow
from local.stack.errors import StackError
from local.stack.layout import PROJECT
from local.stack.ports import any_free
from local.stack.processes import own_environment, pause
from local.stack.ready import bring_up
from local.stack.repository import git

if TYPE_CHECKING:
    from local.stack.rest import Rest
    from local.stack.stack import Stack

WORKERS = {"worker-1": 61001, "worker-2": 61002}  # their users, where root starts them
BUCKET = "apod"
REGION = "us-east-1"
DEAD_SECONDS = 20  # without a heartbeat
PATIENCE = 300


@dataclass
class Cluster:
    """Services that a cluster has and a laptop has not, around a stack whose executor is Celery.

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
        start("git", [sys.executable, "-m", "tools.git_server", folder, port], own_environment(token), root)
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
            typer.echo("not root: both workers are your user, and only their folders are apart")
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
