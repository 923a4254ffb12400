"""An empty store is not an empty archive."""

import shutil
from dataclasses import replace

import pytest

from include.apod.adapters.dvc import Remote
from include.apod.days import DAY
from include.apod.errors import Misconfigured, Unavailable
from include.apod.formats.raw import months
from include.apod.formats.reading_list import reading_list_path
from include.apod.formats.store import Store
from include.apod.ingest.ingest import ingest
from include.apod.ingest.restore_raw import is_lost, restore_raw
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from tests.helpers.steps import load


@pytest.fixture
def versioned(loaded, repository, remote, database, scope):
    """A store whose raw files are in a version; the bytes of those, by name."""
    version(repository, remote, loaded, database, Stamp("a run", "a commit", scope.archive.first))
    return {path.name: path.read_bytes() for path in months(loaded.raw)}


def content(store):
    return {path.name: path.read_bytes() for path in months(store.raw)}


def test_a_lost_store_is_brought_back_byte_for_byte(versioned, loaded, repository, remote):
    """The observations of years ago are nowhere else."""
    shutil.rmtree(loaded.root)
    report = restore_raw(repository, remote, loaded)

    assert versioned == content(loaded)
    assert report.sentence.startswith("2 months restored from version ")
    assert not is_lost(loaded)


def test_the_names_outlast_a_power_cut_before_the_copies_go(versioned, loaded, repository, remote, flushed):
    """The folders are flushed before the reading list, which is written before the copies are removed."""
    shutil.rmtree(loaded.root)
    restore_raw(repository, remote, loaded)
    names = [flushed.index(folder.stat().st_ino) for folder in (loaded.raw, loaded.raw / "2026")]

    assert max(names) < flushed.index(reading_list_path(loaded.ingest).stat().st_ino)


def test_the_next_run_asks_for_the_rest_only(versioned, loaded, repository, remote, nasa, scope, database):
    """A restored store is as good as the one that was lost; the load gives the same bytes."""
    csv = loaded.csv.read_bytes()
    shutil.rmtree(loaded.root)
    restore_raw(repository, remote, loaded)
    report = ingest(nasa.sources(), loaded, scope)
    load(loaded, database)

    assert (1, 0) == (report.facts["requests"], report.facts["added"])
    assert csv == loaded.csv.read_bytes()


def test_a_month_that_was_deleted_comes_back_and_the_others_stay(versioned, loaded, repository, remote, nasa, scope):
    """Nothing that stands is overwritten, newer or not."""
    nasa.service.edit(scope.archive.last, title="Edited")
    ingest(nasa.sources(), loaded, scope)
    newer = content(loaded)["2026-11.jsonl"]
    (loaded.raw / "2026/2026-10.jsonl").unlink()
    restore_raw(repository, remote, loaded)

    assert {"2026-10.jsonl": versioned["2026-10.jsonl"], "2026-11.jsonl": newer} == content(loaded)


def test_lines_that_were_lost_come_back_between_those_that_are_there(versioned, loaded, repository, remote):
    """Half a month file, from a backup of some time ago; the CSV's composition tells that it is not whole."""
    path = loaded.raw / "2026/2026-10.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[::2]))
    lost = is_lost(loaded)
    restore_raw(repository, remote, loaded)

    assert (True, False) == (lost, is_lost(loaded))
    assert versioned == content(loaded)


def test_a_raw_store_of_unknown_origin_on_a_new_disk_is_compared(versioned, loaded, repository, remote):
    """Somebody copied a part of it by hand; no CSV is there to tell, and no ingest of ours has written it."""
    (loaded.raw / "2026/2026-10.jsonl").unlink()
    loaded.composition.unlink()
    shutil.rmtree(loaded.ingest)
    lost = is_lost(loaded)
    restore_raw(repository, remote, loaded)

    assert (True, False) == (lost, is_lost(loaded))
    assert versioned == content(loaded)


def test_the_look_back_goes_on_from_the_version(versioned, loaded, repository, remote, nasa, scope):
    """NASA's edit after the version was heard, and is lost; it is heard again though it is old by now."""
    nasa.service.edit(scope.archive.last, title="Edited")
    later = replace(scope, now=scope.now + 40 * DAY, archive=replace(scope.archive, last=scope.archive.last + 40 * DAY))
    nasa.service.now = lambda: later.now
    ingest(nasa.sources(), loaded, later)
    (loaded.raw / "2026/2026-11.jsonl").unlink()
    restore_raw(repository, remote, loaded)
    ingest(nasa.sources(), loaded, later)

    assert "Edited" in content(loaded)["2026-11.jsonl"].decode()


def test_restoring_twice_is_restoring_once(versioned, loaded, repository, remote):
    """And says so."""
    report = restore_raw(repository, remote, loaded)

    assert not report.changed
    assert "no month of version" in report.sentence


def test_half_a_restore_is_begun_again(versioned, loaded, repository, remote):
    """Killed on the way it has some months; the folder that it works from says that it is not done."""
    (loaded.raw / "2026/2026-11.jsonl").unlink()
    loaded.restoring.mkdir()
    half = is_lost(loaded)
    restore_raw(repository, remote, loaded)

    assert (True, False) == (half, is_lost(loaded))
    assert versioned == content(loaded)


def test_a_repository_without_a_version_restores_nothing(store, repository, remote):
    """The very first run."""
    report = restore_raw(repository, remote, store)

    assert (False, "nothing to restore: main has no version yet") == (report.changed, report.sentence)


def test_bytes_that_are_gone_stop_the_run(versioned, loaded, repository, remote, tmp_path):
    """Asking NASA again would lose its earlier words for good; a person decides that."""
    shutil.rmtree(tmp_path / "dvc remote")
    shutil.rmtree(loaded.root)
    with pytest.raises(Unavailable, match=r"data/raw.dvc of main cannot be pulled, so nothing was restored: missing: "):
        restore_raw(repository, remote, loaded)

    assert {} == content(loaded)


def test_bytes_that_were_changed_are_seen(versioned, loaded, repository, remote, tmp_path):
    """The remote's word is not enough."""
    for path in (tmp_path / "dvc remote").rglob("*"):
        if path.is_file() and not path.name.endswith(".dir"):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"fiction", b"FICTION"))
    shutil.rmtree(loaded.root)
    with pytest.raises(Unavailable, match="cannot be pulled, so nothing was restored: "):
        restore_raw(repository, remote, loaded)

    assert {} == content(loaded)


def test_a_remote_that_nobody_names_is_a_configuration_error(versioned, loaded, bare, repository, remote, tmp_path):
    """And a repository that is not there."""
    with pytest.raises(Misconfigured, match="does not exist|not found|does not appear"):
        restore_raw(replace(repository, url=(tmp_path / "nowhere").as_uri()), remote, Store(tmp_path / "other"))


def test_the_repository_s_own_remote_is_used_where_no_other_is_named(versioned, loaded, repository, remote):
    """`.dvc/config` travels with the version."""
    shutil.rmtree(loaded.root)
    restore_raw(repository, Remote(None, remote.python), loaded)

    assert versioned == content(loaded)
