"""A store in an object store: S3 over real HTTP; every worker has a disk of its own."""

import os
import tempfile

import obstore
import pytest
from obstore.store import MemoryStore

from include.apod.adapters.files import replacing
from include.apod.adapters.object_cache import ObjectCache
from include.apod.airflow import connections
from include.apod.errors import Misconfigured, Unavailable
from include.apod.formats.store import PUBLISHED, open_mirrored
from include.apod.settings import read_settings
from tests.helpers.google import Google
from tests.helpers.objects import BUCKET, Objects

URI = f"s3://{BUCKET}/apod"


@pytest.fixture
def objects(deployment, monkeypatch, tmp_path):
    """An empty bucket, and a worker with an empty disk."""
    made = Objects().start()
    made.set(monkeypatch)
    deployment.set(APOD_STORE=URI)
    move_to("a worker", monkeypatch, tmp_path)
    yield made
    made.stop()


def move_to(name, monkeypatch, tmp_path):
    """Another worker."""
    (tmp_path / name).mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))


@pytest.fixture
def opened(objects):
    """Opens the store as a task does."""
    return lambda *parts: connections.open_store(read_settings(), *(parts or ("raw",)))


def write(path, content):
    with replacing(path) as file:
        file.write(content)


def task(store, **files):
    """What a task does: it opens the store and writes into it."""
    with store as opened:
        for name, content in files.items():
            content(opened) if callable(content) else write(opened.root / name, content)


MONTH = "raw/2026/2026-11.jsonl"


def test_what_a_task_writes_another_worker_reads(objects, opened, monkeypatch, tmp_path):
    """Hidden files and the index of file times stay where they are."""
    with opened() as store:
        write(store.root / MONTH, b"words\n")
        write(store.coverage, b"{}")
        (store.raw / "2026" / ".half.tmp").write_bytes(b"")
    move_to("another worker", monkeypatch, tmp_path)
    with opened() as store:
        read, index = (store.root / MONTH).read_bytes(), store.coverage.exists()

    assert (b"words\n", False, [f"apod/{MONTH}"]) == (read, index, objects.names())


def test_what_was_read_once_is_not_read_again(objects, opened, monkeypatch, tmp_path):
    """A task that finds everything as it was makes one request; a file has the same time everywhere."""
    with opened() as store:
        write(store.root / MONTH, b"words\n")
    move_to("another worker", monkeypatch, tmp_path)
    with opened() as store:
        first = (store.root / MONTH).stat().st_mtime_ns
        write(store.coverage, b"{}")
    objects.requests.clear()
    with opened() as store:
        second, index = (store.root / MONTH).stat().st_mtime_ns, store.coverage.exists()
    move_to("a worker", monkeypatch, tmp_path)
    with opened() as store:
        elsewhere = (store.root / MONTH).stat().st_mtime_ns

    assert (first, True, first) == (second, index, elsewhere)
    assert [("GET", f"/{BUCKET}")] * 2 == objects.requests  # two workers, one listing each


def test_a_change_is_one_request(objects, opened):
    """None for the file that stays; a file that is gone goes."""
    with opened() as store:
        write(store.root / MONTH, b"words\n")
        write(store.raw / "2026" / "2026-10.jsonl", b"older words\n")
    objects.requests.clear()
    with opened() as store:
        write(store.root / MONTH, b"words\nmore\n")
        (store.raw / "2026" / "2026-10.jsonl").unlink()
    made = objects.requests[:]

    assert ["GET", "PUT", "GET", "POST"] == [method for method, _ in made]  # a look before what is gone is deleted
    assert [f"apod/{MONTH}"] == objects.names()


def test_what_only_a_replaced_manifest_named_goes_without_a_look(objects, opened):
    """Nobody else can have written there: the manifest is sent only where it is the one that was read."""
    task(opened("clean"), **{"clean/rows.a.csv": b"old", "clean/manifest.json": b"a"})
    objects.requests.clear()
    with opened("clean") as store:
        write(store.clean / "rows.b.csv", b"new")
        write(store.clean / "manifest.json", b"b")
        (store.clean / "rows.a.csv").unlink()
    made = objects.requests[:]

    assert ["GET", "PUT", "PUT", "POST"] == [method for method, _ in made]
    assert ["manifest.json", "rows.b.csv"] == [name.rpartition("/")[2] for name in objects.names()]


def test_a_step_that_looks_inside_its_lock_need_not_look_before(objects):
    """It begins with nothing, and cannot write over what it has not read."""
    opened = connections.open_store(read_settings(), "raw", empty=True)
    objects.put(f"apod/{MONTH}", b"words\n")
    with opened as store:
        before = store.raw.exists()
        store.refresh()
        after = (store.root / MONTH).read_bytes()
    with pytest.raises(Unavailable, match="was written by somebody else since this task read it"):
        task(connections.open_store(read_settings(), "raw", empty=True), **{MONTH: b"other words\n"})

    assert (False, b"words\n") == (before, after)


def test_what_somebody_wrote_since_is_not_deleted(objects, opened):
    """Deletions have no condition of their own, so the state is looked at right before."""
    task(opened(), **{MONTH: b"words\n"})
    with opened() as store:
        (store.root / MONTH).unlink()
        objects.put(f"apod/{MONTH}", b"words of another task\n")

    assert [f"apod/{MONTH}"] == objects.names()


def test_what_is_gone_from_the_store_goes_from_the_disk(objects, opened, monkeypatch):
    """A fragment has a new name each day; for years, the old ones would pile up."""
    task(opened(), **{MONTH: b"words\n"})
    objects.remove(f"apod/{MONTH}")
    monkeypatch.setattr("include.apod.adapters.object_cache.YOUNG_SECONDS", 0)
    task(opened())

    assert [] == [path for path in ObjectCache.of(URI).folder.rglob("*") if path.is_file()]


def test_two_tasks_of_one_worker_share_what_was_read(objects, opened, monkeypatch):
    """One may replace a file in the cache just when the other wants to link it."""
    task(opened(), **{MONTH: b"words\n"})
    link, replaced = os.link, []

    def slow(source, target):
        if not replaced:
            replaced.append(source)
            task(opened(), **{MONTH: b"more\n"})
        link(source, target)

    monkeypatch.setattr(os, "link", slow)
    with opened() as store:
        read = (store.root / MONTH).read_bytes()

    assert b"more\n" == read


@pytest.mark.parametrize("there", [True, False])
def test_two_writers_cannot_undo_each_other(objects, opened, there):
    """Whoever is second is told, and changes nothing; its retry begins from what the first has written."""
    if there:
        objects.put(f"apod/{MONTH}", b"before\n")
    with pytest.raises(Unavailable, match="written by somebody else"):
        task(opened(), quicker=lambda _: task(opened(), **{MONTH: b"quick\n"}), **{MONTH: b"slow\n"})
    with opened() as store:
        kept = (store.root / MONTH).read_bytes()

    assert b"quick\n" == kept


def test_what_somebody_removed_is_not_written_over(objects, opened):
    """A conditional write to an object that is gone fails."""
    objects.put(f"apod/{MONTH}", b"before\n")
    with pytest.raises(Unavailable, match="written by somebody else"):
        task(opened(), removed=lambda _: objects.remove(f"apod/{MONTH}"), **{MONTH: b"more\n"})

    assert [] == objects.names()


def test_what_names_others_goes_last(objects, opened):
    """An upload that dies half-way leaves objects that nobody points at, never a pointer to what is not there."""
    with opened("clean", "staged", PUBLISHED) as store:
        for name in ("datapackage.json", "apod_data.csv", "composition.json", "clean/manifest.json"):
            write(store.root / name, b"head\n")
        for month in range(1, 10):
            write(store.clean / f"2026-0{month}" / "key.csv", b"rows\n")
    sent = [path.removeprefix(f"/{BUCKET}/apod/") for method, path in objects.requests if method == "PUT"]

    assert {f"clean/2026-0{month}/key.csv" for month in range(1, 10)} == set(sent[:9])
    assert ["clean/manifest.json", "apod_data.csv", "composition.json", "datapackage.json"] == sent[9:]


def test_a_store_that_breaks_off_is_told_and_mended_by_the_next_try(objects, opened):
    """S3 refuses the heads; the fragments are there, nobody points at them."""
    objects.before = lambda said: "400 Bad Request" if "manifest" in said["PATH_INFO"] else None
    made = {"clean/2026-01/key.csv": b"rows\n", "clean/manifest.json": b"{}"}
    with pytest.raises(Unavailable, match="does not answer"):
        task(opened("clean"), **made)
    half = objects.names()
    objects.before = lambda _: None
    task(opened("clean"), **made)

    assert ["apod/clean/2026-01/key.csv"] == half
    assert 2 == len(objects.names())


def test_what_a_failed_task_has_written_so_far_is_sent(objects, opened):
    """Ingest keeps what it read before the source died."""
    with pytest.raises(ZeroDivisionError):
        task(opened(), **{MONTH: b"words\n"}, fault=lambda _: 1 / 0)

    assert [f"apod/{MONTH}"] == objects.names()


def test_what_changes_while_it_is_read_is_read_again(objects, opened, monkeypatch, tmp_path):
    """Else the cache would have the new words under the mark of the old ones."""
    objects.put(f"apod/{MONTH}", b"before\n")

    def swap(environ):
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].endswith("jsonl"):
            objects.before = lambda _: None
            objects.put(f"apod/{MONTH}", b"after\n")

    objects.before = swap
    with opened() as store:
        read = (store.root / MONTH).read_bytes()
    objects.put(f"apod/{MONTH}", b"before\n")
    with opened() as store:
        old = (store.root / MONTH).read_bytes()

    assert (b"after\n", b"before\n") == (read, old)


def test_fetching_again_takes_what_others_wrote_and_drops_what_was_not_sent(objects, opened):
    """The object store is the truth."""
    objects.put(f"apod/{MONTH}", b"before\n")
    with opened() as store:
        write(store.root / MONTH, b"mine\n")
        write(store.raw / "2026" / "2026-10.jsonl", b"mine\n")
        objects.put(f"apod/{MONTH}", b"theirs\n")
        store.refresh()
        found = {path.name: path.read_bytes() for path in store.raw.rglob("*.jsonl")}

    assert {"2026-11.jsonl": b"theirs\n"} == found


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        ({"APOD_STORE": "s3://no-such-bucket/apod"}, Misconfigured, "no-such-bucket/apod has no bucket"),
        ({"APOD_STORE": "carrier-pigeon://coop/apod"}, Misconfigured, "carrier-pigeon"),
        ({"APOD_STORE": "s3://key:secret@bucket/apod"}, Misconfigured, "without credentials"),
        ({"APOD_STORE": "s3://"}, Misconfigured, "scheme://bucket/path"),
    ],
)
def test_a_wrong_address_is_told(opened, monkeypatch, wrong, error, word):
    """Before anything is sent."""
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(error, match=word), opened() as store:
        write(store.root / MONTH, b"words\n")


@pytest.mark.parametrize(("answer", "error"), [("403 Forbidden", Misconfigured), ("400 Bad Request", Unavailable)])
def test_a_store_that_refuses_is_told_without_the_secret(objects, opened, caplog, answer, error):
    """The message ends up in a log."""
    objects.before = lambda _: answer
    with caplog.at_level("DEBUG"), pytest.raises(error, match="apod-bucket") as told, opened():
        pass

    assert "the-secret-key" not in f"{told.value}{told.value.__cause__}{caplog.text}"


def test_a_store_that_is_gone_is_told(objects, opened):
    """A retry may help."""
    objects.stop()
    with pytest.raises(Unavailable, match="does not answer"), opened():
        pass


def test_a_cache_of_somebody_else_is_not_used(objects, opened):
    """Whoever can write there could slip us other words."""
    cache = ObjectCache.of(URI).folder
    cache.rmdir()
    cache.symlink_to(tempfile.gettempdir())
    with pytest.raises(Misconfigured, match="is not ours"), opened():
        pass


def test_other_object_stores_work_alike(tmp_path, monkeypatch):
    """What a client has to offer is the same for Google's and Azure's; here it keeps things in memory."""
    move_to("a worker", monkeypatch, tmp_path)
    files, uri = MemoryStore(), "memory:///apod"
    task(open_mirrored(files, uri, ("raw",)), **{MONTH: b"words\n"})
    with pytest.raises(Unavailable, match="somebody else"):
        task(
            open_mirrored(files, uri, ("raw",)),
            theirs=lambda _: obstore.put(files, MONTH, b"theirs\n"),
            **{MONTH: b"mine\n"},
        )

    assert b"theirs\n" == obstore.get(files, MONTH).bytes()


@pytest.fixture
def google(tmp_path, monkeypatch):
    """A bucket of Google's, and a worker with an empty disk."""
    made = Google()
    move_to("a worker", monkeypatch, tmp_path)
    yield made
    made.stop()


def test_googles_store_takes_changes_and_refuses_what_it_must(google, tmp_path):
    """A new object, a change, a deletion; and what somebody else has written meanwhile stands."""

    def opened():
        return open_mirrored(google.store("apod"), f"gs://{tmp_path.name}/apod", ("raw",))

    def during(content):
        return lambda _: google.put(f"apod/{MONTH}", content)

    task(opened(), **{MONTH: b"words\n", "raw/2026/2026-10.jsonl": b"older words\n"})
    task(opened(), **{MONTH: b"words\nmore\n"})
    with opened() as store:
        (store.raw / "2026" / "2026-10.jsonl").unlink()
    with pytest.raises(Unavailable, match="was written by somebody else"):
        task(opened(), other=during(b"theirs\n"), **{MONTH: b"mine\n"})

    assert {f"apod/{MONTH}": b"theirs\n"} == {name: content for name, (content, _) in google.objects.items()}
