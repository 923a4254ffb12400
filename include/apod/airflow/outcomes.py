"""What a step gives back, or raises, in Airflow's terms: success with an event, skip, retry later, fail now."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink, Connection, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowSkipException

from include.apod.adapters.git import commit_url
from include.apod.airflow import handover
from include.apod.airflow.connections import alert
from include.apod.errors import BadData, Misconfigured, NotPublished, RateLimited, SourceChanged
from include.apod.run import Run
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Asset, BaseOperator, Context, XComArg

    from include.apod.airflow.handover import Place
    from include.apod.run import Report

log = logging.getLogger(__name__)

done: dict[str, Report] = {}  # what this process' task did, for `lineage`
_NO_PARAMETERS = inspect.Signature()


class ByDecision(RetryPolicy):
    """Retries what may work later, and when the service said it would; fails at once what cannot."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002  # Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> RetryDecision:
        match exception:
            case SourceChanged() | BadData() | Misconfigured():
                return RetryDecision.fail("a retry cannot help")
            case RateLimited():
                return RetryDecision.retry(timedelta(seconds=exception.retry_after), "as the service asked")
            case _:
                return RetryDecision.default()


def tell(context: Context) -> None:
    """Alerts a person to a task that failed for good."""
    task, error = context["ti"], context.get("exception")
    said = f"{type(error).__name__}: {error}" if error else "its process was killed"
    alert(f"{task.dag_id}.{task.task_id} failed", f"{said}\nRun {task.run_id}. docs/runbook.md has the message.")


DAG_ARGUMENTS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "tags": ["apod"],
    "default_args": {
        "owner": "apod",
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(hours=1),
        "retry_policy": ByDecision(),
        "on_failure_callback": tell,
    },
}


def this_run() -> Run:
    """The run that the current task belongs to."""
    context = get_current_context()
    dag_run = context["dag_run"]
    return Run(dag_run.run_id, dict(context["params"]), dag_run.run_type == "manual", dag_run.start_date)


def taken_over(context: Context) -> Place:
    """Where this task works, once it is sure that it sees what the ones before it wrote; nothing for an object store.

    Raises:
        Misconfigured: it does not.
    """
    root = read_settings().store
    if not isinstance(root, Path):
        return {}
    here, task = handover.place_of(root), context["ti"]
    newest = [max(events, key=lambda event: event.timestamp) for events in context["triggering_asset_events"].values()]
    told = [{name: f"{event.extra.get(name, '')}" for name in here} for event in newest]
    told += filter(None, task.xcom_pull(task_ids=[*context["task"].upstream_task_ids], key="place"))
    handover.check(here, [place for place in told if place["host"]], root)
    task.xcom_push("place", here)
    return here


class Commit(BaseOperatorLink):
    """From a task that made a version to its commit; where the repository's host shows none, to the page's own view."""

    name = "Commit"

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:  # noqa: ARG002  # Airflow's signature
        report = done.get(operator.task_id)
        if not report or "commit" not in report.facts:
            return ""
        commit = f"{report.facts['commit']}"
        page = f"{conf.get('api', 'base_url', fallback='')}/apod/versions/{commit}"
        return commit_url(Connection.get("apod_git").host or "", commit) or page


def step(
    function: Callable[[Run], Report],
    *,
    publishes: Sequence[Asset] = (),
    links: Sequence[BaseOperatorLink] = (),
    **arguments: Any,
) -> XComArg:
    """A task that does one step, with `links` on its page.

    Its result goes to the log, to XCom `report` and, with its facts, to the event of each published asset. A
    publishing task whose work changed nothing is skipped, so that no event follows.
    """

    @functools.wraps(function)
    def work() -> None:
        context = get_current_context()
        place = taken_over(context)
        try:
            report = function(this_run())
        except NotPublished as error:
            context["ti"].xcom_push("report", str(error))
            raise AirflowSkipException(str(error)) from error
        context["ti"].xcom_push("report", report.sentence)
        done[function.__name__] = report
        if publishes and not report.changed:
            raise AirflowSkipException(report.sentence)
        log.info("%s", report.sentence)
        for asset in publishes:
            context["outlet_events"][asset].extra = {**report.facts, **place}
        sys.audit("apod.task.done")

    work.__signature__ = _NO_PARAMETERS  # type: ignore[attr-defined]  # Airflow would ask for the step's own
    made: XComArg = task(outlets=list(publishes), **arguments)(work)()
    made.operator.operator_extra_links = tuple(links)  # type: ignore[attr-defined]
    return made


def wait(function: Callable[[Run], bool], **arguments: Any) -> XComArg:
    """A task that waits, without holding a worker, until `function` says yes; gives up by being skipped."""

    @functools.wraps(function)
    def look() -> bool:
        return function(this_run())

    look.__signature__ = _NO_PARAMETERS  # type: ignore[attr-defined]
    made: XComArg = task.sensor(mode="reschedule", soft_fail=True, **arguments)(look)()
    return made
