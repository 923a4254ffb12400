"""What an import of captures costs, beside `git log -p` of the same repository.

The repository is fiction: the archive of 1995-2026 in a JSON file a month; 700 commits, each a day and an edit.
`make bench` prints the table and writes bench/results/captures.json.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.figures import medians

ROUNDS = 3
COMMITS = 700
FIRST, LAST = date(1995, 6, 16), date(2026, 9, 20)
RESULTS = Path(__file__).parent / "results"


def make(repository):
    """The repository, by `git fast-import`."""
    from include.apod.days import Span
    from local.nasa.archive import record_of

    records = {day: record for day in Span(FIRST, LAST) if (record := record_of(day))}
    days, dice = sorted(records), random.Random(1)
    months = defaultdict(dict)
    for day in days[:-COMMITS]:
        months[f"{day:%Y-%m}"][day] = records[day]
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", repository], check=True)
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=repository, stdin=subprocess.PIPE) as process:
        for number, day in enumerate(days[-COMMITS:]):
            edited = dice.choice(days[:-COMMITS])
            months[f"{day:%Y-%m}"][day] = records[day]
            old = months[f"{edited:%Y-%m}"][edited]
            months[f"{edited:%Y-%m}"][edited] = {**old, "explanation": f"{old['explanation']} Edit {number}."}
            touched = {f"{day:%Y-%m}", f"{edited:%Y-%m}"} if number else [*months]
            seconds = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
            process.stdin.write(f"commit refs/heads/main\ncommitter A <a@example.org> {seconds} +0000\n".encode())
            process.stdin.write(b"data 4\ndata")
            for month in touched:
                content = json.dumps([*months[month].values()], indent=2).encode()
                process.stdin.write(f"\nM 100644 inline {month}.json\ndata {len(content)}\n".encode() + content)
            process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait() == 0
    return len(months)


def work(contender, repository, store):
    """Measures one thing in this process and prints it."""
    began = time.perf_counter()
    if contender == "import":
        from include.apod.captures.captures import repository_captures
        from include.apod.captures.importing import import_captures
        from include.apod.days import Span
        from include.apod.formats.store import Store

        with repository_captures(repository) as captures:
            now = datetime.combine(LAST, datetime.min.time(), UTC) + timedelta(days=2)
            facts = import_captures(captures, Store(Path(store)), Span(FIRST, LAST), now, lambda *_: None).facts
    else:
        with subprocess.Popen(["git", "log", "-p"], cwd=repository, stdout=subprocess.PIPE) as process:
            facts = {"bytes": sum(len(block) for block in iter(lambda: process.stdout.read(1 << 20), b""))}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({"seconds": time.perf_counter() - began, "peak": peak, **facts}))


def measure(*arguments):
    """The same in a fresh process."""
    command = [sys.executable, "-m", "bench.captures", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ, text=True).stdout)


def main():
    """Runs the benchmark in a folder of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        repository = Path(folder) / "captures.git"
        months = make(repository)
        runs = defaultdict(list)
        for turn in range(ROUNDS):
            runs["git log -p"].append(measure("log", repository, ""))
            runs["import"].append(measure("import", repository, Path(folder) / f"{turn}"))
            runs["import again"].append(measure("import", repository, Path(folder) / f"{turn}"))
    results = {name: medians(measured) for name, measured in runs.items()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "captures.json").write_text(json.dumps(results, indent=2) + "\n")
    print(f"{months} months, {COMMITS} commits")
    for name, figures in results.items():
        print(f"{name:14} {figures['seconds']:8.3f} s {figures['peak'] / 1e6:8.1f} MB  {figures.get('stored', '')}")


if __name__ == "__main__":
    work(*sys.argv[1:]) if sys.argv[1:] else main()
