"""What reading NASA's archive costs, beside the same requests with the answers thrown away; and what a day costs.

`make bench` prints the table and writes bench/results/ingest.json. The stand-in serves from memory in a process of its
own; each measurement is a fresh process; floor and ingest take turns in one run. 310 years are the same fiction, ten
times as long. The replacement service has the migration's wounds, and the planetary one its end.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.figures import medians, paired

ROUNDS = 9
FIRST = date(1995, 6, 16)
NOW = {31: datetime(2026, 11, 23, 17, tzinfo=UTC), 310: datetime(2305, 11, 23, 17, tzinfo=UTC)}
RESULTS = Path(__file__).parent / "results"


def serve(port, now, requests_file, ready):
    """The stand-in, its records kept once they were made; what it was asked is written to a file."""
    import functools

    import uvicorn

    from local.nasa.app import Application
    from local.nasa.archive import record_of
    from local.nasa.gateway import Quota
    from local.nasa.state import Nasa

    nasa = Nasa(functools.cache(record_of), now=lambda: now, wounded=True, largest_page=25)
    nasa.gateway.keys["bench"] = Quota(10**9)
    application = Application(nasa)

    async def recording(scope, receive, send):
        if scope["type"] == "http" and not scope["path"].startswith("/-/"):
            with requests_file.open("a") as file:
                file.write(f"{scope['path']}?{scope['query_string'].decode()}\n")
        await application(scope, receive, send)

    config = uvicorn.Config(recording, host="127.0.0.1", port=port, log_level="warning", date_header=False)
    ready.set()
    uvicorn.Server(config).run()


def io():
    """Bytes that this process has read from files and written to them; zeros where the system does not say."""
    try:
        counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except FileNotFoundError:
        return 0, 0
    return int(counters["rchar"]), int(counters["wchar"])


def ingest(url, store, now, *names):
    """One run of ingest of the services named: its requests."""
    from include.apod.days import Span, newest_publishable
    from include.apod.formats.store import Store
    from include.apod.ingest.ingest import ingest
    from include.apod.ingest.plan import Scope
    from include.apod.sources import service

    scope = Scope(Span(FIRST, newest_publishable(now)), now, budget=10**9)
    sources = [service(name).connect(url, "bench", 0, now) for name in names]
    return lambda: ingest(sources, Store(Path(store)), scope).facts["requests"]


def floor(url, asked, *_):
    """The requests of a file, plainly."""
    import requests

    paths = Path(asked).read_text().split()
    session = requests.Session()
    session.headers["X-Api-Key"] = "bench"

    def ask():
        for path in paths:
            session.get(f"{url}{path}", timeout=60)
        return len(paths)

    return ask


def work(contender, url, path, now, *names):
    """Measures one thing in this process and prints it."""
    run = {"ingest": ingest, "floor": floor}[contender](url, path, datetime.fromisoformat(now), *names)
    before, began = io(), time.perf_counter()
    requests = run()
    seconds, after = time.perf_counter() - began, io()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    read, written = after[0] - before[0], after[1] - before[1]
    print(json.dumps({"requests": requests, "seconds": seconds, "peak": peak, "read": read, "written": written}))


def measure(contender, url, path, now, *names):
    """The same in a fresh process."""
    command = [sys.executable, "-m", "bench.ingest", contender, url, str(path), now.isoformat(), *names]
    # glibc keeps freed memory by the page of its own choosing; this makes the peak one of what is in use
    env = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=env, text=True).stdout)


def archive(years, folder, rounds, *names):
    """Floor and ingest in turns, then the next days on the full store, and one after the planetary service's end."""
    import httpx

    from local.stack.ports import any_free

    port, now, ready = any_free(), NOW[years], multiprocessing.Event()
    log, asked = folder / "requests", folder / "asked"
    server = multiprocessing.Process(target=serve, args=(port, now, log, ready), daemon=True)
    server.start()
    ready.wait(30)
    time.sleep(1)
    url = f"http://127.0.0.1:{port}"
    measure("ingest", url, folder / "warm", now, *names)  # makes the records
    log.rename(asked)
    results = {"floor": [], "ingest": []}
    for turn in range(rounds):
        results["floor"].append(measure("floor", url, asked, now))
        results["ingest"].append(measure("ingest", url, folder / f"{turn}", now, *names))

    def day(days):
        later = now + timedelta(days=days)
        httpx.post(f"{url}/-/clock", json={"now": later.isoformat()})
        return [measure("ingest", url, folder / f"{turn}", later, *names) for turn in range(rounds)]

    day(1)  # the empty days are asked for a second time
    results["a day"] = day(2)
    if len(names) > 1:  # somebody else is left to ask
        httpx.post(f"{url}/-/faults", json=[{"kind": "gone", "service": "planetary"}])
        results["first day of the end"] = day(3)
        for days in (4, 5):  # three silent days, and it counts as retired
            day(days)
        results["a day after the end"] = day(6)
    server.terminate()
    ratio = paired(results["ingest"], results["floor"])
    results = {name: medians(runs) for name, runs in results.items()}
    results["ingest"]["ingest / floor"] = ratio
    return results


RUNS = (
    ("planetary", 31, ROUNDS, ("planetary",)),
    ("planetary, 310 years", 310, 1, ("planetary",)),
    ("basic", 31, ROUNDS, ("basic",)),
    ("planetary, then basic", 31, ROUNDS, ("planetary", "basic")),
)


def main():
    """Runs the benchmark in folders of its own, which it removes."""
    results = {}
    for label, years, rounds, names in RUNS:
        with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
            results[label] = archive(years, Path(folder), rounds, *names)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ingest.json").write_text(json.dumps(results, indent=2) + "\n")
    print(f"{'':46} {'requests':>9} {'seconds':>9} {'peak MB':>9} {'read kB':>9} {'written kB':>11}")
    for label, figures_of in results.items():
        for name, figures in figures_of.items():
            print(
                f"{label + ': ' + name:46} {figures['requests']:9} {figures['seconds']:9.3f} "
                f"{figures['peak'] / 1e6:9.1f} {figures['read'] / 1e3:9.0f} {figures['written'] / 1e3:11.0f}"
            )
    for label, figures_of in results.items():
        print(f"{label}: ingest / floor {figures_of['ingest']['ingest / floor']:.2f}")


if __name__ == "__main__":
    work(*sys.argv[1:]) if sys.argv[1:] else main()
