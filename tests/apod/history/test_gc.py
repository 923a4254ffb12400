"""CSVs that can be reproduced are deleted from the remote, and no others."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from include.apod.adapters.files import md5_of
from include.apod.adapters.git import clone_history
from include.apod.adapters.remote import object_path
from include.apod.history.gc import collect, plan
from include.apod.history.versions import read_versions
from local.nasa.archive import record_of
from tests.helpers.project import PROJECT, run
from tests.helpers.repository import needs_code
from tests.helpers.steps import edit, load

DAY = date(2026, 11, 20)


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

    assert [found[4].csv, found[2].csv] == [one.csv for one, *_ in planned.surplus]
    assert ["", ""] == [reason for _, reason in done]
    assert {Path(remote.url, object_path(found[at].csv)) for at in (2, 4)} == gone
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
    assert Path(remote.url, object_path(found[1].csv)).exists()


def test_gc_keeps_one_of_each_month(commit, history):
    """Where it is asked to."""
    for title in (None, "One", "Three"):
        commit(title)
    clone, found, _ = history()
    dates = ("2026-11-20", "2026-10-30", "2026-10-01")
    days = [replace(one, time=f"{day}T00:00:00Z") for one, day in zip(found, dates, strict=True)]

    assert [found[2].csv] == [one.csv for one, *_ in plan(clone, days, 1, monthly=True).surplus]


@needs_code
def test_gc_leaves_what_another_branch_needs(commit, repository, remote, bare, tmp_path):
    """Its newest version is the same CSV."""
    first = commit().facts["commit"]
    run("git", "branch", "release", first, cwd=bare)
    commit("Edited")
    commit("Again")
    clone = clone_history(repository, tmp_path / "history", every_branch=True)
    found = read_versions(clone)
    days = [replace(one, time=f"2026-11-{20 - at:02}T00:00:00Z") for at, one in enumerate(found)]

    assert [found[1].csv] == [one.csv for one, *_ in plan(clone, days, 1, monthly=False).surplus]


@needs_code
def test_gc_tries_every_version_that_holds_a_csv(commit, loaded, database, history, remote):
    """NASA took an edit back: two versions with the same bytes, and the code of one of them is lost."""
    commit(code="unknown")
    commit("Edited")
    edit(loaded, DAY, title=record_of(DAY)["title"], seen_at="2026-11-24T01:00:00Z")
    load(loaded, database)
    commit()
    commit("Edited once more")
    clone, found, workshop = history()
    days = [replace(one, time=f"2026-11-{20 - at:02}T00:00:00Z") for at, one in enumerate(found)]
    planned = plan(clone, days, 1, monthly=False)
    done = {one.csv: why for one, why in collect(planned.surplus, workshop)}

    assert found[3].csv == found[1].csv
    assert "its code, unknown, is in no repository here" == done[found[1].csv]
    assert "" == done[found[2].csv]
    assert Path(remote.url, object_path(found[3].csv)).exists()


@needs_code
def test_making_a_csv_again_leaves_nothing_in_a_checkout(commit, history):
    """Where the code of a version is found in a developer's own repository."""
    commit()
    _, found, workshop = history()
    before = run("git", "worktree", "list", cwd=PROJECT)
    workshop.reproduce(found[0], workshop.folder / "again.csv")

    assert before == run("git", "worktree", "list", cwd=PROJECT)
