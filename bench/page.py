"""What each view of the page takes with the whole archive, asked of Airflow's own API server.

`make bench` prints the table and writes bench/results/page.json. Beside the views stands Airflow's own `/version`: what
a request costs that does next to nothing.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx

ROUNDS = 15
VIEWS = {
    "nothing (Airflow's /version)": "/api/v2/version",
    "today": "/apod/",
    "calendar": "/apod/calendar",
    "versions": "/apod/versions",
    "corrections": "/apod/corrections",
    "search": "/apod/search?q=nebula",
    "a year": "/apod/year/2011",
    "a year, for the calendar": "/apod/year/2011/pictures",
    "sources": "/apod/sources?month=2011-11",
    "a day": "/apod/day/2011-11-11",
    "what is left to do": "/apod/status",
    "what is pullable": "/apod/versions/states",
}
RESULTS = Path(__file__).parent / "results"


def main():
    """Runs the benchmark in a stack of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        from local.stack.layout import Layout
        from local.stack.ready import bring_up
        from local.stack.stack import Stack
        from tools.chain import run_chain

        stack = Stack(Layout(base=Path(folder)), print)
        with stack.locked():
            try:
                airflow = bring_up(stack)
                run_chain(airflow, limit=300)
                http = httpx.Client(
                    base_url=stack.address, headers={"Authorization": airflow.authorization}, timeout=60
                )
                seconds = {name: [] for name in VIEWS}
                sizes = {}
                for turn in range(ROUNDS + 1):
                    for name, path in VIEWS.items():
                        began = time.perf_counter()
                        answer = http.get(path).raise_for_status()
                        if turn:  # the first builds what is built once
                            seconds[name].append(time.perf_counter() - began)
                        sizes[name] = len(answer.content)
            finally:
                stack.stop()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "page.json").write_text(json.dumps({"seconds": seconds, "bytes": sizes}, indent=2) + "\n")
    print(f"{'view':30} {'median':>9} {'max':>9} {'bytes':>10}   ({ROUNDS} rounds)")
    for name, rounds in seconds.items():
        print(f"{name:30} {statistics.median(rounds) * 1000:6.0f} ms {max(rounds) * 1000:6.0f} ms {sizes[name]:>10,}")


if __name__ == "__main__":
    main()
