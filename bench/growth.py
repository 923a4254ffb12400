"""What a year of daily versions takes in the DVC remote, in git and in the release, before and after `gc`.

`make growth` prints the table, writes bench/results/growth.json and draws docs/growth.svg. 365 days are lived through
with the real steps at the end of 31 years of archive: each day a new picture, every twelfth an edit of one in the
look-back, as in NASA's real edits of 2022 and 2023.
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg  # noqa: TID253
from obstore.store import LocalStore

from bench.load import FIRST, PROJECT, SMALL, correct, fill, load, new_database
from bench.version import bare
from include.apod.adapters.commits import checkout_version
from include.apod.adapters.dvc import Remote
from include.apod.adapters.git import Clone, Repository, clone_history
from include.apod.formats.store import Store
from include.apod.history.gc import collect, plan
from include.apod.history.reproduce import DIRTY, Workshop
from include.apod.history.versions import read_versions
from include.apod.release.release import Target, release
from include.apod.settings import Settings
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from local.stack import postgres
from local.stack.ports import any_free
from local.stack.processes import Processes

DAYS = 365
EDIT_EVERY = 12
KEEP_DAILY = 7


def size_of(folder):
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def weigh(remote, repository, csvs):
    """Bytes of the CSVs and of everything else in the remote, of the repository, and of the release."""
    sizes = {
        path.parent.name + path.name: path.stat().st_size for path in Path(remote.url).rglob("*") if path.is_file()
    }
    return {
        "csv": sum(size for name, size in sizes.items() if name in csvs),
        "raw": sum(size for name, size in sizes.items() if name not in csvs),
        "git": size_of(repository),
        "release": size_of(Path(remote.url).with_name("release")),
    }


def live(home, server):
    """The year, weighed each month, and what gc leaves of it."""
    store, dsn, path = Store(home / "store"), new_database(server), bare(home / "git")
    repository = Repository(path.as_uri(), "main", "APOD pipeline <apod@localhost>")
    remote = Remote(str(home / "remote"), sys.executable)
    (home / "release").mkdir()
    target = Target(f"{home / 'release'}", LocalStore(home / "release"), Settings().release_versions)
    code = checkout_version(PROJECT).removesuffix(DIRTY)
    fill(store.raw, SMALL - DAYS)
    run, csvs, weights = load(dsn, store), set(), []
    with psycopg.connect(dsn, autocommit=True) as database:
        for day in range(DAYS + 1):
            if day:
                correct(store, FIRST + timedelta(SMALL - DAYS + day - 1), f"Day {day}")
            if day and day % EDIT_EVERY == 0:
                correct(store, FIRST + timedelta(SMALL - DAYS + day - 9), f"Edited {day}")
            now = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(day)
            os.environ["GIT_AUTHOR_DATE"] = os.environ["GIT_COMMITTER_DATE"] = now.isoformat()
            run()
            report = version(repository, remote, store, database, Stamp("bench", code, FIRST))
            release(repository, None, store, database, target)
            csvs.add(f"{report.facts['md5']}")
            if day % 30 == 0 or day == DAYS:
                weights.append({"day": day, **weigh(remote, path, csvs)})
                print(f"  day {day}", file=sys.stderr)
    return weights, thin_out(home, (repository, remote), path, csvs)


def thin_out(home, place, path, csvs):
    """`gc --keep-daily 7 --keep-monthly`, as the command does it."""
    repository, remote = place
    clone = clone_history(repository, home / "history")
    versions = read_versions(clone)
    retention = plan(clone, versions, KEEP_DAILY, monthly=True)
    stayed = [
        (surplus.commit, reason)
        for surplus, reason in collect(retention.surplus, Workshop(home, (clone, Clone(PROJECT, repository))))
        if reason
    ]
    assert not stayed, stayed
    return {"day": DAYS, "versions": len(versions), "gone": len(retention.surplus), **weigh(remote, path, csvs)}


def draw(weights, after):
    """Megabytes against days, and what gc leaves of the CSVs in the end."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "apod", "svg.fonttype": "none", "font.size": 9})
    from matplotlib import pyplot as plt

    figure, plot = plt.subplots(figsize=(6, 3.4), layout="constrained")
    for name, label in (("csv", "CSVs, no gc"), ("raw", "raw store"), ("git", "git"), ("release", "release")):
        plot.plot(
            [weight["day"] for weight in weights], [weight[name] / 1e6 for weight in weights], marker="o", label=label
        )
    plot.plot([after["day"]], [after["csv"] / 1e6], marker="*", markersize=12, linestyle="", label="CSVs after gc")
    plot.set(yscale="log", xlabel="days, a version each", ylabel="MB")
    plot.grid(alpha=0.3)
    plot.legend()
    figure.savefig(PROJECT / "docs" / "growth.svg", metadata={"Date": None, "Creator": None})


def main():
    """Runs the benchmark in folders of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        home = Path(folder)
        processes = Processes(home / "processes.json", home)
        server = postgres.Server(home / "server" / "data", any_free(), "bench")
        server.data.parent.mkdir()
        (home / "git").mkdir()
        postgres.start(server, processes)
        try:
            weights, after = live(home, server)
        finally:
            processes.stop()
    results = PROJECT / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "growth.json").write_text(json.dumps({"days": weights, "after gc": after}, indent=2) + "\n")
    print(f"{'MB':28} {'CSVs':>8} {'raw':>8} {'git':>8} {'release':>8} {'all':>8}")
    for label, weight in (
        ("the first version", weights[0]),
        ("365 versions later", weights[-1]),
        (f"after gc ({after['gone']} CSVs gone)", after),
    ):
        sizes = [weight[name] / 1e6 for name in ("csv", "raw", "git", "release")]
        print(f"{label:28} {' '.join(f'{size:8.1f}' for size in [*sizes, sum(sizes)])}")
    draw(weights, after)


if __name__ == "__main__":
    main()
