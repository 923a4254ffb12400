"""What reading NASA's archive costs, beside the same requests with the answers thrown away; and what a day costs.

`make bench` prints the table and writes bench/results/ingest.json. The stand-in serves from memory in a process of its
own; each measurement is a fresh process; floor and ingest take turns in one run. 310 years are the same fiction, ten
times as long.
"""

import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

ROUNDS = 5
FIRST = date(1995, 6, 16)
NOW = {31: datetime(2026, 11, 23, 17, tzinfo=UTC), 310: datetime(2305, 11, 23, 17, tzinfo=UTC)}
RESULTS = Path(__file__).parent / "results"


def serve(port, now, ready):
    """The stand-in, its records kept once they were made."""
    import functools

    import uvicorn

    from local.nasa.app import Application
    from local.nasa.archive import record_of
    from local.nasa.gateway import Quota
    from local.nasa.state import Nasa

    nasa = Nasa(functools.cache(record_of), now=lambda: now)
    nasa.gateway.keys["bench"] = Quota(10**9)
    config = uvicorn.Config(Application(nasa), host="127.0.0.1", port=port, log_level="warning", date_header=False)
    ready.set()
    uvicorn.Server(config).run()


def io():
    """Bytes that this process has read from files and written to them; zeros where the system does not say."""
    try:
        counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except FileNotFoundError:
        return 0, 0
    return int(counters["rchar"]), int(counters["wchar"])


def ingest(url, store, now):
    """One run of ingest: its requests."""
    from include.apod.days import Span, newest_publishable
    from include.apod.formats.store import Store
    from include.apod.ingest.ingest import ingest
    from include.apod.ingest.plan import Scope
    from include.apod.sources.planetary import Planetary

    scope = Scope(Span(FIRST, newest_publishable(now)), now, budget=10**9)
    return lambda: ingest([Planetary(url, "bench", 0, now)], Store(Path(store)), scope).facts["requests"]


def floor(url, _, now):
    """The same requests, plainly."""
    import requests

    from include.apod.days import Span, in_requests, newest_publishable

    spans = in_requests(Span(FIRST, newest_publishable(now)))
    session = requests.Session()
    session.headers["X-Api-Key"] = "bench"

    def ask():
        for span in spans:
            query = {"start_date": f"{span.first}", "end_date": f"{span.last}"}
            session.get(f"{url}/planetary/apod", params=query, timeout=60).raise_for_status()
        for day in (date(1995, 6, 17), date(1995, 6, 18), date(1995, 6, 19), date(2020, 6, 10)):
            session.get(f"{url}/planetary/apod", params={"date": f"{day}"}, timeout=60)
        return len(spans) + 4

    return ask


def work(contender, url, store, now):
    """Measures one thing in this process and prints it."""
    run = {"ingest": ingest, "floor": floor}[contender](url, store, datetime.fromisoformat(now))
    before, began = io(), time.perf_counter()
    requests = run()
    seconds, after = time.perf_counter() - began, io()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    read, written = after[0] - before[0], after[1] - before[1]
    print(json.dumps({"requests": requests, "seconds": seconds, "peak": peak, "read": read, "written": written}))


def measure(contender, url, store, now):
    """The same in a fresh process."""
    command = [sys.executable, "-m", "bench.ingest", contender, url, str(store), now.isoformat()]
    # glibc keeps freed memory by the page of its own choosing; this makes the peak one of what is in use
    env = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env, text=True).stdout)


def archive(years, folder, rounds):
    """Floor and ingest in turns, then the next day on the full store."""
    import httpx

    from local.stack.ports import any_free

    port, now, ready = any_free(), NOW[years], multiprocessing.Event()
    server = multiprocessing.Process(target=serve, args=(port, now, ready), daemon=True)
    server.start()
    ready.wait(30)
    time.sleep(1)
    url = f"http://127.0.0.1:{port}"
    measure("floor", url, folder, now)  # makes the records
    results = {"floor": [], "ingest": []}
    for turn in range(rounds):
        results["floor"].append(measure("floor", url, folder, now))
        results["ingest"].append(measure("ingest", url, folder / f"{turn}", now))
    for days, name in ((1, "settling"), (2, "day")):  # on the first the four empty days are asked for a second time
        later = now + timedelta(days=days)
        httpx.post(f"{url}/-/clock", json={"now": later.isoformat()})
        results[name] = [measure("ingest", url, folder / f"{turn}", later) for turn in range(rounds)]
    server.terminate()
    return {name: medians(runs) for name, runs in results.items()}


def medians(runs):
    """The median of each figure over some runs."""
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


def main():
    """Runs the benchmark in folders of its own, which it removes."""
    results = {}
    for years, rounds in ((31, ROUNDS), (310, 1)):
        with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
            results[years] = archive(years, Path(folder), rounds)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ingest.json").write_text(json.dumps(results, indent=2) + "\n")
    print(f"{'':34} {'requests':>9} {'seconds':>9} {'peak MB':>9} {'read kB':>9} {'written kB':>11}")
    for years, name, label in (
        (31, "floor", "31 years, answers thrown away"),
        (31, "ingest", "31 years, ingest"),
        (310, "floor", "310 years, answers thrown away"),
        (310, "ingest", "310 years, ingest"),
        (31, "day", "one day on 31 years"),
        (310, "day", "one day on 310 years"),
    ):
        figures = results[years][name]
        print(
            f"{label:34} {figures['requests']:9} {figures['seconds']:9.3f} {figures['peak'] / 1e6:9.1f} "
            f"{figures['read'] / 1e3:9.0f} {figures['written'] / 1e3:11.0f}"
        )
    ratio = {years: runs["ingest"]["seconds"] / runs["floor"]["seconds"] for years, runs in results.items()}
    print(f"ingest / floor: {ratio[31]:.2f} at 31 years, {ratio[310]:.2f} at 310")


if __name__ == "__main__":
    work(*sys.argv[1:]) if sys.argv[1:] else main()
