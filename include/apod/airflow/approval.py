"""The operator of our steps: it runs one, and where a guard wants a person's word, it waits for that.

The task waits in Airflow's state `awaiting_input`, which takes no worker, and stands under *Required Actions*. A step
that asks nothing pays nothing: no task comes before it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from airflow.providers.standard.operators.python import PythonOperator  # noqa: TID253  # Airflow's own `task` loads it, too
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import CreateHITLDetailPayload, TriggerDagRun

from include.apod.airflow.connections import alert
from include.apod.errors import ApprovalNeeded, BadData
from include.apod.run import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from include.apod.errors import Question

log = logging.getLogger(__name__)

PATIENCE = timedelta(days=1)
APPROVE, REJECT = "Approve", "Reject"


class StepOperator(PythonOperator):
    """Runs a step.

    Attributes:
        answer: what a person said to the step's question; None if he was asked nothing.
    """

    answer: Answer | None = None

    def execute(self, context: Context) -> None:
        """Runs the step.

        Raises:
            TaskAwaitingInput: a guard has a question; Airflow goes on with `resume` when it is answered.
        """
        try:
            super().execute(context)
        except ApprovalNeeded as stop:
            self._ask(context, stop.question)

    def _ask(self, context: Context, question: Question) -> None:
        """Puts a question under *Required Actions*, and tells the person of connection `apod_alerts`.

        Raises:
            TaskAwaitingInput: it stands there.
            BadData: an earlier one of this task does; another run asks.
        """
        instance, body = context["ti"], f"{question.body}\n\nQuestion {question.key[:12]}"
        request = task_runner.SUPERVISOR_COMMS.send(
            CreateHITLDetailPayload(
                ti_id=instance.id,
                options=[APPROVE, REJECT],
                subject=question.subject,
                body=body,
                params={},
                assigned_users=[],
                defaults=[REJECT],  # what Airflow takes when the time is over
            )
        )
        # Airflow 3.3.2 keeps the text of a task's first question for all of its tries
        if getattr(request, "body", None) != body:
            run, params = f"asks_again__{instance.id}", dict(context["params"])
            task_runner.SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=instance.dag_id, run_id=run, conf=params))
            raise BadData(
                f"This load has changed since a person was asked. {question.subject} The run {run} asks that."
            )
        log.warning("%s Waiting for an answer, for %s.\n%s", question.subject, PATIENCE, body)
        page = f"dags/{instance.dag_id}/runs/{quote(instance.run_id)}/tasks/{instance.task_id}/required_actions"
        address = f"{conf.get('api', 'base_url', fallback='')}".rstrip("/")
        alert(question.subject, f"{body}\n\nAnswer at {address}/{page}")
        raise TaskAwaitingInput(method_name="resume", kwargs={"key": question.key}, timeout=PATIENCE)

    def resume(self, context: Context, key: str, event: Mapping[str, object]) -> None:
        """Runs the step again, with the answer; an answer that nobody gave is a rejection by nobody."""
        person = cast("Mapping[str, str]", event["responded_by_user"] or {})
        by = person.get("name") or person.get("id", "")
        self.answer = Answer(event["chosen_options"] == [APPROVE], by, key)
        log.info("%s: %s", by or "Nobody in time", event["chosen_options"])
        self.execute(context)
