"""Steps 4 and 5, against real git and DVC repositories."""

import json
import re
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from include.apod.adapters.dvc import Remote
from include.apod.adapters.files import md5_of
from include.apod.adapters.git import Repository
from include.apod.errors import BadData, Misconfigured, NotPublished, Unavailable
from include.apod.formats.csv_file import HEADER
from include.apod.formats.raw import month_file, months
from include.apod.history.passport import passport
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from tests.helpers.project import run
from tests.helpers.repository import STAMP, log
from tests.helpers.steps import edit, load, observe

NEWEST = date(2026, 11, 23)


def test_a_stranger_pulls_the_same_bytes(commit, loaded, tmp_path, pull):
    """CSV and raw store both, from a clone of the repository alone."""
    commit()
    csv = pull(tmp_path / "stranger")

    assert loaded.csv.read_bytes() == csv.read_bytes()
    assert run("diff", "-r", loaded.raw, csv.parent / "raw", cwd=tmp_path) == ""


def scratch_folder(beside, *, same):
    """A folder on the same file system, or on another one."""
    folders = [f"{beside}", "/dev/shm", "/var/tmp"]
    device = beside.stat().st_dev
    found = [one for one in folders if Path(one).exists() and (Path(one).stat().st_dev == device) is same]
    return found[0] if found else pytest.skip("there is no second file system here")


@pytest.mark.parametrize("same", [True, False], ids=["one file system", "another one"])
def test_the_files_of_the_store_stay_its_own(commit, loaded, tmp_path, monkeypatch, same, pull):
    """DVC gets them by a second name, where a file system allows that, and makes what it gets read-only."""
    monkeypatch.setattr(tempfile, "tempdir", scratch_folder(tmp_path, same=same))
    for path, mode in zip(months(loaded.raw), (0o664, 0o444), strict=False):
        path.chmod(mode)
    before = [(path, path.stat().st_mode, 1) for path in months(loaded.raw)]
    commit()

    assert before == [(path, path.stat().st_mode, path.stat().st_nlink) for path in months(loaded.raw)]
    assert run("diff", "-r", loaded.raw, pull(tmp_path / "stranger").parent / "raw", cwd=tmp_path) == ""


def test_the_commit_reads_like_a_release_note(commit, bare, loaded):
    """Subject and trailers as the contract says."""
    commit(note="For the record")

    assert log(bare, "%B") == (
        'data: 2026-11-23 "The Clockmaker\'s Comet over Nordhavn-på-Måne" (+54, 54 pictures)\n'
        "\n"
        "For the record\n"
        "\n"
        "+ 2026-10-01..2026-11-23 (54)\n"
        "\n"
        "Rows: 54\n"
        "Range: 2026-10-01..2026-11-23\n"
        f"CSV-MD5: {md5_of(loaded.csv)}\n"
        "Complete-Through: 2026-11-23\n"
        "No-Picture: none\n"
        "Lost-By-Source: none\n"
        "Code-Commit: 0123abc\n"
        "Run: manual__1"
    )
    assert log(bare, "%an <%ae>") == "APOD pipeline <apod@localhost>"


def test_the_log_shows_what_a_person_would_have_typed(commit, bare, loaded, caplog):
    """Commands with their results, in the order of the steps: data versioning, then code versioning."""
    caplog.set_level("INFO")
    commit()
    said = "\n".join(record.getMessage() for record in caplog.records)
    commands = re.findall(r"^\$ (\w+ \w+)", said, re.MULTILINE)
    head = log(bare, "%H")

    assert ["dvc add", "dvc push", "git add", "git commit", "git push"] == commands
    assert f"data/apod_data.csv.dvc names md5 {md5_of(loaded.csv)}" in said
    assert "4 of 4 objects were not in " in said
    assert f"[{head[:12]}] data: 2026-11-23" in said
    assert said.endswith("$ git push origin HEAD:refs/heads/main\naccepted")


def test_the_pointer_says_the_same_facts(commit, bare, loaded):
    """`meta:` of the .dvc file, and DVC's own md5."""
    commit()
    pointer = yaml.safe_load(run("git", "show", "main:data/apod_data.csv.dvc", cwd=bare))

    assert md5_of(loaded.csv) == pointer["outs"][0]["md5"] == pointer["meta"]["csv_md5"]
    assert [*pointer["meta"]] == [
        "rows",
        "range",
        "csv_md5",
        "complete_through",
        "no_picture",
        "lost_by_source",
        "code_commit",
        "run",
    ]


def test_only_the_pointers_are_committed(commit, bare):
    """Nothing else in the repository is touched."""
    commit()
    changed = run("git", "show", "--name-only", "--format=", "main", cwd=bare).splitlines()

    assert changed == [
        ".dvc/.gitignore",
        ".dvc/config",
        ".dvcignore",
        "data/.gitignore",
        "data/apod_data.csv.dvc",
        "data/datapackage.json",
        "data/pull.py",
        "data/raw.dvc",
    ]


def test_nothing_new_makes_no_commit_and_says_why(commit, bare):
    """Twice is once."""
    commit()
    head = log(bare, "%H")
    report = commit()

    assert (False, head) == (report.changed, log(bare, "%H"))
    assert f"nothing new: {head[:12]} on main is this version already" == report.sentence


def test_a_correction_is_counted_in_the_subject(commit, bare, loaded, database):
    """From the records of the loads in between."""
    commit()
    edit(loaded, date(2026, 11, 20), title="Edited")
    load(loaded, database)
    commit()

    assert log(bare, "%s").endswith("(~1, 54 pictures)")


def test_a_lost_object_is_put_back(commit, remote, loaded, tmp_path, pull):
    """Even when there is nothing to commit."""
    commit()
    md5 = md5_of(loaded.csv)
    lost = Path(remote.url) / "files" / "md5" / md5[:2] / md5[2:]
    lost.unlink()
    commit()

    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()


def test_a_commit_of_somebody_else_in_between_is_kept(commit, bare, loaded, tmp_path):
    """A rejected push is done again on top; never forced."""
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\n[ -e raced ] && exit 0\ntouch raced\nunset GIT_QUARANTINE_PATH\n"
        "new=$(git -c user.name=x -c user.email=x@y commit-tree -p main -m theirs main^{tree})\n"
        "git update-ref refs/heads/main $new\n"
    )
    hook.chmod(0o755)
    commit()

    assert run("git", "log", "--format=%s", "main", cwd=bare).replace(" ", "\n").split("\n")[:1] + run(
        "git", "log", "--format=%s", "--skip=1", "main", cwd=bare
    ).splitlines() == ["data:", "theirs", "code"]


def test_no_csv_is_nothing_to_do(repository, remote, store, database):
    """A version can be triggered before the first load."""
    with pytest.raises(NotPublished, match="trigger load"):
        version(repository, remote, store, database, STAMP)


def test_a_csv_that_was_not_proven_is_refused(commit, bare, loaded):
    """Only what equals the table becomes a version."""
    loaded.csv.write_bytes(HEADER + b"2026-01-01\n")
    with pytest.raises(BadData, match="not the one that was proven equal.*trigger load"):
        commit()

    assert log(bare, "%s") == "code"


def test_a_remote_that_cannot_be_written_leaves_the_branch_alone(repository, remote, loaded, database, tmp_path, bare):
    """No pointer without bytes."""
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="The DVC remote .* does not answer: .*Not a directory"):
        version(repository, replace(remote, url=str(tmp_path / "file" / "x")), loaded, database, STAMP)

    assert log(bare, "%s") == "code"


def test_no_remote_at_all_is_a_configuration_error(repository, unset_remote, loaded, database):
    """Names the setting."""
    with pytest.raises(Misconfigured, match="Set APOD_DVC_REMOTE"):
        version(repository, unset_remote, loaded, database, STAMP)


def test_an_interpreter_without_dvc_is_a_configuration_error(repository, loaded, database, tmp_path):
    """Names the setting."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "empty", cwd=tmp_path)
    with pytest.raises(Misconfigured, match="APOD_DVC_PYTHON"):
        version(repository, Remote("/x", str(tmp_path / "empty/bin/python")), loaded, database, STAMP)


@pytest.mark.parametrize(("url", "branch"), [("file:///nowhere/at/all.git", "main"), (None, "no-such-branch")])
def test_a_wrong_repository_or_branch_is_a_configuration_error(bare, remote, loaded, database, url, branch):
    """Git's own words, and what to check."""
    wrong = Repository(url or bare.as_uri(), branch, "A <a@example.org>")
    with pytest.raises(Misconfigured, match="git clone failed .*apod_git, and APOD_GIT_BRANCH"):
        version(wrong, remote, loaded, database, STAMP)


def test_versions_may_go_to_a_branch_of_their_own(bare, remote, loaded, database, tmp_path):
    """For a host that deploys each commit of `main`: code and data stay linked, and `main` stays as it is."""
    run("git", "branch", "data", "main", cwd=bare)
    own = Repository(bare.as_uri(), "data", "A <a@example.org>")
    version(own, remote, loaded, database, Stamp("a run", "a commit", date(2026, 10, 1)))
    run("git", "clone", "-q", "--branch=data", bare, "pulled", cwd=tmp_path)

    assert "code" == log(bare, "%s")
    assert (tmp_path / "pulled" / "data" / "apod_data.csv.dvc").exists()


def test_words_that_the_version_before_has_are_not_dropped(commit, loaded, database, bare):
    """A month less, or a newer word of a day less: nothing is committed until a person says so."""
    edit(loaded, date(2026, 11, 20), title="Heard and lost")
    load(loaded, database)
    commit()
    path = loaded.raw / "2026" / "2026-11.jsonl"
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b"Heard" not in line))
    (loaded.raw / "2026" / "2026-10.jsonl").unlink()
    load(loaded, database, shrink=True)
    with pytest.raises(
        BadData, match=r"main holds 32 observations that the raw store lacks \(2026/2026-10.jsonl, 2026/"
    ):
        commit()
    before = log(bare, "%s")
    commit(allow_shrink=True)

    assert "Heard and lost" not in before
    assert "-31, 23 pictures" in log(bare, "%s")


def test_a_day_is_added_to_what_dvc_has(commit, loaded, database, tmp_path, caplog, pull):
    """Of two months one; the pointer is what DVC makes of the whole folder, its size too."""
    caplog.set_level("INFO")
    commit()
    edit(loaded, NEWEST, title="Other words")
    load(loaded, database)
    commit()
    stranger = tmp_path / "stranger"
    raw = pull(stranger).parent / "raw"
    run(sys.executable, "-m", "dvc", "add", "-q", "data/raw", cwd=stranger)
    pointer = yaml.safe_load((stranger / "data" / "raw.dvc").read_text())["outs"][0]

    assert ["data/raw", "data/raw/2026/2026-11.jsonl"] == re.findall(r"dvc add data/apod_data\.csv (\S+)", caplog.text)
    assert "" == run("git", "status", "--porcelain", cwd=stranger)
    assert (2, sum(path.stat().st_size for path in months(raw))) == (pointer["nfiles"], pointer["size"])


def lose(store, month, remote):
    """The remote loses the bytes of a raw month."""
    md5 = md5_of(month_file(store.raw, month))
    (remote / "files" / "md5" / md5[:2] / md5[2:]).unlink()


def test_a_day_puts_back_what_the_remote_lost_of_other_months(commit, loaded, database, tmp_path, pull):
    """Then DVC gets all files, since only those that it is given can be pushed."""
    commit()
    lose(loaded, "2026-10", tmp_path / "dvc remote")
    edit(loaded, NEWEST, title="Other words")
    load(loaded, database)

    assert commit().changed
    assert run("diff", "-r", loaded.raw, pull(tmp_path / "stranger").parent / "raw", cwd=tmp_path) == ""


@pytest.mark.parametrize(("day", "compared"), [(date(2026, 11, 23), False), (date(2026, 11, 20), True)])
def test_a_month_that_has_only_grown_is_not_asked_for(commit, loaded, database, tmp_path, caplog, day, compared):
    """Its old bytes are at its beginning. Here the remote has lost them, which nobody notices unless it is asked."""
    commit()
    lose(loaded, "2026-11", tmp_path / "dvc remote")
    edit(loaded, day, title="Other words")
    load(loaded, database)

    assert commit().changed
    assert compared == ("its words cannot be compared" in caplog.text)


def test_two_deployments_do_not_undo_each_other(commit, loaded, database, repository, remote, bare, tmp_path):
    """The same words at other times are no loss; an older word over a newer one is."""
    commit()
    other = replace(loaded, root=tmp_path / "another deployment")
    shutil.copytree(loaded.root, other.root)
    first = json.loads((loaded.raw / "2026" / "2026-11.jsonl").read_bytes().splitlines()[-4])["record"]["title"]
    day = date(2026, 11, 20)
    edit(loaded, day, title="Edited")
    load(loaded, database)
    commit(run="theirs")
    edit(loaded, day, title=first, seen_at="2026-11-25T00:00:00Z")  # NASA takes it back
    load(loaded, database)
    commit(run="theirs again")
    edit(other, day, title="Edited", seen_at="2026-11-24T06:00:00Z")
    load(other, database)

    with pytest.raises(BadData, match="main holds 1 observations that the raw store lacks"):
        version(repository, remote, other, database, replace(STAMP, run="ours"))
    edit(other, day, title=first, seen_at="2026-11-25T06:00:00Z")
    load(other, database)

    assert version(repository, remote, other, database, replace(STAMP, run="ours, later")).changed


def test_an_archive_without_a_picture_is_no_version(repository, remote, store, database):
    """All of it in quarantine."""
    observe(store, title=7)
    load(store, database)
    with pytest.raises(NotPublished, match="The CSV has no picture yet"):
        version(repository, remote, store, database, STAMP)


def recorded(database):
    return database.execute("select version_commit, run from apod.version order by committed_at").fetchall()


def test_a_version_of_new_words_alone_is_known(commit, loaded, database):
    """The row is the same, NASA's record is another: the passport names the commit that holds it."""
    first = commit(run="first").facts["commit"]
    edit(loaded, date(2026, 11, 20), service_version="v2")
    load(loaded, database)
    before = database.execute("select version_commit from apod.passport where date = '2026-11-20'").fetchone()
    second = commit(run="second").facts["commit"]
    after = database.execute("select date, version_commit from apod.passport where date >= '2026-11-20'").fetchall()

    assert [(first, "first"), (second, "second")] == recorded(database)
    assert (None,) == before
    assert {first, second} == {held for day, held in after} == {dict(after)[date(2026, 11, 20)], first}
    assert second == passport(loaded, database, date(2026, 11, 20))["versions"][0]["version_commit"]


def test_a_commit_of_somebody_else_is_no_version(commit, database, bare, tmp_path):
    """On top of a version that PostgreSQL has not heard of; the task was killed before it told."""
    made = commit(run="first").facts["commit"]
    database.execute("delete from apod.version")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@y")
    run("git", "clone", "-q", bare, tmp_path / "dev", cwd=tmp_path)
    run(*git, "commit", "-q", "--allow-empty", "-m", "code", cwd=tmp_path / "dev")
    run("git", "push", "-q", cwd=tmp_path / "dev")
    report = commit(run="second")

    assert [(made, "first")] == recorded(database)
    assert (False, made) == (report.changed, report.facts["commit"])
    assert f"nothing new: {made[:12]} on main" in report.sentence
