"""What each controller still has to do."""

from include.apod.formats.fragments import read_manifest
from include.apod.formats.store import Store
from include.apod.ingest.ingest import ingest
from include.apod.load.transform import transform
from include.apod.status import ingest_status, load_status, tip_csv, version_status
from include.apod.version.version import version
from tests.helpers.repository import STAMP
from tests.helpers.steps import load


def test_an_empty_store_needs_every_day(store, scope):
    """In words, with the number."""
    report = ingest_status(store, scope.archive, scope.now)

    assert (report.changed, report.sentence) == (True, "54 days to ask for, the newest 2026-11-23")


def test_a_full_store_needs_nothing(nasa, store, scope):
    """Quiet is told apart from dead."""
    ingest(nasa.sources(), store, scope)
    report = ingest_status(store, scope.archive, scope.now)

    assert (report.changed, report.sentence) == (False, "every day of 2026-10-01..2026-11-23 is accounted for")


def test_load_goes_from_nothing_to_transform_to_publish_to_done(nasa, store, scope, database):
    """Each word is a state that a crash can leave."""
    said = [load_status(store, database).sentence]
    ingest(nasa.sources(), store, scope)
    said.append(load_status(store, database).sentence)
    transform(store)
    said.append(load_status(store, database).sentence)
    load(store, database)
    store.csv.unlink()
    said.append(load_status(store, database).sentence)
    load(store, database)
    said.append(load_status(store, database).sentence[:41])

    assert said == [
        "nothing to load yet: the raw store is empty",
        "2 months to transform and publish",
        "clean months to publish",
        "the CSV is not the published one",
        "table and CSV hold what the raw store say",
    ]


def test_version_goes_from_nothing_to_due_to_done(store, loaded, repository, remote, database):
    """Compared with the tip of the branch."""
    said = [version_status(Store(store.root / "empty"), "main", None).sentence]
    said.append(version_status(loaded, "main", tip_csv(repository)).sentence)
    version(repository, remote, loaded, database, STAMP)
    said.append(version_status(loaded, "main", tip_csv(repository)).sentence)

    assert said == [
        "nothing to version yet: there is no CSV",
        "the CSV is not on main yet",
        "main points at the CSV there is now",
    ]


def tree(root):
    """Every file with its time and bytes."""
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in root.rglob("*") if path.is_file()}


def test_looking_changes_nothing(loaded, database, scope):
    """Not even where a fragment is damaged: repairs belong to the steps."""
    path = read_manifest(loaded.clean).fragments["2026-11"].path(loaded.clean, "rows")
    path.write_bytes(b"\0" * path.stat().st_size)
    before = tree(loaded.root)
    report = load_status(loaded, database)
    ingest_status(loaded, scope.archive, scope.now)

    assert report.changed
    assert "was damaged after transform wrote it" in report.sentence
    assert before == tree(loaded.root)
