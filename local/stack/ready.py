"""A stack whose DAGs can be triggered."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.cli.follow import CHAIN
from local.stack import postgres
from local.stack.errors import StackError
from local.stack.processes import pause
from local.stack.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import Stack


def log_in(stack: Stack) -> Rest:
    """A session with the Airflow of a stack that is up."""
    return Rest(stack.address, stack.facts["login_password"])


def bring_up(stack: Stack) -> Rest:
    """Starts the stack and waits until its DAGs can be triggered.

    Raises:
        StackError: something did not start, or a DAG file does not parse.
    """
    before = datetime.now(UTC)
    stack.start()
    rest = log_in(stack)
    while not all(rest.has_dag(dag) for dag in CHAIN):
        if errors := rest.import_errors():
            raise StackError(f"A DAG file does not parse:\n{errors}")
        stack.processes.check("dag-processor")
        pause(0.2)
    for dag in CHAIN:
        if left := rest.end_unfinished(dag, before):
            stack.say(f"{left} runs of {dag} were left over from a stack that was killed; marked as failed")
    return rest


@contextmanager
def running(stack: Stack) -> Iterator[None]:
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
