"""The few calls of Airflow's REST API that the command line needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from local.stack.errors import StackError

UNFINISHED = ("queued", "running")
TRIES = 3
PAUSE_SECONDS = 1


@dataclass(frozen=True)
class RunKey:
    """One run of a DAG."""

    dag: str
    run: str

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"/dags/{self.dag}/dagRuns/{self.run}"


@dataclass(frozen=True)
class TaskState:
    """One task of a run.

    Attributes:
        task_id: its id.
        state: Airflow's name for its state; empty before it has one.
        try_number: of the newest try.
        start: of the newest try; None before it started.
        duration: in seconds; None before it ended.
    """

    task_id: str
    state: str
    try_number: int
    start: datetime | None
    duration: float | None

    def seconds(self, now: datetime) -> float:
        """How long it has run."""
        if self.duration is not None:
            return self.duration
        return (now - self.start).total_seconds() if self.start else 0.0


@dataclass(frozen=True)
class Question:
    """What a task waits for a person to answer.

    Attributes:
        run: its run.
        task: its id.
        subject: the question.
        body: what he must know to decide, in Markdown.
    """

    run: RunKey
    task: str
    subject: str
    body: str


class AirflowApi:
    """A logged-in session with one Airflow."""

    def __init__(self, address: str, password: str) -> None:
        self._http = httpx.Client(base_url=f"{address}/api/v2", timeout=60, trust_env=False)
        login = self._http.post(f"{address}/auth/token", json={"username": "admin", "password": password})
        if login.is_error:
            raise StackError(f"Airflow at {address} refuses our login: {login.status_code} {login.text[:200]}")
        self._http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """The JSON of a response.

        A request that may be repeated is, where Airflow fails by itself: its scheduler and its API can lock the rows of
        a run in each other's way, and PostgreSQL ends one of the two.

        Raises:
            StackError: Airflow answers with an error; with its own message.
        """
        asking = Retrying(
            retry=retry_if_result(lambda answer: answer.is_server_error and method != "POST"),
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(PAUSE_SECONDS),
            retry_error_callback=lambda last: last.outcome and last.outcome.result(),
        )
        response = asking(self._http.request, method, path, **arguments)
        if response.is_error:
            raise StackError(f"Airflow answered {method} {path} with {response.status_code}: {response.text[:300]}")
        return response.json() if response.content else None

    @property
    def authorization(self) -> str:
        """The Authorization header, for requests outside of the REST API."""
        return str(self._http.headers["Authorization"])

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def has_dag(self, dag: str) -> bool:
        """Whether Airflow has parsed a DAG."""
        return self._http.get(f"/dags/{dag}").is_success

    def import_errors(self) -> str:
        """The DAG files that do not import, with their tracebacks."""
        errors = self.call("GET", "/importErrors")["import_errors"]
        return "\n".join(f"{error['filename']}: {error['stack_trace']}" for error in errors)

    def trigger(self, dag: str, params: dict[str, Any]) -> RunKey:
        """Starts a run."""
        body = {"logical_date": None, "conf": params}
        return RunKey(dag, self.call("POST", f"/dags/{dag}/dagRuns", json=body)["dag_run_id"])

    def newest_run(self, dag: str) -> RunKey | None:
        """The newest run of a DAG; None before the first."""
        runs = self.call("GET", f"/dags/{dag}/dagRuns", params={"order_by": "-id", "limit": 1})["dag_runs"]
        return RunKey(dag, runs[0]["dag_run_id"]) if runs else None

    def end_unfinished(self, dag: str, before: datetime) -> int:
        """Marks runs of a killed stack as failed, so that they do not block new ones; returns their number."""
        query: dict[str, Any] = {"state": UNFINISHED, "limit": 100}
        unfinished = self.call("GET", f"/dags/{dag}/dagRuns", params=query)["dag_runs"]
        runs = [run for run in unfinished if datetime.fromisoformat(run["queued_at"]) < before]
        for run in runs:
            self.call("PATCH", RunKey(dag, run["dag_run_id"]).path, json={"state": "failed"})
        return len(runs)

    def state(self, run: RunKey) -> str:
        """The state of a run."""
        return str(self.call("GET", run.path)["state"])

    def tasks(self, run: RunKey) -> list[TaskState]:
        """The tasks of a run."""
        return [
            TaskState(
                task["task_id"],
                task["state"] or "",
                task["try_number"],
                datetime.fromisoformat(task["start_date"]) if task["start_date"] else None,
                task["duration"],
            )
            for task in self.call("GET", f"{run.path}/taskInstances")["task_instances"]
        ]

    def report(self, run: RunKey, task: str) -> str | None:
        """The sentence of a step's report; None if it has none."""
        response = self._http.get(f"{run.path}/taskInstances/{task}/xcomEntries/report")
        return str(response.json()["value"]) if response.is_success else None

    def questions(self) -> list[Question]:
        """What tasks wait for a person to answer."""
        query: dict[str, Any] = {"response_received": False, "state": "awaiting_input", "limit": 100}
        details = self.call("GET", "/dags/~/dagRuns/~/hitlDetails", params=query)["hitl_details"]
        return [
            Question(
                RunKey(detail["task_instance"]["dag_id"], detail["task_instance"]["dag_run_id"]),
                detail["task_instance"]["task_id"],
                detail["subject"],
                detail["body"],
            )
            for detail in details
        ]

    def answer(self, question: Question, option: str) -> None:
        """Answers a question with one of its options."""
        path = f"{question.run.path}/taskInstances/{question.task}/-1/hitlDetails"
        self.call("PATCH", path, json={"chosen_options": [option], "params_input": {}})

    def error(self, run: RunKey, task: str, attempt: int) -> str:
        """The error that a try of a task ended with, from its log."""
        path = f"{run.path}/taskInstances/{task}/logs/{attempt}"
        lines = self.call("GET", path, params={"full_content": True}, headers={"Accept": "application/json"})["content"]
        details = [line["error_detail"] for line in lines if isinstance(line, dict) and line.get("error_detail")]
        if details:
            outermost = details[-1][0]  # ours; its message says the cause
            return f"{outermost['exc_type']}: {outermost['exc_value']}"
        return "\n".join(str(line.get("event", line)) if isinstance(line, dict) else str(line) for line in lines[-8:])
