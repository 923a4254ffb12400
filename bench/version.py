"""What a version of one changed row costs, beside the commands that a person would type, and beside the floor.

`make bench` prints the table and writes bench/results/version.json. The three take turns in one run, each on a
repository and a DVC remote of its own, with a CSV of 12 MB and its raw store.
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
from datetime import timedelta
from pathlib import Path

import psycopg  # noqa: TID253
from obstore.store import LocalStore

from bench.figures import medians, paired
from bench.load import FIRST, SMALL, correct, fill, load, new_database
from include.apod.adapters.dvc import Remote
from include.apod.adapters.git import Repository
from include.apod.formats.store import Store
from include.apod.release.release import Target, release
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from local.stack import postgres
from local.stack.ports import any_free
from local.stack.processes import Processes

ROUNDS = 9
RESULTS = Path(__file__).parent / "results"
IDENTITY = {
    "GIT_AUTHOR_NAME": "A Developer",
    "GIT_AUTHOR_EMAIL": "dev@example.org",
    "GIT_COMMITTER_NAME": "A Developer",
    "GIT_COMMITTER_EMAIL": "dev@example.org",
    "DVC_NO_ANALYTICS": "1",
}


def call(*command, cwd, env=None):
    subprocess.run(list(map(str, command)), cwd=cwd, env={**os.environ, **(env or {})}, check=True, capture_output=True)


def bare(folder):
    """A repository with as many files as a project has."""
    path, work = folder / "repository.git", folder / "code"
    work.mkdir(parents=True)
    call("git", "init", "-q", "--bare", "--initial-branch=main", path, cwd=folder)
    call("git", "init", "-q", "--initial-branch=main", cwd=work)
    for number in range(150):
        (work / f"module_{number}.py").write_text(f"x = {number}\n" * 50)
    call("git", "add", ".", cwd=work)
    call("git", "commit", "-qm", "code", cwd=work, env=IDENTITY)
    call("git", "push", "-q", path, "main", cwd=work)
    return path


def ours(folder, repository, store, dsn):
    """The step."""
    target = Repository(repository.as_uri(), "main", "APOD pipeline <apod@localhost>")
    with psycopg.connect(dsn, autocommit=True) as database:
        version(target, Remote(str(folder / "remote"), sys.executable), store, database, Stamp("bench", "bench", FIRST))


def released(folder, repository, store, dsn):
    """The task behind the step: the version as plain files."""
    (folder / "release").mkdir(exist_ok=True)
    target = Target(str(folder / "release"), LocalStore(folder / "release"), 30)
    with psycopg.connect(dsn, autocommit=True) as database:
        release(
            Repository(repository.as_uri(), "main", "APOD pipeline <apod@localhost>"), None, store, database, target
        )


def typed(folder, repository, store, _):
    """What a person would type."""
    work, dvc = folder / "work", [sys.executable, "-m", "dvc"]
    env = {**IDENTITY, "DVC_SITE_CACHE_DIR": str(folder / "site")}
    shutil.rmtree(work, ignore_errors=True)
    call("git", "clone", "-q", repository.as_uri(), work, cwd=folder)
    if not (work / ".dvc").exists():
        call(*dvc, "init", "-q", cwd=work, env=env)
        call(*dvc, "remote", "add", "-d", "apod", folder / "remote", cwd=work, env=env)
    (work / "data").mkdir(exist_ok=True)
    shutil.copyfile(store.csv, work / "data/apod_data.csv")
    shutil.copytree(store.raw, work / "data/raw")
    call(*dvc, "add", "-q", "data/apod_data.csv", "data/raw", cwd=work, env=env)
    call(*dvc, "push", "-q", cwd=work, env=env)
    call("git", "add", ".", cwd=work)
    call("git", "commit", "-qm", "data", cwd=work, env=env)
    call("git", "push", "-q", cwd=work)


def floor(folder, repository, store, _):
    """A blobless bare clone, one md5, one copy of what changed, a commit by plumbing, a push."""
    work = folder / "work.git"
    shutil.rmtree(work, ignore_errors=True)
    call("git", "clone", "-q", "--bare", "--depth=1", "--filter=blob:none", repository.as_uri(), work, cwd=folder)
    digest = hashlib.md5(store.csv.read_bytes(), usedforsecurity=False).hexdigest()
    (folder / "remote").mkdir(exist_ok=True)
    shutil.copyfile(store.csv, folder / "remote" / digest)
    script = (
        f"export GIT_INDEX_FILE=index; git read-tree HEAD; blob=$(echo {digest} | git hash-object -w --stdin); "
        "git update-index --add --cacheinfo 100644,$blob,data.dvc; "
        "commit=$(git commit-tree -p HEAD -m data $(git write-tree)); git push -q origin $commit:refs/heads/main"
    )
    call("sh", "-euc", script, cwd=work, env=IDENTITY)


def idle(folder, repository, store, dsn):
    """The step again: nothing is new."""
    ours(folder, repository, store, dsn)


def cloning(folder, repository, _, __):
    """A shallow clone alone, which the step without news is measured by."""
    with tempfile.TemporaryDirectory(
        prefix="apod-clone-"
    ) as fresh:  # as the step: a new folder is dearer than an old one
        call(
            "git",
            "clone",
            "-q",
            "--depth=1",
            "--single-branch",
            "--no-tags",
            repository.as_uri(),
            f"{fresh}/clone",
            cwd=folder,
        )


def timed(function, *args):
    """Wall and CPU seconds, those of child processes among them."""

    def cpu():
        both = [resource.getrusage(scope) for scope in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(used.ru_utime + used.ru_stime for used in both)

    before, began = cpu(), time.perf_counter()
    function(*args)
    return {"seconds": time.perf_counter() - began, "cpu": cpu() - before}


def rounds(home, server):
    """All of them in turns; the first turn, which sets everything up, is not counted."""
    store, dsn = Store(home / "store"), new_database(server)
    fill(store.raw, SMALL)
    load(dsn, store)()
    folders = {}
    for name in ("ours", "typed", "floor"):
        (home / name).mkdir()
        folders[name] = (home / name, bare(home / name))
    results = {name: [] for name in ("ours", "released", "typed", "floor", "idle", "cloning")}
    for turn in range(ROUNDS + 1):
        correct(store, FIRST + timedelta(SMALL - 3), f"Edited {turn}")
        load(dsn, store)()
        for function in (ours, released, typed, floor, idle, cloning):
            name = function.__name__
            folder, repository = folders.get(name, folders["ours"])
            measured = timed(function, folder, repository, store, dsn)
            if turn:
                results[name].append(measured)
    return {
        **{name: medians(runs) for name, runs in results.items()},
        "step / typed": paired(results["ours"], results["typed"]),
        "idle / clone": paired(results["idle"], results["cloning"]),
        "release / step": paired(results["released"], results["ours"]),
    }


def main():
    """Runs the benchmark in folders of its own, which it removes."""
    with tempfile.TemporaryDirectory(prefix="apod-bench-") as folder:
        home = Path(folder)
        processes = Processes(home / "processes.json", home)
        server = postgres.Server(home / "server" / "data", any_free(), "bench")
        server.data.parent.mkdir()
        postgres.start(server, processes)
        try:
            results = rounds(home, server)
        finally:
            processes.stop()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "version.json").write_text(json.dumps(results, indent=2) + "\n")
    labels = {
        "ours": "apod_version, one row changed",
        "released": "its release",
        "typed": "git and dvc, typed",
        "floor": "floor: plumbing, md5, copy",
        "idle": "apod_version, nothing new",
        "cloning": "a shallow clone",
    }
    print(f"{'':30} {'seconds':>8} {'CPU':>8}")
    for name, label in labels.items():
        print(f"{label:30} {results[name]['seconds']:8.2f} {results[name]['cpu']:8.2f}")
    print(
        f"step / typed: {results['step / typed']:.2f}; step without news / clone: {results['idle / clone']:.2f}; "
        f"release / step: {results['release / step']:.2f}"
    )


if __name__ == "__main__":
    main()
