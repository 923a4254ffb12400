"""What steps give back, in Airflow's terms."""

from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.apod.airflow import outcomes
from include.apod.airflow.outcomes import RetryByError
from include.apod.errors import BadData, Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.run import Report, Run


@pytest.mark.parametrize(
    ("error", "action", "delay"),
    [
        (Unavailable("x"), "default", None),
        (RateLimited("x", 2870), "retry", timedelta(seconds=2870)),
        (SourceChanged("x"), "fail", None),
        (BadData("x"), "fail", None),
        (Misconfigured("x"), "fail", None),
        (ZeroDivisionError(), "default", None),
    ],
)
def test_each_error_is_one_decision(error, action, delay):
    """Retry what may work later, when the service said; fail at once what cannot."""
    decision = RetryByError().evaluate(error, 1, 3)

    assert (action, delay) == (decision.action.value, decision.retry_delay)


class Instance:
    """What a task's instance takes of a step; Airflow's own is tried end to end."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value

    def xcom_pull(self, **_):
        return []


@pytest.mark.parametrize("changed", [True, False])
def test_an_event_is_news(monkeypatch, deployment, tmp_path, changed):
    """A step that changed nothing is skipped, with its sentence, and its asset gets no event."""
    deployment.set(APOD_STORE="s3://bucket/apod")  # no place to compare
    instance, extras = Instance(), defaultdict(SimpleNamespace)
    context = {"ti": instance, "outlet_events": extras}
    monkeypatch.setattr(outcomes, "get_current_context", lambda: context)
    monkeypatch.setattr(outcomes, "this_run", lambda: Run("a run"))
    work = outcomes.Step(lambda _: Report(changed, "a sentence", {"rows": 1}), ["an asset"])
    skipped = False
    try:
        work()
    except AirflowSkipException as said:
        skipped = f"{said}" == "a sentence"

    assert changed is not skipped
    assert ({"an asset"} if changed else set()) == extras.keys()
    assert {"report": "a sentence"} == instance.pushed
