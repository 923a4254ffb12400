"""One new day on a warm stack, from trigger to commit, beside the same three DAGs with empty tasks.

`make bench` prints the table and writes bench/results/latency.json. The two are measured in turns in one run: on a
machine that is busy with something else, their ratio still means something.
"""

import json
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


def measure(stack, airflow):
    """Seconds of each round, for real and for empty tasks, in turns."""
    from tools.chain import run_chain

    nasa = stack.stand_in
    seconds = {"apod": [], "empty": []}
    httpx.post(f"{nasa}/-/clock", json={"lag_days": ROUNDS + 1})
    run_chain(airflow, "apod")  # the archive, but for the newest days
    run_chain(airflow, "empty")
    for lag_days in reversed(range(1, ROUNDS + 1)):
        httpx.post(f"{nasa}/-/clock", json={"lag_days": lag_days})
        for prefix, rounds in seconds.items():
            rounds.append(run_chain(airflow, prefix, pause=0.5))  # Airflow tells the times, and each look costs
    return seconds


def main():
    """Runs the benchmark in a stack of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        from local.stack.layout import Layout
        from local.stack.ready import bring_up
        from local.stack.stack import Stack

        stack = Stack(
            Layout(base=Path(folder)), print, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES)}
        )
        with stack.locked():
            try:
                airflow = bring_up(stack)
                while not airflow.has_dag("empty_version"):
                    time.sleep(0.2)
                seconds = measure(stack, airflow)
            finally:
                stack.stop()
    medians = {name: statistics.median(rounds) for name, rounds in seconds.items()}
    ratio = medians["apod"] / medians["empty"]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "latency.json").write_text(json.dumps({"seconds": seconds, "ratio": ratio}, indent=2) + "\n")
    print(f"{'trigger to end of the task version':34} {'median':>8} {'min':>8} {'max':>8}   ({ROUNDS} rounds)")
    for name, label in (("apod", "one new day, to the commit"), ("empty", "the same DAGs, empty tasks")):
        print(f"{label:34} {medians[name]:7.2f}s {min(seconds[name]):7.2f}s {max(seconds[name]):7.2f}s")
    print(f"{'ratio of the medians':34} {ratio:7.2f}")


if __name__ == "__main__":
    main()
