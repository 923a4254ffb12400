"""What raw months to a sealed table and CSV cost, beside the floor, dlt and pandas; what a day costs, and nothing.

`make bench` prints the tables, writes bench/results/load.json and draws docs/cost-of-a-load.svg. Each measurement is a
fresh process on a database of its own, and the four take turns in one run. The rows are NASA's of 1995-2023 where they
are beside this checkout, else our fiction; more of them are the same ones again under later days.
"""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import psycopg  # noqa: TID253

from bench.figures import medians, paired
from include.apod.formats import raw as raw_store
from include.apod.formats.columns import COLUMNS, SOURCE_COLUMNS
from include.apod.formats.store import Store
from local.stack import postgres
from local.stack.ports import any_free
from local.stack.processes import Processes

FIRST = date(1995, 6, 16)
ROUNDS = {11_400: 9, 114_000: 3, 1_140_000: 1}
SMALL = min(ROUNDS)
DAYS = 9  # rounds of one new day; each takes parts of a second, which scatter
PROJECT = Path(__file__).parents[1]
REAL = PROJECT.parent / "shared" / "apod" / "legacy-1995-2023.ndjson"
CONTENDERS = {
    "floor": "floor: read, COPY, md5",
    "load": "apod_load",
    "dlt": "dlt, merge and CSV",
    "pandas": "pandas to_sql and to_csv",
}


def observations(count):
    """As many days as asked for, each as ingest would keep it."""
    if REAL.exists():
        records = [json.loads(line) for line in REAL.read_bytes().splitlines()]
    else:
        from local.nasa.archive import record_of

        records = [record for day in range(SMALL) if (record := record_of(FIRST + timedelta(day)))]
    for number in range(count):
        day = FIRST + timedelta(number)
        record = {**records[number % len(records)], "date": f"{day}"}
        yield raw_store.Observation(day, "2026-11-23T10:00:00Z", "planetary", raw_store.digest(record), record=record)


def fill(raw, count):
    """Writes the raw store, without waiting for the disk."""
    for month, group in groupby(observations(count), lambda observation: raw_store.month_of(observation.date)):
        path = raw_store.month_file(raw, month)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(map(raw_store.to_line, group)))


def parsed(store):
    """The records of the raw store, as one who has no raw store would have them."""
    for path in raw_store.months(store.raw):
        for line in path.read_bytes().splitlines():
            record = json.loads(line)["record"]
            yield {"date": record["date"], **{name: record.get(name) for name in SOURCE_COLUMNS}}


def floor(dsn, store):
    """What cannot be saved: read what there is, put it where it belongs, look at it once."""
    finished = store.root / "finished.csv"

    def work():
        for path in raw_store.months(store.raw):
            path.read_bytes()
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            definitions = ", ".join(f"{name} text" for name in COLUMNS if name != "date")
            cursor.execute(f"create unlogged table finished (date date, {definitions})")
            digest = hashlib.md5(usedforsecurity=False)
            with cursor.copy("copy finished from stdin (format csv, header)") as copy, finished.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
                    copy.write(block)

    return work


def load(dsn, store):
    """As `again`, pandas imported before the clock runs, as everybody's imports are."""
    import include.apod.load.clean  # noqa: F401

    return again(dsn, store)


def again(dsn, store):
    """The four steps, the two stages side by side as under Airflow."""
    from include.apod.load.publish import LoadInfo, publish
    from include.apod.load.stage_csv import stage_csv
    from include.apod.load.stage_table import stage_table
    from include.apod.load.transform import transform

    def staged():
        with psycopg.connect(dsn, autocommit=True) as connection:
            return stage_table(connection, store.clean)

    def work():
        seconds, mark = {}, time.perf_counter()
        transform(store)
        seconds["transform"], mark = time.perf_counter() - mark, time.perf_counter()
        with ThreadPoolExecutor() as both:
            for future in [both.submit(staged), both.submit(stage_csv, store)]:
                future.result()
        seconds["stages"], mark = time.perf_counter() - mark, time.perf_counter()
        with psycopg.connect(dsn, autocommit=True) as connection:
            publish(connection, store, LoadInfo("bench", "bench"))
        seconds["publish"] = time.perf_counter() - mark
        return seconds

    return work


def dlt(dsn, store):
    """Merge on `date` into PostgreSQL, then its own CSV."""
    import dlt
    from dlt.destinations import filesystem
    from dlt.destinations import postgres as destination

    home = store.root / "dlt"

    def work():
        shutil.rmtree(home, ignore_errors=True)
        for name, to, form in (
            ("table", destination(dsn), None),
            ("csv", filesystem(bucket_url=(home / "csv").as_uri()), "csv"),
        ):
            pipeline = dlt.pipeline(name, pipelines_dir=str(home / name), destination=to, dataset_name="bench")
            rows = dlt.resource(
                parsed(store),
                name="picture",
                primary_key="date",
                write_disposition="merge" if form is None else "replace",
                columns={name: {"data_type": "text", "nullable": True} for name in SOURCE_COLUMNS},
            )
            pipeline.run(rows, loader_file_format=form)

    return work


def to_sql(dsn, store):
    """Everything in one frame."""
    import pandas as pd
    import sqlalchemy

    def work():
        frame = pd.DataFrame(parsed(store))
        engine = sqlalchemy.create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
        frame.to_sql("picture", engine, if_exists="replace", index=False, chunksize=5000)
        frame.to_csv(store.root / "pandas.csv", index=False)

    return work


def io():
    """Bytes that this process has read from files and written to them; zeros where the system does not say."""
    try:
        counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except FileNotFoundError:
        return 0, 0
    return int(counters["rchar"]), int(counters["wchar"])


def work(contender, dsn, root):
    """Measures one contender in this process and prints it."""
    run = {"floor": floor, "load": load, "again": again, "dlt": dlt, "pandas": to_sql}[contender](
        dsn, Store(Path(root))
    )
    before, began = io(), time.perf_counter()
    steps = run()
    seconds, after = time.perf_counter() - began, io()
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "seconds": seconds,
        "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "cpu": used.ru_utime + used.ru_stime,
        "read": after[0] - before[0],
        "written": after[1] - before[1],
        **(steps or {}),
    }
    print(json.dumps(figures))


def in_use(pid):
    """Memory of a process and its children in bytes, what they share counted once; 0 where the system does not say."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        maps = "".join(Path(f"/proc/{one}/smaps_rollup").read_text() for one in (pid, *children))
    except OSError:
        return 0
    return 1024 * sum(int(line.split()[1]) for line in maps.splitlines() if line.startswith("Pss:"))


def measure(contender, dsn, root):
    """The same in a fresh process; `start` is what Python and the imports took."""
    command = [sys.executable, "-m", "bench.load", contender, dsn, str(root)]
    env = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536", "RUNTIME__DLTHUB_TELEMETRY": "false"}
    began, most = time.perf_counter(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as process:
        while contender == "load" and process.poll() is None:  # the only one with a second process
            most = max(most, in_use(process.pid))
            time.sleep(0.5)  # the look itself takes milliseconds, in which the process waits
        output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{contender} failed")
    figures = json.loads(output)
    start = time.perf_counter() - began - figures["seconds"]
    return {**figures, "peak": max(most, figures["peak"]), "start": start}


def new_database(server):
    """An empty database, its server's log flushed, as the night's checkpoint would have left it."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists bench with (force)")
        connection.execute("create database bench")
        connection.execute("checkpoint")
    return server.dsn("bench")


def clear(root):
    """Nothing but the raw store."""
    for path in root.iterdir():
        if path.name != "raw":
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def fresh(server, root, count, rounds):
    """From raw months to the end, everybody in turns."""
    fill(Store(root).raw, count)
    results = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in ("load", "floor", "dlt", "pandas"):
            if name == "load":
                clear(root)
            results[name].append(measure(name, new_database(server), root))
            if name == "load":
                shutil.copyfile(Store(root).csv, root / "finished.csv")
    ratios = {name: paired(results["load"], runs) for name, runs in results.items()}
    return {name: {**medians(runs), "load / this": ratios[name]} for name, runs in results.items()}


def correct(store, day, title):
    """What ingest would do with an edit of a day."""
    path = raw_store.month_file(store.raw, raw_store.month_of(day))
    newest = raw_store.newest(raw_store.read_month(path))
    before = newest[day].record if day in newest else next(observations(1)).record
    record = {**before, "date": f"{day}", "title": title}
    sha256 = raw_store.digest(record)
    observation = raw_store.Observation(day, "2026-11-24T10:00:00Z", "planetary", sha256, record=record)
    raw_store.append(store.raw, [observation])


def log_position(dsn):
    """How much the server has written to its log, in bytes."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return int(connection.execute("select pg_current_wal_insert_lsn() - '0/0'").fetchone()[0])


def day_floor(dsn, store):
    """Read the raw store once, let PostgreSQL export the table through md5 once, write the CSV once."""
    from include.apod.load.audit import export

    began = time.perf_counter()
    for path in raw_store.months(store.raw):
        path.read_bytes()
    digest = hashlib.md5(usedforsecurity=False)
    with (
        psycopg.connect(dsn) as connection,
        connection.cursor() as cursor,
        (store.root / "floor.csv").open("wb") as file,
    ):
        export(cursor, lambda block: (digest.update(block), file.write(block)))
        os.fsync(file.fileno())
    return time.perf_counter() - began


def daily(server, root):
    """One new day and three corrected ones on a full store, and then nothing."""
    store, dsn = Store(root), new_database(server)
    measure("load", dsn, root)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze")  # as the server does by itself within a minute of a load of this size
    days, idle, floors = [], [], []
    for turn in range(DAYS):
        correct(store, FIRST + timedelta(SMALL + turn), "A new day")
        for ago in (3, 400, 4000):
            correct(store, FIRST + timedelta(SMALL - ago), f"Edited {turn}")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("checkpoint")
        before = log_position(dsn)
        days.append({**measure("load", dsn, root), "wal": log_position(dsn) - before})
        floors.append({"seconds": day_floor(dsn, store)})
        idle.append({**measure("again", dsn, root), "python": bare_python()})
    return {
        "day": medians(days),
        "day floor": medians(floors),
        "day / floor": paired(days, floors),
        "idle": medians(idle),
    }


def bare_python():
    """CPU seconds of a Python that does nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def show(sizes, day):
    print(f"{'':26} {'rows':>10} {'seconds':>9} {'start':>7} {'peak MB':>8} {'apod_load / this':>16}")
    for count, results in sizes.items():
        for name, label in CONTENDERS.items():
            figures = results[name]
            numbers = f"{figures['seconds']:9.2f} {figures['start']:7.2f} {figures['peak'] / 1e6:8.0f}"
            numbers += f" {figures['load / this']:16.2f}"
            print(f"{label:26} {count:10,} {numbers}")
        steps = ", ".join(f"{step} {results['load'][step]:.2f}" for step in ("transform", "stages", "publish"))
        print(f"  of apod_load: {steps} s")
    figures, idle = day["day"], day["idle"]
    print(
        f"one new day, three corrected, {SMALL:,} rows: {figures['seconds']:.2f} s, "
        f"{day['day / floor']:.1f} times its floor; read {figures['read'] / 1e6:.1f} MB, "
        f"written {figures['written'] / 1e6:.1f} MB, WAL {figures['wal'] / 1e3:.0f} kB"
    )
    print(
        f"nothing changed: {idle['seconds']:.2f} s, {idle['cpu'] - idle['python']:.2f} s of CPU beyond starting Python"
    )


def draw(sizes):
    """Seconds and memory against rows, for each contender."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "apod", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    figure, (seconds, memory) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for plot, key, unit, label in (
        (seconds, "seconds", 1, "seconds"),
        (memory, "peak", 1e6, "peak memory of the process, MB"),
    ):
        for name, title in CONTENDERS.items():
            plot.plot([*sizes], [results[name][key] / unit for results in sizes.values()], marker="o", label=title)
        plot.set(xscale="log", yscale="log", xlabel="rows", ylabel=label)
        plot.grid(alpha=0.3)
    memory.legend(loc="upper left")  # where no line is
    figure.savefig(PROJECT / "docs" / "cost-of-a-load.svg", metadata={"Date": None, "Creator": None})


def main():
    """Runs the benchmark in folders of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        home = Path(folder)
        processes = Processes(home / "processes.json", home)
        server = postgres.Server(home / "server" / "data", any_free(), "bench")
        server.data.parent.mkdir()
        postgres.start(server, processes)
        try:
            sizes = {}
            for count, rounds in ROUNDS.items():
                (home / f"{count}").mkdir()
                sizes[count] = fresh(server, home / f"{count}", count, rounds)
                if count != SMALL:
                    shutil.rmtree(home / f"{count}")
            clear(home / f"{SMALL}")
            day = daily(server, home / f"{SMALL}")
        finally:
            processes.stop()
    results = PROJECT / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "load.json").write_text(json.dumps({"sizes": sizes, "day": day}, indent=2) + "\n")
    show(sizes, day)
    draw(sizes)


if __name__ == "__main__":
    work(*sys.argv[1:]) if sys.argv[1:] else main()
