"""Files that several processes write at once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise
from multiprocessing import get_context

from include.apod.adapters.files import locked, replacing
from include.apod.adapters.object_cache import ObjectCache
from include.apod.formats import raw as raw_store
from include.apod.formats.raw import Observation
from tests.helpers.project import PROJECT

FORK = get_context("spawn")


def write_often(path, letter):
    for _ in range(200):
        with replacing(path, durable=False) as file:
            for _ in range(10):
                file.write(letter * 1000)
                file.flush()
    return letter


def test_two_writers_never_mix(tmp_path):
    """A task that was taken for dead goes on beside its retry; a reader sees the file of one of them, whole."""
    path = tmp_path / "a file"
    with ProcessPoolExecutor(2, FORK) as pool:
        writers = [pool.submit(write_often, path, letter) for letter in (b"a", b"b")]
        seen = set()
        while not all(writer.done() for writer in writers):
            if path.exists():
                seen.add(path.read_bytes())
        assert [b"a", b"b"] == [writer.result() for writer in writers]

    assert seen <= {b"a" * 10_000, b"b" * 10_000}
    assert ["a file"] == [one.name for one in tmp_path.iterdir()]


def append_days(raw, source):
    (raw.parent / source).touch()
    while len([*raw.parent.glob("[bp]*")]) < 2:
        time.sleep(0.001)
    for number in range(300):
        day = date(2026, 1, 1) + timedelta(number)
        record = {"date": f"{day}", "source": source}
        one = Observation(day, "2026-11-30T00:00:00Z", source, raw_store.digest(record), record=record)
        raw_store.append(raw, [one])


def test_two_ingests_lose_nothing_of_each_other(tmp_path):
    """On the same month files, which each of them reads and writes anew."""
    with ProcessPoolExecutor(2, FORK) as pool:
        [*pool.map(append_days, [tmp_path / "raw"] * 2, ["planetary", "basic"])]
    held = [one for path in raw_store.months(tmp_path / "raw") for one in raw_store.read_month(path)]

    assert 600 == len({(one.date, one.source) for one in held}) == len(held)


def test_an_answer_that_a_zombie_has_stored_is_not_stored_twice(tmp_path):
    """Its retry heard the same words a minute later."""
    record = {"date": "2026-11-01"}
    for when in ("2026-11-30T00:00:00Z", "2026-11-30T00:01:00Z"):
        one = Observation(date(2026, 11, 1), when, "basic", raw_store.digest(record), record=record)
        raw_store.append(tmp_path, [one])

    assert 1 == len(raw_store.read_month(tmp_path / "2026" / "2026-11.jsonl"))


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    """And what a living one writes is not; a name with the letters of a pattern is taken as it is."""
    path = tmp_path / "a [file]*"
    code = (
        "import sys, time; from pathlib import Path; from include.apod.adapters.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as file: file.write(b'half'); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, path], cwd=PROJECT, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        with replacing(path) as file:
            file.write(b"beside")
        beside = len([*tmp_path.glob(".*.tmp")])
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
    with replacing(path) as file:
        file.write(b"after")

    assert 1 == beside
    assert ([path], b"after") == ([*tmp_path.iterdir()], path.read_bytes())


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    """And nothing beside it."""
    path = tmp_path / "a file"
    path.write_bytes(b"before")
    with suppress(ZeroDivisionError), replacing(path) as file:
        file.write(b"half")
        raise ZeroDivisionError

    assert ([path], b"before") == ([*tmp_path.iterdir()], path.read_bytes())


def hold(path, seconds):
    with locked(path):
        began = time.monotonic()
        time.sleep(seconds)
        return began, time.monotonic()


def test_a_lock_is_held_by_one(tmp_path):
    """The others wait."""
    with ProcessPoolExecutor(3, FORK) as pool:
        times = sorted(pool.map(hold, [tmp_path / "a lock"] * 3, [0.2] * 3))

    assert all(ended <= began for (_, ended), (began, _) in pairwise(times))


def test_a_cache_that_is_being_filled_is_not_swept(tmp_path, monkeypatch):
    """By a task that listed the store before the object was there; an hour later it is gone."""
    cache = ObjectCache(tmp_path / "cache")
    file = tmp_path / "read"
    file.write_bytes(b"content")
    cache.add(file, "raw/new.jsonl", "an e-tag")
    cache.prune({"raw/old.jsonl"})
    young = cache.path("raw/new.jsonl", "an e-tag").exists()
    monkeypatch.setattr("include.apod.adapters.object_cache.YOUNG_SECONDS", 0)
    time.sleep(0.01)
    cache.prune({"raw/old.jsonl"})

    assert (True, False) == (young, cache.path("raw/new.jsonl", "an e-tag").exists())
