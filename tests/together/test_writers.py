"""Several pipelines and people at one branch; and everything that git and DVC can answer but yes."""

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_attempt

from include.apod.adapters.files import md5_of, sha256_of
from include.apod.adapters.git import Repository
from include.apod.adapters.remote import object_path
from include.apod.errors import Misconfigured, NotPublished, Unavailable
from include.apod.formats import raw as raw_store
from include.apod.formats.composition import Composition
from include.apod.formats.index_file import read_index
from include.apod.formats.store import Store
from include.apod.ingest.ingest import ingest
from include.apod.version.release_note import Stamp
from include.apod.version.version import version
from tests.helpers.project import run
from tests.helpers.repository import log
from tests.helpers.steps import edit, load
from tools.git_server import TOKEN, environment, serving

DAY = date(2026, 11, 20)
STAMP = Stamp("a run", "a commit", date(2026, 10, 1))
# As many tries as its task has: where the machine is slow, others may be first at all that one try has.
retried_version = retry(retry=retry_if_exception_type(Unavailable), stop=stop_after_attempt(4), reraise=True)(version)


@pytest.fixture
def commit(repository, remote, loaded, database):
    """Makes a version; options replace parts of what it is made with."""

    def make(stamp=STAMP, **other):
        return version(other.get("repository", repository), other.get("remote", remote), loaded, database, stamp)

    return make


@pytest.fixture
def over_http(repository, bare):
    """The same repository, behind a token, and the event that makes that expire."""
    run("git", "config", "http.receivepack", "true", cwd=bare)
    with serving(bare.parent) as (url, expired):
        made = replace(repository, url=f"{url}/{bare.name}".replace(" ", "%20"), env=environment(), token=TOKEN)
        yield made, expired


def writers(count, loaded, database, server):
    """Pipelines of their own that have published the same: a store and a database each."""
    name = database.info.dbname
    database.close()
    made = []
    for number in range(count):
        store = Store(loaded.root.with_name(f"writer {number}"))
        shutil.copytree(loaded.root, store.root)
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"drop database if exists writer_{number} with (force)")
            connection.execute(f"create database writer_{number} template {name}")
        made.append((number, store, server.dsn(f"writer_{number}")))
    return made


def write(writer, repository, remote, versions):
    """Publishes and commits so many versions of its own; returns their commits."""
    number, store, dsn = writer
    commits = []
    for turn in range(versions):
        with psycopg.connect(dsn, autocommit=True) as database:
            edit(store, DAY, title=f"Writer {number}, {turn}", seen_at=f"2026-11-25T00:00:0{turn}Z")
            load(store, database)
            made = retried_version(
                repository, remote, store, database, replace(STAMP, run=f"{number}.{turn}", allow_shrink=True)
            )
            commits.append((made.facts["commit"], f"{made.facts['md5']}"))
    return commits


@pytest.mark.parametrize("transport", ["file", "http"])
def test_four_writers_of_six_versions_each_lose_none(
    transport, repository, remote, loaded, database, server, bare, request
):
    """All at once: 24 commits, each with its bytes, in one line; none forced, none merged.

    They allow each other's edits to go; a writer that does not would stop.
    """
    if transport == "http":
        repository, _ = request.getfixturevalue("over_http")
    version(repository, remote, loaded, database, STAMP)
    at_once = writers(4, loaded, database, server)
    with ThreadPoolExecutor(4) as pool:
        made = [one for each in pool.map(lambda one: write(one, repository, remote, 6), at_once) for one in each]
    history = run("git", "log", "--format=%H %P", "main", cwd=bare).splitlines()

    assert 24 == len({commit for commit, _ in made})
    assert {commit for commit, _ in made} <= {line.split()[0] for line in history}
    assert 26 == len(history)
    assert all(len(line.split()) <= 2 for line in history)
    assert [] == [md5 for _, md5 in made if not Path(remote.url, object_path(md5)).exists()]
    run("git", "fsck", "--strict", cwd=bare)


def test_an_expired_token_is_a_credential_to_renew(commit, over_http, bare):
    """Said without the token; the branch stays."""
    repository, expired = over_http
    expired.set()
    with pytest.raises(Misconfigured, match="Authentication failed.*password of connection apod_git") as caught:
        commit(repository=repository)

    assert TOKEN not in str(caught.value)
    assert "code" == log(bare, "%s")


def test_a_token_that_expires_before_the_push_leaves_no_half_version(commit, over_http, bare, loaded, tmp_path, pull):
    """The bytes are there; the next run commits them."""
    repository, _ = over_http
    hook = bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'your token has expired: permission denied' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Misconfigured, match="token has expired"):
        commit(repository=repository)
    before = log(bare, "%s")
    hook.unlink()
    commit(repository=repository)

    assert "code" == before
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()


def test_a_protected_branch_is_a_right_to_be_given(commit, bare):
    """No retry can help, and nothing is forced."""
    hook = bare / "hooks" / "update"
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Misconfigured, match=r"Protected branch.*hook declined.*apod_git"):
        commit()

    assert "code" == log(bare, "%s")


def test_a_lock_that_somebody_left_is_named(commit, bare):
    """Git's own words, after as many tries as for other writers."""
    (bare / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(Unavailable, match=r"first, \d+ times in a row: .*cannot lock ref"):
        commit()

    assert "code" == log(bare, "%s")


def test_a_rewritten_branch_gets_the_version_on_top(commit, bare, loaded, tmp_path, pull):
    """Somebody forced another history: ours is not brought back, the version goes on top of theirs."""
    commit()
    first = run("git", "rev-list", "--max-parents=0", "main", cwd=bare)
    run("git", "update-ref", "refs/heads/main", first, cwd=bare)
    commit()

    assert ["data:", "code"] == [line.split()[0] for line in run("git", "log", "--format=%s", cwd=bare).splitlines()]
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()


def test_an_empty_repository_is_said(commit, repository, tmp_path):
    """There is no code to link data to."""
    run("git", "init", "-q", "--bare", tmp_path / "empty.git", cwd=tmp_path)
    with pytest.raises(Misconfigured, match="Remote branch main not found.*APOD_GIT_BRANCH"):
        commit(repository=replace(repository, url=(tmp_path / "empty.git").as_uri()))


def test_dvc_set_up_by_somebody_else_in_between_is_theirs(commit, bare):
    """Their config is not undone; the next try begins from it."""
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\n[ -e raced ] && exit 0\ntouch raced\nunset GIT_QUARANTINE_PATH\n"
        "blob=$(echo '[core]' | git hash-object -w --stdin)\n"
        "sub=$(printf '100644 blob %s\\tconfig\\n' $blob | git mktree)\n"
        "tree=$( (git ls-tree main; printf '040000 tree %s\\t.dvc\\n' $sub) | git mktree)\n"
        "new=$(git -c user.name=x -c user.email=x@y commit-tree -p main -m theirs $tree)\n"
        "git update-ref refs/heads/main $new\n"
    )
    hook.chmod(0o755)
    with pytest.raises(Unavailable, match=r"\.dvc/config was changed by somebody else in between"):
        commit()
    between = log(bare, "%s")
    commit()

    assert "theirs" == between
    assert log(bare, "%s").startswith("data: ")


def cut(path, name, size):
    """An object as a copy that broke off leaves it."""
    target = Path(path, object_path(name))
    target.chmod(0o644)
    os.truncate(target, size)


@pytest.mark.parametrize("which", ["csv", "month", "listing"])
@pytest.mark.parametrize("size", [None, 0, 100])
def test_an_object_that_is_lost_or_cut_is_put_back(commit, bare, remote, loaded, tmp_path, caplog, which, size, pull):
    """Though nothing is new. DVC itself believes that it is there."""
    commit()
    head = log(bare, "%H")
    work = tmp_path / "work"
    run("git", "clone", "-q", bare, work, cwd=tmp_path)
    listing = (work / "data/raw.dvc").read_text().split("md5: ")[1].split()[0]
    month = md5_of(loaded.raw / "2026" / "2026-10.jsonl")
    name = {"csv": md5_of(loaded.csv), "month": month, "listing": listing}[which]
    if size is None:
        Path(remote.url, object_path(name)).unlink()
    else:
        cut(remote.url, name, size)
    report = commit()

    assert not report.changed
    assert "lost 1 objects of this version" in caplog.text
    assert head == log(bare, "%H")
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()
    assert run("diff", "-r", loaded.raw, tmp_path / "stranger/data/raw", cwd=tmp_path) == ""


def test_nothing_new_needs_no_dvc(commit, remote):
    """Two pointers, a folder's listing and the sizes in the remote tell."""
    first = commit()
    again = commit(remote=replace(remote, python="/nowhere/python"))

    assert (False, first.facts["commit"]) == (again.changed, again.facts["commit"])


def test_the_version_holds_the_raw_store_that_its_csv_was_made_from(commit, loaded, nasa, scope, tmp_path, pull):
    """Ingest is ahead: its newest words wait for the load that takes them in."""
    before = (loaded.raw / "2026" / "2026-11.jsonl").read_bytes()
    nasa.service.edit(DAY, title="Edited")
    ingest(nasa.sources(), loaded, replace(scope, now=scope.now + timedelta(hours=1)))
    commit()
    csv = pull(tmp_path / "stranger")

    assert before != (loaded.raw / "2026" / "2026-11.jsonl").read_bytes()
    assert before == (csv.parent / "raw" / "2026" / "2026-11.jsonl").read_bytes()


def test_a_raw_store_that_is_another_one_waits_for_its_load(commit, bare, loaded):
    """Skipped with the reason; no version says that its CSV was made from what it was not."""
    path = loaded.raw / "2026" / "2026-11.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(NotPublished, match=r"2026-11\.jsonl is not what the CSV was made from; \./apod trigger load"):
        commit()

    assert "code" == log(bare, "%s")


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_text("{}")])
def test_a_composition_that_is_lost_comes_back_with_the_next_load(commit, loaded, database, harm):
    """Without it nobody knows what the CSV was made from."""
    harm(loaded.composition)
    with pytest.raises(NotPublished, match="not known what the CSV was made from"):
        commit()
    load(loaded, database)

    assert md5_of(loaded.csv) == read_index(loaded.composition, Composition).md5
    assert commit().changed


def test_compositions_of_older_code_say_what_they_know(commit, loaded, database):
    """They had the md5 only: the version takes it, and the next load writes what they lack."""
    for path in (loaded.composition, loaded.staged_composition):
        older = json.loads(path.read_bytes()) | {"md5": md5_of(loaded.csv)}
        del older["sha256"]
        path.write_text(json.dumps(older))

    assert commit().changed
    assert not load(loaded, database).changed
    composition = read_index(loaded.composition, Composition)
    assert (md5_of(loaded.csv), sha256_of(loaded.csv)) == (composition.md5, composition.sha256)


def test_while_a_load_is_publishing_the_version_waits(commit, loaded, database, server, bare):
    """It never takes a CSV that is not yet, or no longer, the table's."""
    dsn = server.dsn(database.info.dbname)
    with psycopg.connect(dsn, autocommit=True) as other, ThreadPoolExecutor(1) as pool:
        other.execute("select pg_advisory_lock(hashtextextended('apod.publish', 0))")
        waiting = pool.submit(commit)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=2)
        other.close()

        assert waiting.result(timeout=30).changed


@pytest.mark.parametrize(("blocks", "match"), [("8", "could not be made: .*File too large|not safe in the DVC remote")])
def test_a_disk_that_is_full_leaves_the_branch_alone(
    loaded, database, bare, repository, remote, tmp_path, blocks, match, pull
):
    """In the process that pushes: no file may be longer than a few blocks."""
    python = tmp_path / "small python"
    python.write_text(f'#!/bin/sh\nulimit -f {blocks}\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    with pytest.raises(Unavailable, match=match):
        version(repository, replace(remote, python=str(python)), loaded, database, STAMP)
    before = log(bare, "%s")
    version(repository, remote, loaded, database, STAMP)

    assert "code" == before
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()


def test_the_table_knows_the_commit(commit, database, loaded):
    """The link is walked from both ends, also where a run was killed between push and record."""
    made = commit()
    first = database.execute("select version_commit, md5, code_version from apod.version").fetchall()
    database.execute("delete from apod.version")
    commit()
    again = database.execute("select version_commit, md5 from apod.version").fetchall()

    assert [(made.facts["commit"], md5_of(loaded.csv), "a commit")] == first
    assert [(made.facts["commit"], md5_of(loaded.csv))] == again
    assert (54,) == database.execute(
        "select count(*) from apod.passport where version_commit = %s", [made.facts["commit"]]
    ).fetchone()


def test_a_day_that_proves_empty_is_in_the_note(commit, bare, loaded, database):
    """Once; the trailer has all of them."""
    commit()
    path = loaded.raw / "2026" / "2026-10.jsonl"
    gone = date(2026, 10, 1)
    path.write_bytes(
        b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b"2026-10-01" not in line[:30])
    )
    allowed = replace(STAMP, allow_shrink=True)
    for when in ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"):
        word = {"status": 404, "body": "{}"}
        raw_store.append(
            loaded.raw, [raw_store.Observation(gone, when, "planetary", raw_store.digest(word), absent=word)]
        )
    load(loaded, database, shrink=True)
    commit(allowed)
    note = log(bare, "%B")
    edit(loaded, DAY, title="Edited")
    load(loaded, database)
    commit()

    assert "- 2026-10-01\n∅ 2026-10-01\n" in note
    assert "No-Picture: 2026-10-01\n" in note
    assert "∅" not in log(bare, "%B")
    assert "~ 2026-11-20 title\n" in log(bare, "%B")


def test_a_message_twice_in_a_row(commit, bare):
    """The first makes the version; the second finds it made, and says so."""
    first, second = commit(replace(STAMP, note="For the record")), commit(replace(STAMP, note="Again"))

    assert (True, False) == (first.changed, second.changed)
    assert "For the record" in log(bare, "%B")


def test_a_repository_that_is_unreachable(commit, repository):
    """Retried; the address is named."""
    with pytest.raises(Unavailable, match=r"git clone failed for branch main of http://127\.0\.0\.1:9/x"):
        commit(repository=Repository("http://127.0.0.1:9/x", "main", repository.author))


def test_a_version_that_nobody_recorded_is_recorded_by_the_next_run(commit, loaded, database):
    """Its task was killed between the push and the table; then the next day came."""
    first = commit()
    database.execute("truncate apod.version")
    edit(loaded, DAY, title="The next day")
    load(loaded, database)
    second = commit()

    assert [(first.facts["commit"], "a run"), (second.facts["commit"], "a run")] == database.execute(
        "select version_commit, run from apod.version order by load_id"
    ).fetchall()


def test_facts_that_were_spoiled_by_hand_are_no_obstacle(commit, bare, tmp_path):
    """`meta:` is for people; only the md5 counts."""
    commit()
    work = tmp_path / "by hand"
    run("git", "clone", "-q", bare, work, cwd=tmp_path)
    pointer = work / "data" / "apod_data.csv.dvc"
    pointer.write_text(pointer.read_text().split("meta:")[0] + "meta: spoiled\n")
    run("git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "by hand", cwd=work)
    run("git", "push", "-q", cwd=work)

    assert not commit().changed


LYING = """
import os, sys
from pathlib import Path

def listen(event, args):
    if event == "apod.dvc.pushed":
        for path in Path(os.environ["LYING_REMOTE"]).rglob("*"):
            if path.is_file() and path.stat().st_size > 10_000:
                os.chmod(path, 0o644)
                {harm}

sys.addaudithook(listen)
"""


@pytest.mark.parametrize("harm", ["path.unlink()", "path.write_bytes(path.read_bytes()[:-1])", "path.write_bytes(b'')"])
def test_a_remote_that_takes_bytes_and_does_not_keep_them(
    repository, remote, loaded, database, bare, tmp_path, monkeypatch, harm
):
    """What was pushed is read back before anything is committed."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(LYING.format(harm=harm))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hook"))
    monkeypatch.setenv("LYING_REMOTE", str(tmp_path / "dvc remote"))
    with pytest.raises(Unavailable, match="The bytes are not safe in the DVC remote, so nothing was committed"):
        version(repository, replace(remote, python=sys.executable), loaded, database, STAMP)

    assert "code" == log(bare, "%s")


def set_remote(bare, folder, url):
    """A developer writes a remote into the repository."""
    run("git", "clone", "-q", bare, folder, cwd=folder.parent)
    (folder / ".dvc").mkdir(exist_ok=True)
    (folder / ".dvc" / "config").write_text(f"[core]\n    remote = x\n['remote \"x\"']\n    url = {url}\n")
    run("git", "add", ".dvc", cwd=folder)
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "remote", cwd=folder)
    run("git", "push", "-q", cwd=folder)


@pytest.mark.parametrize("url", ["../dvc-storage", "dvc-storage", "remote://other/path"])
def test_a_remote_of_one_checkout_is_refused_before_anything_is_pushed(
    repository, unset_remote, loaded, database, bare, tmp_path, url
):
    """The bytes would go into the neighbourhood of a clone that is deleted: green, and no copy anywhere."""
    set_remote(bare, tmp_path / "dev", url)
    with pytest.raises(Misconfigured, match="is only valid in one checkout.*Set APOD_DVC_REMOTE"):
        version(repository, unset_remote, loaded, database, STAMP)

    assert "remote" == log(bare, "%s")
    assert [] == [path for path in tmp_path.rglob("*dvc-storage*") if path.is_dir()]


def test_a_remote_in_the_users_folder_is_found_again(
    repository, unset_remote, loaded, database, bare, tmp_path, monkeypatch
):
    """`~` is the same folder for DVC and for us: the second run has nothing to do, and removes nothing."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    set_remote(bare, tmp_path / "dev", "~/storage")
    first = version(repository, unset_remote, loaded, database, STAMP)
    objects = {path: path.stat().st_mtime_ns for path in (tmp_path / "home" / "storage").rglob("*") if path.is_file()}
    second = version(repository, unset_remote, loaded, database, STAMP)

    assert (True, False) == (first.changed, second.changed)
    assert objects
    assert objects == {path: path.stat().st_mtime_ns for path in objects}
