"""One new day on a warm stack, from trigger to commit, beside the same three DAGs with empty tasks.

`make bench` prints the table and writes bench/results/latency.json. The two are measured in turns in one run: on a
machine that is busy with something else, their ratio still means something.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import httpx

ROUNDS = 7
RESULTS = Path(__file__).parent / "results"
BUNDLES = [
    {"name": name, "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {"path": str(path)}}
    for name, path in (
        ("dags-folder", Path(__file__).parents[1] / "dags"),
        ("empty", Path(__file__).parent / "dags"),
    )
]


def measure(stack, rest):
    """Seconds of each round, for real and for empty tasks, in turns."""
    from tools.chain import chain

    nasa = stack.api()[0]
    seconds = {"apod": [], "empty": []}
    httpx.post(f"{nasa}/-/clock", json={"lag_days": ROUNDS + 1})
    chain(rest, "apod")  # the archive, but for the newest days
    chain(rest, "empty")
    for left in reversed(range(1, ROUNDS + 1)):
        httpx.post(f"{nasa}/-/clock", json={"lag_days": left})
        for prefix, found in seconds.items():
            found.append(chain(rest, prefix))
    return seconds


def main():
    """Runs the benchmark in a stack of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        os.environ["APOD_LOCAL"] = folder
        from local.stack.layout import Layout
        from local.stack.ready import bring_up
        from local.stack.stack import Stack

        stack = Stack(Layout(), print, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES)})
        with stack.locked():
            try:
                rest = bring_up(stack)
                while not rest.has_dag("empty_version"):
                    time.sleep(0.2)
                seconds = measure(stack, rest)
            finally:
                stack.stop()
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratio = medians["apod"] / medians["empty"]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latency.json").write_text(json.dumps({"seconds": seconds, "ratio": ratio}, indent=2) + "\n")
    print(f"{'trigger to end of apod_version':34} {'median':>8} {'min':>8} {'max':>8}   ({ROUNDS} rounds)")
    for name, label in (("apod", "one new day, to the commit"), ("empty", "the same DAGs, empty tasks")):
        print(f"{label:34} {medians[name]:7.2f}s {min(seconds[name]):7.2f}s {max(seconds[name]):7.2f}s")
    print(f"{'ratio of the medians':34} {ratio:7.2f}")


if __name__ == "__main__":
    main()
