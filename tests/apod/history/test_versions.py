"""Versions are found in a repository alone."""

from datetime import date

import pytest

from include.apod.errors import Misconfigured
from include.apod.history.versions import fetch_raw, resolve
from tests.helpers.project import run

DAY = date(2026, 11, 20)


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


def developer(bare, folder, *, branch="main"):
    """A developer's clone; git as she runs it."""

    def git(*words):
        return run("git", "-c", "user.name=x", "-c", "user.email=x@y", *words, cwd=folder)

    if not folder.exists():
        run("git", "clone", "-q", bare, folder, cwd=folder.parent)
        git("checkout", "-qB", branch)
    return git


def test_an_ordinary_pull_of_a_developer_hides_no_version(commit, history, bare, tmp_path):
    """Her merge has the versions behind its second parent; each is found by its commit, its day and its number."""
    first = commit().facts["commit"]
    git = developer(bare, tmp_path / "dev")
    (tmp_path / "dev" / "code.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-qm", "code")
    second = commit("Edited").facts["commit"]
    git("pull", "-q", "--no-rebase", "--no-edit")
    git("push", "-q")
    third = commit("Edited again").facts["commit"]
    clone, found, _ = history()

    assert [third, second, first] == [one.commit for one in found]
    assert {one: one for one in (first, second, third)} == {
        one: resolve(clone, found, one).commit for one in (first, second, third)
    }
    assert second == resolve(clone, found, "latest~1").commit
    assert third == resolve(clone, found, found[0].time[:10]).commit


def test_of_two_branches_that_were_merged_the_tip_is_the_newest(commit, history, bare, tmp_path):
    """Somebody resolved a conflict of pointers in favour of the older version."""
    git = developer(bare, tmp_path / "dev")
    older = commit().facts["commit"]
    git("pull", "-q", "--no-rebase")
    (tmp_path / "dev" / "code.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-qm", "code")
    newer = commit("Edited").facts["commit"]
    git("fetch", "-q")
    git("merge", "-q", "-s", "ours", "--no-edit", "origin/main")
    git("push", "-q")
    _, found, _ = history()

    assert [older, newer] == [one.commit for one in found]


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


def test_a_raw_store_comes_back_byte_for_byte(commit, history, loaded, tmp_path):
    """Each file compared with its digest."""
    commit()
    _, found, _ = history()
    fetch_raw(found[0], tmp_path / "raw")

    assert run("diff", "-r", loaded.raw, tmp_path / "raw", cwd=tmp_path) == ""
