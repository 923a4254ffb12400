"""The whole local stack: start, stop, and how to reach its parts."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import httpx
from filelock import FileLock, Timeout

from include.apod.adapters.commits import checkout_version
from local.stack import airflow, postgres, repository
from local.stack.environment import check_outward, own_environment
from local.stack.errors import StackError
from local.stack.layout import PROJECT, Layout
from local.stack.ports import any_free, reserve
from local.stack.processes import READY_SECONDS, Processes, looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WANTED_PORTS = {"postgres_port": 5432, "api_port": 8080, "nasa_port": 8765}
AIRFLOW_PARTS: dict[str, tuple[str, ...]] = {
    "api-server": (),
    "dag-processor": (),
    "scheduler": ("--skip-serve-logs",),  # the API server reads the files; the log server would listen everywhere
}


@dataclass
class Stack:
    """One local stack.

    Attributes:
        layout: its folders.
        say: told what is going on, a line at a time.
        extra: more of Airflow's settings.
    """

    layout: Layout
    say: Callable[[str], None]
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def processes(self) -> Processes:
        """Its processes."""
        return Processes(self.layout.processes, self.layout.logs)

    @property
    def facts(self) -> dict[str, Any]:
        """Ports and secrets.

        Raises:
            StackError: the stack was never started.
        """
        try:
            facts: dict[str, Any] = json.loads(self.layout.facts.read_text())
        except FileNotFoundError as error:
            raise StackError("There is no local stack yet; ./apod run makes one.") from error
        except json.JSONDecodeError as error:
            raise StackError(
                f"{self.layout.facts} is damaged ({error}). Delete {self.layout.root}; ./apod run makes a new stack."
            ) from error
        return facts

    @property
    def server(self) -> postgres.Server:
        """Its PostgreSQL server."""
        facts = self.facts
        return postgres.Server(self.layout.postgres, facts["postgres_port"], facts["postgres_password"])

    @property
    def address(self) -> str:
        """The address of Airflow."""
        return f"http://127.0.0.1:{self.facts['api_port']}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the processes that make up a running stack."""
        return ("postgres", *AIRFLOW_PARTS) if self.layout.live else ("postgres", "nasa", *AIRFLOW_PARTS)

    @property
    def stand_in(self) -> str:
        """The address of the stand-in of NASA's services."""
        return f"http://127.0.0.1:{self.facts['nasa_port']}"

    @property
    def repository_url(self) -> str:
        """Where versions are committed: the bare repository, or with NASA's own services a person's own."""
        return self._own("APOD_LIVE_REPOSITORY") or self.layout.repository.as_uri()

    @property
    def remote_url(self) -> str:
        """Where their bytes are: the folder, or with NASA's own services a person's own remote."""
        return self._own("APOD_LIVE_REMOTE") or f"{self.layout.dvc_remote}"

    def _own(self, name: str) -> str:
        """What a person has set; never for the stand-in, whose fiction stays on this machine."""
        return os.environ.get(name, "") if self.layout.live else ""

    @property
    def nasa(self) -> airflow.NasaAccess:
        """How the pipeline reaches NASA's services, or their stand-in."""
        if self.layout.live:
            return airflow.NasaAccess("", os.environ.get("APOD_API_KEY") or airflow.API_KEY_DEFAULT)
        return airflow.NasaAccess(self.stand_in, "stand-in")

    def environment(self) -> dict[str, str]:
        """The environment variables with which Airflow reaches this stack."""
        pipeline = airflow.pipeline_environment(self.layout, self.server, self.nasa, checkout_version(PROJECT))
        pipeline |= airflow.version_environment(self.repository_url, self.remote_url)
        return {**airflow.airflow_environment(self.layout, self.server, self.facts), **pipeline, **self.extra}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other commands from starting, running or stopping this stack at the same time."""
        self.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.layout.release.mkdir(exist_ok=True)
        lock = FileLock(self.layout.root / "lock")
        try:
            with lock.acquire(timeout=0):
                yield
        except Timeout as error:
            raise StackError(
                f"Another ./apod command is at work on {self.layout.root}; wait for it to end, then try again."
            ) from error

    def is_up(self) -> bool:
        """Whether `./apod up` left it running, whole; what a killed run left behind does not count."""
        return self.layout.resident.exists() and set(self.parts) <= self.processes.running().keys()

    def start(self) -> None:
        """Starts everything, after ending what a killed command left half running."""
        if self.layout.live:
            check_outward()
        self.stop()
        self._choose_facts()
        airflow.prepare(self.layout, self.facts["login_password"])
        with ThreadPoolExecutor() as pool:
            waiting = [
                pool.submit(self._start_database),
                pool.submit(repository.seed, self.layout.repository),
            ]
            if not self.layout.live:
                waiting.append(pool.submit(self._start_nasa))
            for started in waiting:
                started.result()
        self._migrate()
        env = own_environment(self.environment(), outward=self.layout.live)
        for part, options in AIRFLOW_PARTS.items():
            self.processes.start(part, [sys.executable, "-m", "airflow", part, *options], env, PROJECT)
        self._await_airflow()

    def stay(self) -> None:
        """Makes a running stack a resident one; Airflow's home page complains of a triggerer that is not there."""
        self.processes.start(
            "triggerer",
            [sys.executable, "-m", "airflow", "triggerer", "--skip-serve-logs"],
            own_environment(self.environment(), outward=self.layout.live),
            PROJECT,
        )
        self.layout.resident.touch()

    def stop(self) -> None:
        """Ends every process of the stack: Airflow first, so that no task loses its database."""
        self.layout.resident.unlink(missing_ok=True)
        self.processes.stop("triggerer", *AIRFLOW_PARTS)
        self.processes.stop()

    def _choose_facts(self) -> None:
        """Makes the secrets once; keeps the ports of last time where they are free, and the usual ones at first."""
        facts: dict[str, Any] = {**WANTED_PORTS, **airflow.new_secrets()}
        if self.layout.facts.exists():
            facts = self.facts
        chosen: set[int] = set()
        for name in WANTED_PORTS:
            port = reserve(any_free() if facts[name] in chosen else facts[name])
            chosen.add(port)
            if port != facts[name]:
                self.say(f"port {facts[name]} is taken, using {port}")
            facts[name] = port
        temporary = self.layout.facts.with_suffix(".tmp")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(facts, indent=2))
        temporary.replace(self.layout.facts)

    def _start_database(self) -> None:
        self.say("starting PostgreSQL")
        postgres.start(self.server, self.processes)
        for name in ("airflow", "apod"):
            postgres.create_database(self.server, name)

    def _start_nasa(self) -> None:
        self.say("starting the stand-in of NASA's service (fictional pictures)")
        self.processes.start(
            "nasa",
            [sys.executable, "-P", "-m", "local.nasa", str(self.facts["nasa_port"])],
            own_environment({"PYTHONPATH": str(PROJECT)}),
            PROJECT,
        )

    def _migrate(self) -> None:
        done = self.layout.airflow / "migrated"
        if not done.exists() or done.read_text() != version("apache-airflow"):
            self.say("making Airflow's tables (once)")
            airflow.migrate(self.environment())
            done.write_text(version("apache-airflow"))

    def _await_airflow(self) -> None:
        self.say("starting Airflow")
        with httpx.Client(base_url=self.address, trust_env=False) as client:  # one: its certificates take 30 ms to read
            for _ in looks(READY_SECONDS, 0.2):
                for part in self.parts:
                    self.processes.check(part)
                if _healthy(client):
                    return
        raise StackError(f"Airflow is not ready after {READY_SECONDS} s; its logs are in {self.layout.logs}.")


def _healthy(client: httpx.Client) -> bool:
    """Whether the API answers, knows a live scheduler and can take tasks (its task side is built at first use)."""
    try:
        health = client.get("/api/v2/monitor/health", timeout=5).json()
        execution = client.get("/execution/health", timeout=30)
    except (httpx.TransportError, ValueError):
        return False
    return health["scheduler"]["status"] == "healthy" and execution.is_success
