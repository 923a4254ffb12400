"""A stack whose DAGs can be triggered."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.stack import postgres
from local.stack.airflow_api import AirflowApi
from local.stack.errors import StackError
from local.stack.processes import READY_SECONDS, looks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import Stack

DAGS = ("apod_ingest", "apod_load", "apod_version")  # in the order of the data


def log_in(stack: Stack) -> AirflowApi:
    """A session with the Airflow of a stack that is up."""
    return AirflowApi(stack.address, stack.facts["login_password"])


def bring_up(stack: Stack) -> AirflowApi:
    """Starts the stack and waits until its DAGs can be triggered.

    Raises:
        StackError: something did not start, or a DAG file does not parse.
    """
    started = datetime.now(UTC)
    stack.start()
    airflow = log_in(stack)
    for _ in looks(READY_SECONDS, 0.2):
        if all(airflow.has_dag(dag) for dag in DAGS):
            break
        if errors := airflow.import_errors():
            raise StackError(f"A DAG file does not parse:\n{errors}")
        stack.processes.check("dag-processor")
    else:
        raise StackError(f"Airflow has not read our DAGs after {READY_SECONDS} s; see {stack.layout.logs}.")
    for dag in DAGS:
        if count := airflow.end_unfinished(dag, started):
            stack.say(f"{count} runs of {dag} were left over from a stack that was killed; marked as failed")
    return airflow


@contextmanager
def database_running(stack: Stack) -> Iterator[None]:
    """Makes sure that the database answers, starting it alone where the stack is down."""
    if stack.server.answers():
        yield
        return
    with stack.locked():
        try:
            postgres.start(stack.server, stack.processes)
            yield
        finally:
            stack.processes.stop("postgres")
