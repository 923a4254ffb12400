"""The few calls of Airflow's REST API that the command line needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from local.stack.errors import StackError

UNFINISHED = ("queued", "running")


@dataclass(frozen=True)
class RunKey:
    """One run of a DAG."""

    dag: str
    run: str

    @property
    def path(self) -> str:
        return f"/dags/{self.dag}/dagRuns/{self.run}"


class Rest:
    """A logged-in session with one Airflow."""

    def __init__(self, address: str, password: str) -> None:
        self._http = httpx.Client(base_url=f"{address}/api/v2", timeout=60)
        login = self._http.post(f"{address}/auth/token", json={"username": "admin", "password": password})
        if login.is_error:
            raise StackError(f"Airflow at {address} refuses our login: {login.status_code} {login.text[:200]}")
        self._http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of an answer; raises StackError with Airflow's own words."""
        answer = self._http.request(method, path, **arguments)
        if answer.is_error:
            raise StackError(f"Airflow answered {method} {path} with {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    @property
    def authorization(self) -> str:
        """The header that says who we are, for what is not of the REST API."""
        return str(self._http.headers["Authorization"])

    def close(self) -> None:
        self._http.close()

    def has_dag(self, dag: str) -> bool:
        return self._http.get(f"/dags/{dag}").is_success

    def import_errors(self) -> str:
        found = self.call("GET", "/importErrors")["import_errors"]
        return "\n".join(f"{error['filename']}: {error['stack_trace']}" for error in found)

    def trigger(self, dag: str, params: dict[str, Any]) -> RunKey:
        """Starts a run and returns its key."""
        body = {"logical_date": None, "conf": params}
        return RunKey(dag, self.call("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"])

    def newest_run(self, dag: str) -> RunKey | None:
        runs = self.call("GET", f"/dags/{dag}/dagRuns", params={"order_by": "-id", "limit": 1})["dag_runs"]
        return RunKey(dag, runs[0]["dag_run_id"]) if runs else None

    def end_unfinished(self, dag: str, before: datetime) -> int:
        """Marks failed what a killed stack left unfinished, so that it does not block new runs; says how many."""
        found = self.call("GET", f"/dags/{dag}/dagRuns", params={"state": UNFINISHED, "limit": 100})["dag_runs"]
        runs = [run for run in found if datetime.fromisoformat(run["queued_at"]) < before]
        for run in runs:
            self.call("PATCH", RunKey(dag, run["dag_run_id"]).path, json={"state": "failed"})
        return len(runs)

    def state(self, run: RunKey) -> str:
        return str(self.call("GET", run.path)["state"])

    def tasks(self, run: RunKey) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"{run.path}/taskInstances")["task_instances"]
        return found

    def report(self, run: RunKey, task: str) -> str | None:
        """What a step said of its work."""
        answer = self._http.get(f"{run.path}/taskInstances/{task}/xcomEntries/report")
        return str(answer.json()["value"]) if answer.is_success else None

    def error(self, run: RunKey, task: str, attempt: int) -> str:
        """The error that a task's attempt ended with, from its log."""
        path = f"{run.path}/taskInstances/{task}/logs/{attempt}"
        lines = self.call("GET", path, params={"full_content": True}, headers={"Accept": "application/json"})["content"]
        details = [line["error_detail"] for line in lines if isinstance(line, dict) and line.get("error_detail")]
        if details:
            outermost = details[-1][0]  # ours, and its message says the cause
            return f"{outermost['exc_type']}: {outermost['exc_value']}"
        return "\n".join(str(line.get("event", line)) if isinstance(line, dict) else str(line) for line in lines[-8:])
