"""One pass through the three DAGs, from a trigger to the commit."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from local.stack.errors import StackError

if TYPE_CHECKING:
    from local.stack.rest import Rest, RunKey


def chain(rest: Rest, prefix: str = "apod", limit: float = 120) -> float:
    """Seconds from the trigger of the first DAG to the end of the last.

    Raises:
        StackError: a run failed, or the last did not end within `limit` seconds.
    """
    known = rest.newest_run(f"{prefix}_version")
    queued = rest.call("GET", rest.trigger(f"{prefix}_ingest", {}).path)["queued_at"]
    return (ended(rest, f"{prefix}_version", known, limit) - datetime.fromisoformat(queued)).total_seconds()


def ended(rest: Rest, dag: str, known: RunKey | None, limit: float = 120) -> datetime:
    """When the run of a DAG after the one that is known ended.

    Raises:
        StackError: it failed, or did not end within `limit` seconds.
    """
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        newest = rest.newest_run(dag)
        if newest and newest != known:
            run = rest.call("GET", newest.path)
            if run["state"] == "failed":
                raise StackError(f"{newest.run} of {dag} failed")
            if run["state"] == "success":
                return datetime.fromisoformat(run["end_date"])
        time.sleep(0.05)
    raise StackError(f"{dag} did not run to its end within {limit:.0f} s")
