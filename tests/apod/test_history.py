"""Versions, from a repository alone: found, verified, restored, and thinned out."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from include.apod.adapters.files import md5_of
from include.apod.adapters.git import Clone, checkout_version
from include.apod.adapters.remote import path_of
from include.apod.errors import BadData, Misconfigured, Unavailable
from include.apod.history.gc import collect, plan
from include.apod.history.passport import passport
from include.apod.history.reproduce import DIRTY, Workshop
from include.apod.history.restore import load_schema
from include.apod.history.verify import verify
from include.apod.history.versions import clone_history, fetch_raw, pullable, read_versions, resolve
from include.apod.version.version import Stamp, version
from tests.conftest import PROJECT, edit, load, run

DAY = date(2026, 11, 20)
CODE = checkout_version(PROJECT).removesuffix(DIRTY)
needs_code = pytest.mark.skipif(
    CODE == "unknown", reason="the project is no git checkout, so it has no commit to go to"
)


@pytest.fixture
def commit(loaded, database, repository, remote):
    """A version of what there is, with another title for a day where one is given."""

    def committing(title=None, code=CODE):
        if title:
            edit(loaded, DAY, title=title, seen_at=f"2026-11-24T00:00:{len(title):02}Z")
            load(loaded, database)
        return version(repository, remote, loaded, database, Stamp("a run", code, date(2026, 10, 1)))

    return committing


@pytest.fixture
def history(repository, tmp_path):
    """The clone, its versions and a workshop; made when it is called."""

    def reading():
        clone = clone_history(repository, tmp_path / "history")
        return clone, read_versions(clone), Workshop(tmp_path, (clone, Clone(PROJECT, repository)))

    return reading


def lose(remote, name):
    Path(remote.url, path_of(name)).unlink()


def test_versions_are_listed_newest_first(commit, history, bare, tmp_path):
    """With what their pointers say; a commit of code in between is none."""
    first = commit()
    run("git", "clone", "-q", bare, tmp_path / "dev", cwd=tmp_path)
    (tmp_path / "dev" / "code.py").write_text("x = 1\n")
    run("git", "add", ".", cwd=tmp_path / "dev")
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "more code", cwd=tmp_path / "dev")
    run("git", "push", "-q", cwd=tmp_path / "dev")
    second = commit("Edited")
    _, found, _ = history()

    assert [second.facts["commit"], first.facts["commit"]] == [one.commit for one in found]
    assert [second.facts["md5"], first.facts["md5"]] == [one.csv for one in found]
    assert [("54", "~1"), ("54", "+54")] == [(one.facts["rows"], one.changes) for one in found]


@pytest.mark.parametrize("spoiled", ["garbage: [", "outs: []\n", "", "- md5: x\n"])
def test_a_pointer_that_was_spoiled_by_hand_is_no_version(commit, history, bare, tmp_path, spoiled):
    """The next version mends it."""
    commit()
    run("git", "clone", "-q", bare, tmp_path / "dev", cwd=tmp_path)
    (tmp_path / "dev/data/apod_data.csv.dvc").write_text(spoiled)
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "by hand", cwd=tmp_path / "dev")
    run("git", "push", "-q", cwd=tmp_path / "dev")
    report = commit()
    _, found, _ = history()

    assert report.changed
    assert [True, True] == [one.csv == report.facts["md5"] for one in found]


def test_a_version_has_many_names(commit, history, bare):
    """Commit, abbreviated commit, tag, date, latest~N."""
    old, new = commit().facts["commit"], commit("Edited").facts["commit"]
    run("git", "tag", "v1", old, cwd=bare)
    clone, found, _ = history()
    names = {"latest": new, "latest~1": old, old: old, new[:8]: new, "v1": old, found[0].time[:10]: new}

    assert names == {name: resolve(clone, found, name).commit for name in names}


@pytest.mark.parametrize("name", ["latest~2", "nonsense", "1990-01-01", "--all", "", "HEAD~7"])
def test_a_name_of_no_version_is_said(commit, history, name):
    """With what a name looks like."""
    commit()
    clone, found, _ = history()
    with pytest.raises(
        Misconfigured, match=r"is none of the 1 versions: write a commit, a tag, YYYY-MM-DD or latest~N"
    ):
        resolve(clone, found, name)


@needs_code
def test_a_good_version_is_pullable_intact_and_reproducible(commit, history, remote):
    """By its own code, from its own raw store; the older as well as the newer."""
    commit()
    commit("Edited")
    clone, found, workshop = history()

    assert [("yes", "yes", "yes")] * 2 == [
        (one.pullable, one.intact, one.reproducible)
        for one in (verify(each, clone, remote, workshop) for each in found)
    ]


@needs_code
def test_what_is_lost_of_a_version_is_said(commit, history, remote):
    """Without the CSV it can be made again; without a month of its raw store it cannot."""
    commit()
    clone, found, workshop = history()
    lose(remote, found[0].csv)
    without_csv = verify(found[0], clone, remote, workshop)
    states = [state for _, state in pullable(found)]
    month = json.loads(Path(remote.url, path_of(found[0].raw)).read_text())[0]["md5"]
    lose(remote, month)
    without_raw = verify(found[0], clone, remote, workshop)
    states += [state for _, state in pullable(found)]

    assert without_csv.good
    assert without_csv.pullable.startswith("no: missing:")
    assert not without_raw.good
    assert "2026-10.jsonl of version" in without_raw.reproducible
    assert ["raw", "no"] == states


@needs_code
def test_a_version_that_lies_about_its_csv_is_found(commit, history, remote):
    """What is in the remote under its name are other bytes."""
    commit()
    clone, found, workshop = history()
    path = Path(remote.url, path_of(found[0].csv))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"2026-11-20", b"2026-11-21"))
    verdict = verify(found[0], clone, remote, workshop)

    assert verdict.pullable.startswith("no: ")
    assert ("yes", "yes") == (verdict.intact, verdict.reproducible)


@pytest.mark.parametrize(
    ("code", "match"),
    [("unknown", "its code, unknown, is in no repository here"), ("0" * 40, "is in no repository here")],
)
def test_code_that_is_nowhere_is_said(commit, history, tmp_path, code, match):
    """A checkout with changes that were never committed, or a private repository."""
    commit(code=code)
    _, found, workshop = history()
    with pytest.raises(Unavailable, match=match):
        workshop.rebuild(found[0], tmp_path / "made.csv")


def test_code_that_is_too_old_is_said(commit, history, bare, tmp_path):
    """The commit is there, the command is not."""
    commit(code=run("git", "rev-parse", "main", cwd=bare))
    _, found, workshop = history()
    with pytest.raises(Unavailable, match="is older than the command that makes a CSV again"):
        workshop.rebuild(found[0], tmp_path / "made.csv")


@needs_code
def test_gc_takes_what_can_be_made_again_and_no_more(commit, history, remote, bare):
    """The newest day, the tagged and all raw bytes stay; what went comes back with its md5."""
    titles = [None, "One", "Three", "Fives", "Eleven"]
    reports = [commit(title) for title in titles]
    run("git", "tag", "keep", reports[1].facts["commit"], cwd=bare)
    clone, found, workshop = history()
    days = [replace(one, time=f"2026-11-{20 - at:02}T00:00:00Z") for at, one in enumerate(found)]
    planned = plan(clone, days, 2, monthly=False)
    before = {path for path in Path(remote.url).rglob("*") if path.is_file()}
    done = [*collect(planned.surplus, workshop)]
    gone = before - {path for path in Path(remote.url).rglob("*") if path.is_file()}
    target = workshop.folder / "again.csv"
    how = workshop.obtain(found[2], target)

    assert [found[4].csv, found[2].csv] == [one.csv for one in planned.surplus]
    assert ["", ""] == [reason for _, reason in done]
    assert {Path(remote.url, path_of(found[at].csv)) for at in (2, 4)} == gone
    assert ("made again from its raw store", found[2].csv) == (how, md5_of(target))
    assert [] == plan(clone, days, 2, monthly=False).surplus


@needs_code
def test_gc_leaves_what_cannot_be_made_again(commit, history, remote):
    """Its code is lost: the bytes are all there is."""
    commit(code="unknown")
    commit("Edited")
    clone, found, workshop = history()
    days = [replace(found[0], time="2026-11-20T00:00:00Z"), replace(found[1], time="2026-11-19T00:00:00Z")]
    done = [*collect(plan(clone, days, 1, monthly=False).surplus, workshop)]

    assert [(found[1].commit, "its code, unknown, is in no repository here")] == [
        (one.commit, why) for one, why in done
    ]
    assert Path(remote.url, path_of(found[1].csv)).exists()


def test_gc_keeps_one_of_each_month(commit, history):
    """Where it is asked to."""
    for title in (None, "One", "Three"):
        commit(title)
    clone, found, _ = history()
    dates = ("2026-11-20", "2026-10-30", "2026-10-01")
    days = [replace(one, time=f"{day}T00:00:00Z") for one, day in zip(found, dates, strict=True)]

    assert [found[2].csv] == [one.csv for one in plan(clone, days, 1, monthly=True).surplus]


def test_a_version_comes_back_as_a_schema_of_its_own(commit, history, loaded, database, tmp_path):
    """Proven equal; the live table is not touched."""
    old = commit()
    commit("Edited")
    _, found, workshop = history()
    csv = tmp_path / "old.csv"
    workshop.obtain(found[1], csv)
    rows = load_schema(database, "as_it_was", csv, found[1].csv)
    titles = database.execute("select a.title, b.title from apod.picture a join as_it_was.picture b using (date)")

    assert (54, old.facts["md5"]) == (rows, found[1].csv)
    assert [("Edited", True)] == [(now, now != then) for now, then in titles if now != then]


@pytest.mark.parametrize(
    ("schema", "match"),
    [("apod", "cannot be the schema"), ("x; drop", "cannot be the schema"), ("public", "Schema public exists")],
)
def test_a_schema_that_is_not_free_is_refused(loaded, database, schema, match):
    """The live one above all."""
    with pytest.raises(Misconfigured, match=match):
        load_schema(database, schema, loaded.csv, md5_of(loaded.csv))


def test_a_schema_that_is_not_the_csv_is_not_kept(loaded, database):
    """One transaction."""
    with pytest.raises(BadData, match="The table has md5 .*, the version x. Nothing was kept"):
        load_schema(database, "as_it_was", loaded.csv, "x")

    assert database.execute("select 1 from pg_namespace where nspname = 'as_it_was'").fetchone() is None


def test_a_raw_store_comes_back_byte_for_byte(commit, history, loaded, tmp_path):
    """Each file compared with its digest."""
    commit()
    _, found, _ = history()
    fetch_raw(found[0], tmp_path / "raw")

    assert run("diff", "-r", loaded.raw, tmp_path / "raw", cwd=tmp_path) == ""


def test_a_passport_has_everything_that_is_known_of_a_day(commit, loaded, database):
    """Observations, row, origin, corrections, and the versions that hold the row as it is now."""
    commit()
    new = commit("Edited")
    known = passport(loaded, database, DAY)

    assert ["Edited"] == [row["title"] for row in known["picture"]]
    assert 2 == len(known["observations"])
    assert known["observations"][-1]["sha256"] == known["passport"][0]["raw_sha256"]
    assert [("title", "Edited")] == [(row["field"], row["after"]) for row in known["corrections"]]
    assert [new.facts["commit"]] == [row["version_commit"] for row in known["versions"]]
    assert new.facts["commit"] == known["passport"][0]["version_commit"]


def test_a_day_that_nobody_knows_is_said(loaded, database):
    """With the command that asks for it."""
    with pytest.raises(BadData, match="Nothing is known of 1995-06-20. ./apod trigger ingest --param start_date"):
        passport(loaded, database, date(1995, 6, 20))
