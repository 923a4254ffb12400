"""One pass through the three DAGs, from a trigger to the commit."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from local.stack.errors import StackError

if TYPE_CHECKING:
    from local.stack.airflow_api import AirflowApi, RunKey


def run_chain(airflow: AirflowApi, prefix: str = "apod", limit: float = 120, pause: float = 0.05) -> float:
    """Triggers the first DAG and waits until the last one ended; returns the seconds until its task `version` did.

    Args:
        airflow: where the DAGs are.
        prefix: of their names.
        limit: the most seconds to wait.
        pause: seconds between two looks, which cost the API as much as a task's own requests.

    Raises:
        StackError: a run failed, or the last did not end within `limit` seconds.
    """
    previous = airflow.newest_run(f"{prefix}_version")
    queued = airflow.call("GET", airflow.trigger(f"{prefix}_ingest", {}).path)["queued_at"]
    last = await_end(airflow, f"{prefix}_version", previous, limit, pause)
    version = airflow.call("GET", f"{last.path}/taskInstances/version")
    return (datetime.fromisoformat(version["end_date"]) - datetime.fromisoformat(queued)).total_seconds()


def await_end(
    airflow: AirflowApi, dag: str, previous: RunKey | None, limit: float = 120, pause: float = 0.05
) -> RunKey:
    """Waits for the end of the run after `previous`; returns it.

    Raises:
        StackError: it failed, or did not end within `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        newest = airflow.newest_run(dag)
        if newest and newest != previous:
            run = airflow.call("GET", newest.path)
            if run["state"] == "failed":
                raise StackError(f"{newest.run} of {dag} failed")
            if run["state"] == "success":
                return newest
        time.sleep(pause)
    raise StackError(f"{dag} did not run to its end within {limit:.0f} s")
