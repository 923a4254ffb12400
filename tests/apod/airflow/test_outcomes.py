"""What steps give back, in Airflow's terms."""

from datetime import timedelta

import pytest

from include.apod.airflow.outcomes import RetryByError
from include.apod.errors import BadData, Misconfigured, RateLimited, SourceChanged, Unavailable


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
