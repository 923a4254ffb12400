"""Triggers a DAG and follows the assets from there, until nothing is left to do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.stack.errors import StackError
from local.stack.processes import pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from include.apod.run import Report
    from local.stack.rest import Rest, RunKey

EVENT_SECONDS = 20  # in which an asset event starts its consumer; Airflow can lose one
TASKS = {
    "apod_ingest": ("await_picture", "ingest"),
    "apod_load": ("transform", "stage_table", "stage_csv", "publish"),
    "apod_version": ("version",),
}
CHAIN = tuple(TASKS)
ENDED_BADLY = ("failed", "up_for_retry", "upstream_failed")


@dataclass
class Line:
    """One task, as it is shown.

    Attributes:
        dag: its DAG.
        task: its id; empty for a DAG that has nothing to do.
        state: Airflow's word for where it is; empty before it is there.
        seconds: how long it has run.
        said: what the step said of its work.
    """

    dag: str
    task: str
    state: str = ""
    seconds: float = 0.0
    said: str = ""


@dataclass
class Follower:
    """Follows runs and keeps the lines of what is shown.

    Attributes:
        rest: the session with Airflow.
        show: called with all lines after each look.
        due: what a DAG still has to do, by its name.
        lines: what was seen so far.
    """

    rest: Rest
    show: Callable[[list[Line]], None]
    due: Callable[[str], Report]
    lines: list[Line] = field(default_factory=list)

    def chain(self, first: str, params: dict[str, Any]) -> None:
        """Runs a DAG, and after it each one that its assets wake or that has work to do.

        Raises:
            StackError: a task failed; with that task's own error.
        """
        dags = CHAIN[CHAIN.index(first) :]
        known = {dag: self.rest.newest_run(dag) for dag in dags}
        published = self.follow(self.rest.trigger(first, params))
        for dag in dags[1:]:
            run = self._woken(dag, known[dag]) if published else self._needed(dag)
            published = run is not None and self.follow(run)

    def _woken(self, dag: str, known: RunKey | None) -> RunKey | None:
        """The run that an event started; where none comes in time, one of our own if there is work."""
        for _ in range(EVENT_SECONDS * 10):
            if (newest := self.rest.newest_run(dag)) != known:
                return newest
            pause()
        return self._needed(dag)

    def _needed(self, dag: str) -> RunKey | None:
        """A run of a DAG that has work though no event woke it: what a killed run left undone."""
        report = self.due(dag)
        if report.changed:
            return self.rest.trigger(dag, {})
        self.lines.append(Line(dag, "", "skipped", said=report.sentence))
        self.show(self.lines)
        return None

    def follow(self, run: RunKey) -> bool:
        """Shows a run until it ends; says whether it published anything.

        Raises:
            StackError: a task failed, now or for the last time; with its own error.
        """
        lines = {task: Line(run.dag, task) for task in TASKS[run.dag]}
        self.lines += lines.values()
        while True:
            state = self.rest.state(run)  # before the tasks: they are complete when it has ended
            for found in self.rest.tasks(run):
                self._update(run, lines[found["task_id"]], found)
            self.show(self.lines)
            if state in ("success", "failed"):
                break
            pause(0.2)
        if state == "failed":
            raise StackError(f"run {run.run} of {run.dag} failed without a failed task; was it stopped by hand?")
        return lines[TASKS[run.dag][-1]].state == "success"

    def _update(self, run: RunKey, line: Line, found: dict[str, Any]) -> None:
        line.state = found["state"] or ""
        line.seconds = _seconds(found)
        if line.state in ("success", "skipped") and not line.said:
            line.said = self.rest.report(run, line.task) or ""
        if line.state in ENDED_BADLY and line.state != "upstream_failed":
            self.show(self.lines)
            error = self.rest.error(run, line.task, max(found["try_number"], 1))
            again = " Airflow would try again." if line.state == "up_for_retry" else ""
            raise StackError(f"{line.dag}.{line.task} failed.{again}\n{error}")


def _seconds(found: dict[str, Any]) -> float:
    if found["duration"] is not None:
        return float(found["duration"])
    if found["start_date"] is None:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(found["start_date"])).total_seconds()


def parse_param(text: str) -> tuple[str, Any]:
    """`name=value`, the value as JSON where it is JSON."""
    name, equals, value = text.partition("=")
    if not equals:
        raise StackError(f"--param {text!r}: write it as name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value
