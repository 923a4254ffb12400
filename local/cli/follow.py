"""Triggers a DAG and follows the assets from there, until nothing is left to do."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.stack.errors import StackError
from local.stack.processes import looks
from local.stack.ready import DAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from include.apod.run import Report
    from local.stack.airflow_api import AirflowApi, RunKey, TaskState

EVENT_SECONDS = 20  # in which an asset event starts its consumer; Airflow can lose one
TASKS = {
    "apod_ingest": ("await_picture", "ingest"),
    "apod_load": ("transform", "stage_table", "stage_csv", "publish", "index", "check"),
    "apod_version": ("version", "release"),
}
PUBLISHERS = {"apod_ingest": "ingest", "apod_load": "publish", "apod_version": "version"}


@dataclass
class Line:
    """One task, as it is shown.

    Attributes:
        dag: its DAG.
        task: its id; empty for a DAG that has nothing to do.
        state: Airflow's name for its state; empty before it has one.
        seconds: how long it has run.
        sentence: the step's report.
    """

    dag: str
    task: str
    state: str = ""
    seconds: float = 0.0
    sentence: str = ""


@dataclass
class Follower:
    """Follows runs and keeps the lines that are shown.

    Attributes:
        airflow: the session with Airflow.
        show: called with all lines after each look.
        backlog: what a DAG still has to do, by its name.
        lines: what was seen so far.
    """

    airflow: AirflowApi
    show: Callable[[list[Line]], None]
    backlog: Callable[[str], Report]
    lines: list[Line] = field(default_factory=list)

    def follow_chain(self, first: str, params: dict[str, Any]) -> None:
        """Runs a DAG, and after it each one that its assets wake or that has work to do.

        Raises:
            StackError: a task failed; with that task's own error.
        """
        dags = DAGS[DAGS.index(first) :]
        previous = {dag: self.airflow.newest_run(dag) for dag in dags}
        published = self.follow(self.airflow.trigger(first, params))
        for dag in dags[1:]:
            run = self._woken_run(dag, previous[dag]) if published else self._needed_run(dag)
            published = run is not None and self.follow(run)

    def _woken_run(self, dag: str, previous: RunKey | None) -> RunKey | None:
        """The run that an event started; if none comes in time, one of our own if there is work."""
        for _ in looks(EVENT_SECONDS):
            if (newest := self.airflow.newest_run(dag)) != previous:
                return newest
        return self._needed_run(dag)

    def _needed_run(self, dag: str) -> RunKey | None:
        """A run of a DAG that has work though no event woke it, such as what a killed run left undone."""
        report = self.backlog(dag)
        if report.changed:
            return self.airflow.trigger(dag, {})
        self.lines.append(Line(dag, "", "skipped", sentence=report.sentence))
        self.show(self.lines)
        return None

    def follow(self, run: RunKey) -> bool:
        """Shows a run until it ends; returns whether it published anything.

        Raises:
            StackError: a task failed, now or for the last time; with its own error.
        """
        lines = {task: Line(run.dag, task) for task in TASKS[run.dag]}
        self.lines += lines.values()
        while True:
            state = self.airflow.state(run)  # before the tasks: once the run has ended, their states are final
            for task in self.airflow.tasks(run):
                self._update(run, lines[task.task_id], task)
            self.show(self.lines)
            if state in ("success", "failed"):
                break
            time.sleep(0.2)
        if state == "failed":
            raise StackError(f"run {run.run} of {run.dag} failed without a failed task; was it stopped by hand?")
        return lines[PUBLISHERS[run.dag]].state == "success"

    def _update(self, run: RunKey, line: Line, task: TaskState) -> None:
        before = line.state
        line.state, line.seconds = task.state, task.seconds(datetime.now(UTC))
        if line.state != before:
            line.sentence = ""
        if line.state in ("success", "skipped") and not line.sentence:
            line.sentence = self.airflow.report(run, line.task) or ""
        if line.state == "awaiting_input" and not line.sentence:
            subjects = [question.subject for question in self.airflow.questions() if question.run == run]
            line.sentence = f"{''.join(subjects)} ./apod answer shows and answers it; so does Airflow, Required Actions"
        if line.state in ("failed", "up_for_retry"):
            self.show(self.lines)
            error = self.airflow.error(run, line.task, max(task.try_number, 1))
            retry = " Airflow would try again." if line.state == "up_for_retry" else ""
            raise StackError(f"{line.dag}.{line.task} failed.{retry}\n{error}")


def parse_param(text: str) -> tuple[str, Any]:
    """Name and value of `name=value`, the value as JSON if it is JSON.

    Raises:
        StackError: there is no `=`.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise StackError(f"--param {text!r}: write it as name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
