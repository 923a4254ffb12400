"""`astro dev start --standalone`, replayed without the CLI: what it sets, starts and imports, up to a version.

In Docker mode it imports airflow_settings.yaml in the same way; containers and volumes are tried by nothing here.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from include.apod.airflow.lineage import RAW_FIELDS
from include.apod.days import DAY, Span, newest_publishable
from include.apod.formats.columns import COLUMNS
from local.stack.airflow_api import AirflowApi
from local.stack.environment import own_environment
from local.stack.ports import any_free
from tests.helpers.deployment import environment, postgres_connection
from tests.helpers.project import PROJECT, run
from tools.chain import run_chain

SINCE_DAYS = 40


def cli_environment(home, port):
    """What the CLI sets for `airflow standalone`."""
    url = f"http://127.0.0.1:{port}"
    options = {
        "API__PORT": f"{port}",
        "API__BASE_URL": url,
        "API__HOST": "127.0.0.1",
        "CORE__DAGS_FOLDER": f"{PROJECT / 'dags'}",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__FERNET_KEY": "d6Vefz3G9U_ynXB3cr7y_Ak35tAHkEGAVxuz_B-jzWw=",
        "API__SECRET_KEY": "airflow-astro-standalone-secret-key",
        "API_AUTH__JWT_SECRET": "airflow-astro-standalone-jwt-secret-which-is-long-enough-for-it-all-0123456789",
    }
    said = {f"AIRFLOW__{name}": value for name, value in options.items()}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # it calls `airflow` by name
    paths = {"AIRFLOW_HOME": str(home), "PYTHONPATH": str(PROJECT), "NO_PROXY": "*", "PATH": path}
    return {**said, **paths, "ASTRONOMER_ENVIRONMENT": "local", "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1"}


@contextmanager
def standalone(home, settings):
    """`airflow standalone` in a process group of its own; gives its address."""
    port = any_free()
    with (home / "airflow.log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"],
            env=own_environment(cli_environment(home, port) | settings),
            cwd=PROJECT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield wait_for(f"http://127.0.0.1:{port}", child, home / "airflow.log")
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


def wait_for(address, child, log):
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(900):
            assert child.poll() is None, log.read_text()[-2000:]
            try:
                health = client.get("/api/v2/monitor/health").json()
                if health["scheduler"]["status"] == "healthy" and health["dag_processor"]["status"] == "healthy":
                    return address
            except (httpx.TransportError, ValueError):
                pass
            time.sleep(0.2)
    pytest.fail(log.read_text()[-2000:])


def import_settings(address, path):
    """What the CLI does with airflow_settings.yaml, pools and variables included; the status of each call."""
    token = httpx.post(f"{address}/auth/token", json={"username": "admin", "password": "admin"}).json()["access_token"]
    with httpx.Client(base_url=f"{address}/api/v2", headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        return replay(http, path)


def replay(http, path):
    said = yaml.safe_load(path.read_text())["airflow"]
    calls = [
        ("/pools", one["pool_name"], {"name": one["pool_name"], "slots": one["pool_slot"]}) for one in said["pools"]
    ]
    calls += [
        ("/variables", one["variable_name"], {"key": one["variable_name"], "value": one["variable_value"]})
        for one in said["variables"]
    ]
    names = {"conn_id": "connection_id", "conn_type": "conn_type", "conn_extra": "extra"}
    for one in said["connections"]:
        body = {names.get(key, key.removeprefix("conn_")): value for key, value in one.items()}
        calls.append(("/connections", one["conn_id"], body))
    done = []
    for path_, name, body in calls:
        answer = http.post(path_, json=body)
        if answer.status_code == httpx.codes.CONFLICT:
            answer = http.patch(f"{path_}/{name}", json=body)
        done.append((name, answer.status_code))
    found = http.get("/connections", params={"limit": 100}).json()["connections"]
    return done, {one["connection_id"]: one for one in found}


def facts(output):
    """Version, rows and columns of what an event says was written."""
    return (
        output["facets"]["version"]["datasetVersion"],
        output["outputFacets"]["outputStatistics"]["rowCount"],
        [field["name"] for field in output["facets"]["schema"]["fields"]],
    )


def completed(events):
    """The last COMPLETE event that names outputs, by job; a line that is being written is not there yet."""
    text = events.read_text() if events.exists() else ""
    runs = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return {one["job"]["name"]: one for one in runs if one["eventType"] == "COMPLETE" and one.get("outputs")}


@pytest.mark.timeout(600)
def test_standalone_mode_imports_the_settings_and_runs_to_a_commit(nasa, database, bare, tmp_path):
    """Imported twice, as with each start; what a person has in .env goes before it."""
    before = newest_publishable(datetime.now(UTC))
    since = before - SINCE_DAYS * DAY
    nasa.service.now = lambda: datetime.now(UTC)
    dot_env = environment(
        store=tmp_path / "data",
        postgres=postgres_connection(database.info),
        repository=bare.as_uri(),
        nasa=nasa.url,
        remote=tmp_path / "remote",
        APOD_SINCE=f"{since}",
    )
    events = tmp_path / "events.ndjson"
    dot_env |= {
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(events), "append": True}),
        "AIRFLOW__OPENLINEAGE__EXTRACTORS": "include.apod.airflow.lineage.Steps",
    }
    home = tmp_path / "standalone"
    home.mkdir()
    with standalone(home, dot_env) as address:
        first, _ = import_settings(address, PROJECT / "airflow_settings.yaml")
        second, found = import_settings(address, PROJECT / "airflow_settings.yaml")
        rest = AirflowApi(address, "admin")
        for dag in ("apod_version", "apod_load", "apod_ingest"):
            for _ in range(300):
                if rest.has_dag(dag):
                    break
                time.sleep(0.2)
            rest.call("PATCH", f"/dags/{dag}", json={"is_paused": False})
        run_chain(rest, limit=240)
        rest.close()
        for _ in range(150):  # a run is over before its last event is written
            if "apod_version.version" in completed(events):
                break
            time.sleep(0.2)

    told = completed(events)
    outputs = {job: {out["name"]: facts(out) for out in one["outputs"]} for job, one in told.items()}
    commit = run("git", "rev-parse", "main", cwd=bare)
    md5 = hashlib.md5((tmp_path / "data" / "apod_data.csv").read_bytes()).hexdigest()
    raw = f"{tmp_path}/data/raw"
    newest = date.fromisoformat(outputs["apod_ingest.ingest"][raw][0])
    rows, columns = len(Span(since, newest)), [*COLUMNS]

    assert newest in {before, newest_publishable(datetime.now(UTC))}  # a picture may come out meanwhile
    assert {
        "apod_ingest.ingest": {raw: (f"{newest}", rows, [*RAW_FIELDS])},
        "apod_load.publish": {
            f"{database.info.dbname}.apod.picture": (md5, rows, columns),
            f"{tmp_path}/data/apod_data.csv": (md5, rows, columns),
        },
        "apod_version.version": {f"{bare}/data/apod_data.csv.dvc@main": (commit, rows, columns)},
    } == outputs
    reads = {job: [into["name"].rpartition("/")[2] for into in one["inputs"]] for job, one in told.items()}
    assert {"apod_ingest.ingest": ["apod"], "apod_load.publish": ["raw"],
            "apod_version.version": ["raw", "apod_data.csv"]} == reads  # fmt: skip
    assert database.info.password not in events.read_text()

    assert [("apod_api", 201), ("apod_postgres", 201), ("apod_git", 201)] == first
    assert [("apod_api", 200), ("apod_postgres", 200), ("apod_git", 200)] == second
    assert ("postgres", "apod", 5432) == tuple(found["apod_postgres"][key] for key in ("host", "schema", "port"))
    assert "file:///usr/local/apod/github.git" == found["apod_git"]["host"]
    assert f"+{rows}" in run("git", "log", "-1", "--format=%B", "main", cwd=bare)
