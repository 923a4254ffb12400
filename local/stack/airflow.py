"""Airflow's own processes and their settings. docs/design.md says what each setting buys."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.apod.sources import HOST_SERVICE, SERVICES, service
from local.stack.environment import own_environment
from local.stack.errors import StackError
from local.stack.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack.layout import Layout
    from local.stack.postgres import Server

API_KEY_DEFAULT = "DEMO_KEY"

# Each process of Airflow reads it first. The scheduler imports once what the workers it forks would each import. And
# what a process builds while it starts stays until it ends: looking through it for garbage is a tenth of the start, and
# most of the end.
PRELOAD = """\
import atexit
import gc
import sys

gc.set_threshold(50_000, 100, 100)
atexit.register(gc.freeze)

if "scheduler" in sys.argv:
    import airflow.dag_processing.dagbag
    import airflow.providers.common.sql.operators.sql
    import airflow.providers.git.hooks.git
    import airflow.providers.postgres.hooks.postgres
    import airflow.providers.standard.decorators.python
    import airflow.providers.standard.decorators.sensor
    import airflow.sdk.bases.decorator
    import airflow.sdk.definitions.decorators.condition
    import airflow.sdk.definitions.decorators.setup_teardown
    import airflow.sdk.definitions.decorators.task_group
    import airflow.sdk.execution_time.supervisor
    import airflow.sdk.execution_time.task_runner
    import include.apod.ingest.ingest
    import include.apod.load.clean
    import include.apod.load.publish
    import include.apod.load.stage_csv
    import include.apod.load.stage_table
    import include.apod.load.transform
    import include.apod.release.release
    import include.apod.sources.session
    import include.apod.version.version
    from include.apod.sources import SERVICES, service

    for name in SERVICES:
        service(name)
"""


def connection(conn_type: str, **fields: Any) -> str:
    """An Airflow connection as the JSON of its environment variable."""
    return json.dumps({"conn_type": conn_type, **fields})


@dataclass(frozen=True)
class NasaAccess:
    """How the pipeline reaches NASA's services.

    Attributes:
        stand_in: address of the stand-in, which serves all of them; empty for NASA's own addresses.
        key: the API key.
    """

    stand_in: str
    key: str

    @property
    def connection(self) -> str:
        """Connection `apod_api`."""
        urls = {name: self.stand_in or service(name).BASE_URL for name in SERVICES}
        return connection("http", host=urls[HOST_SERVICE], password=self.key, extra=urls)


def pipeline_environment(layout: Layout, server: Server, nasa: NasaAccess, code_version: str) -> dict[str, str]:
    """The connections and settings of the pipeline itself: what a deployment would set."""
    settings = {
        "APOD_STORE": str(layout.store),
        "APOD_DVC_PYTHON": sys.executable,
        "APOD_RELEASE": str(layout.release),
        "APOD_CODE_VERSION": code_version,
        "APOD_PICTURES_FROM": nasa.stand_in,
        "APOD_PAUSE_SECONDS": "1" if layout.live else "0",
    }
    return {
        **settings,
        "AIRFLOW_CONN_APOD_API": nasa.connection,
        "AIRFLOW_CONN_APOD_POSTGRES": connection(
            "postgres",
            host="127.0.0.1",
            port=server.port,
            login="postgres",
            password=server.password,
            schema="apod",
        ),
    }


def version_environment(repository_url: str, remote_url: str) -> dict[str, str]:
    """Where versions go."""
    return {"APOD_DVC_REMOTE": remote_url, "AIRFLOW_CONN_APOD_GIT": connection("git", host=repository_url)}


def airflow_environment(layout: Layout, server: Server, facts: Mapping[str, Any]) -> dict[str, str]:
    """Airflow's settings for two cores and one person."""
    dsn = server.dsn("airflow").replace("postgresql://", "postgresql+psycopg2://")
    options = {
        "API__BASE_URL": f"http://127.0.0.1:{facts['api_port']}",
        "API__HOST": "127.0.0.1",
        "API__PORT": facts["api_port"],
        "API__SECRET_KEY": facts["api_secret"],
        "API__WORKERS": 1,
        "API_AUTH__JWT_SECRET": facts["jwt_secret"],
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": PROJECT / "dags",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{facts['api_port']}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": facts["fernet_key"],
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__PARALLELISM": 4,
        "CORE__PLUGINS_FOLDER": PROJECT / "plugins",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": layout.airflow / "passwords.json",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "DAG_PROCESSOR__REFRESH_INTERVAL": 10,
        "DATABASE__CHECK_MIGRATIONS": "False",
        "DATABASE__SQL_ALCHEMY_CONN": dsn,
        "LOGGING__BASE_LOG_FOLDER": layout.airflow / "logs",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.25,
        "USAGE_DATA_COLLECTION__ENABLED": "False",
        "WORKERS__EXECUTION_API_RETRIES": 8,
        "WORKERS__EXECUTION_API_TIMEOUT": 30,
        "WORKERS__MIN_HEARTBEAT_INTERVAL": 1,
    }
    return {
        **{f"AIRFLOW__{name}": str(value) for name, value in options.items()},
        "AIRFLOW_HOME": str(layout.airflow),
        "PYTHONPATH": str(PROJECT),
    }


def prepare(layout: Layout, password: str) -> None:
    """Writes what Airflow reads from its home: the login and the preload."""
    (layout.airflow / "config").mkdir(parents=True, exist_ok=True)
    passwords = layout.airflow / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({"admin": password}) + "\n")
    (layout.airflow / "config" / "airflow_local_settings.py").write_text(PRELOAD)


def migrate(env: Mapping[str, str]) -> None:
    """Makes Airflow's own tables, or brings them up to date."""
    result = subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        env=own_environment(env), cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode:
        raise StackError(f"Airflow's database could not be set up:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")


def new_secrets() -> dict[str, str]:
    """The secrets of a new stack."""
    from cryptography.fernet import Fernet

    return {
        "postgres_password": secrets.token_urlsafe(24),
        "login_password": secrets.token_urlsafe(9),
        "api_secret": secrets.token_urlsafe(32),
        "jwt_secret": secrets.token_urlsafe(64),
        "fernet_key": Fernet.generate_key().decode(),
    }
