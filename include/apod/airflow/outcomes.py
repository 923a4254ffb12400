"""Turns a step's result, or its error, into Airflow's terms: success with an event, skip, retry later, fail now."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink, Connection, get_current_context, task
from airflow.sdk.configuration import conf
from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
from airflow.sdk.exceptions import AirflowSkipException

from include.apod.adapters.commits import commit_url
from include.apod.airflow import handover
from include.apod.airflow.approval import StepOperator
from include.apod.airflow.connections import alert
from include.apod.airflow.handover import Place
from include.apod.errors import BadData, Misconfigured, NotPublished, RateLimited, SourceChanged
from include.apod.run import Run
from include.apod.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow.sdk import Asset, BaseOperator, Context, XComArg

    from include.apod.run import Report

log = logging.getLogger(__name__)

_NO_PARAMETERS = inspect.Signature()


class RetryByError(RetryPolicy):
    """Retries what may work later, at the time that a service asked for; fails at once where a retry cannot help."""

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002  # Airflow's signature
        max_tries: int,  # noqa: ARG002  # likewise
        context: Context | None = None,  # noqa: ARG002  # likewise
    ) -> RetryDecision:
        """The decision for an error, by its class."""
        match exception:
            case SourceChanged() | BadData() | Misconfigured():
                return RetryDecision.fail("a retry cannot help")
            case RateLimited():
                return RetryDecision.retry(timedelta(seconds=exception.retry_after), "as the service asked")
            case _:
                return RetryDecision.default()


def alert_failure(context: Context) -> None:
    """Alerts a person to a task that failed for good."""
    instance, error = context["ti"], context.get("exception")
    message = f"{type(error).__name__}: {error}" if error else "its process was killed"
    subject = f"{instance.dag_id}.{instance.task_id} failed"
    alert(subject, f"{message}\nRun {instance.run_id}. docs/runbook.md has the message.")


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
        "retry_policy": RetryByError(),
        "on_failure_callback": alert_failure,
    },
}


def this_run() -> Run:
    """The run of the current task."""
    context = get_current_context()
    dag_run = context["dag_run"]
    answer = getattr(context["task"], "answer", None)
    return Run(dag_run.run_id, dict(context["params"]), dag_run.run_type == "manual", dag_run.start_date, answer)


def check_place(context: Context) -> Place | None:
    """Where this task works, after checking that it sees what the tasks before it wrote; None for an object store.

    Raises:
        Misconfigured: it does not.
    """
    root = read_settings().store
    if not isinstance(root, Path):
        return None
    place, instance = handover.place_of(root), context["ti"]
    events = [max(group, key=lambda event: event.timestamp) for group in context["triggering_asset_events"].values()]
    pushed = instance.xcom_pull(task_ids=[*context["task"].upstream_task_ids], key="place")
    facts = [event.extra for event in events] + [earlier for earlier in pushed if earlier]
    earlier_places = [Place(f"{fact.get('host', '')}", f"{fact.get('store', '')}") for fact in facts]
    handover.check(place, [earlier for earlier in earlier_places if earlier.host], root)
    instance.xcom_push("place", asdict(place))
    return place


@dataclass
class Step:
    """The callable of a task: runs a step, and keeps its report for what Airflow asks of the task afterwards.

    Attributes:
        step: what it runs.
        publishes: the assets that get an event if the step changed anything.
        report: the step's result in this process; None before it ran.
    """

    step: Callable[[Run], Report]
    publishes: Sequence[Asset]
    report: Report | None = None

    def __post_init__(self) -> None:
        self.__name__, self.__doc__ = self.step.__name__, self.step.__doc__  # as Airflow shows the task

    def __call__(self) -> None:
        """Runs the step. Its sentence goes to the log and to XCom `report`, its facts to the event of each asset."""
        context = get_current_context()
        place = check_place(context)
        try:
            self.report = report = self.step(this_run())
        except NotPublished as error:
            context["ti"].xcom_push("report", str(error))
            raise AirflowSkipException(str(error)) from error
        context["ti"].xcom_push("report", report.sentence)
        if self.publishes and not report.changed:
            raise AirflowSkipException(report.sentence)
        log.info("%s", report.sentence)
        for asset in self.publishes:
            context["outlet_events"][asset].extra = {**report.facts, **(asdict(place) if place else {})}
        sys.audit("apod.task.done")


def report_of(operator: BaseOperator) -> Report | None:
    """The report of a task's step in this process; None for any other task, or before it ran."""
    work = getattr(operator, "python_callable", None)
    return work.report if isinstance(work, Step) else None


class Commit(BaseOperatorLink):
    """A link from a task to the commit that it made; where the host shows no commits, to our page's view of it."""

    name = "Commit"

    def get_link(self, operator: BaseOperator, *, ti_key: Any) -> str:  # noqa: ARG002  # Airflow's signature
        """The address; empty if the task made no version."""
        report = report_of(operator)
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
) -> StepOperator:
    """A task that runs one step.

    If it publishes assets and its step changed nothing, it is skipped, so that no event follows.

    Args:
        function: the step.
        publishes: its assets.
        links: shown on the task's page.
        arguments: the operator's.
    """
    operator = StepOperator(
        task_id=function.__name__,
        python_callable=Step(function, publishes),
        doc_md=function.__doc__,
        outlets=[*publishes],
        show_return_value_in_logs=False,
        **arguments,
    )
    operator.operator_extra_links = tuple(links)
    return operator


def wait(function: Callable[[Run], bool], **arguments: Any) -> XComArg:
    """A task that waits until `function` returns True, without occupying a worker; after its time-out it is skipped."""

    @functools.wraps(function)
    def look() -> bool:
        return function(this_run())

    look.__signature__ = _NO_PARAMETERS  # type: ignore[attr-defined]  # else Airflow would look for its parameters
    output: XComArg = task.sensor(mode="reschedule", soft_fail=True, **arguments)(look)()
    return output
