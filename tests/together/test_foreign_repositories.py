"""What else is in the repository, in git's configuration and in DVC's changes no version, or is named in one line.

Each test is a circumstance that users of git or DVC have reported. Its outcome is the same commit and the same bytes as
on a clean machine, or one clear line and nothing pushed.
"""

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from include.apod.adapters.remote import delete_object
from include.apod.errors import Misconfigured
from include.apod.history.archive import open_archive
from include.apod.history.versions import fetch_csv, pullable
from include.apod.version.version import version
from tests.helpers.project import run
from tests.helpers.repository import DVC, STAMP, dvc_environment, log
from tests.helpers.steps import edit, load

NEWEST = date(2026, 11, 23)


def recorded(database):
    return database.execute("select version_commit, run from apod.version order by committed_at").fetchall()


CONFIGURED = """
[status] showUntrackedFiles = no
[clone] defaultRemoteName = upstream
[push]
    pushOption = ci.skip
    gpgSign = true
    followTags = true
[commit] gpgSign = true
[core]
    excludesFile = {folder}/ignore
    attributesFile = {folder}/attributes
    hooksPath = {folder}/hooks
    autocrlf = true
    safecrlf = true
[i18n]
    commitEncoding = ISO-8859-1
    logOutputEncoding = ISO-8859-1
[safe] bareRepository = explicit
[init]
    defaultObjectFormat = sha256
    defaultRefFormat = reftable
[color] ui = always
[log]
    showSignature = true
    follow = true
[init] templateDir = {folder}/template
[protocol "file"] allow = never
[trailer] separators = "#"
[column] ui = always
[fetch] fsckObjects = true
[transfer] fsckObjects = true
[feature]
    manyFiles = true
    experimental = true
[remote] pushDefault = elsewhere
[push] default = nothing
[commit]
    template = {folder}/ignore
    verbose = true
    cleanup = scissors
[core]
    abbrev = 4
    commentChar = d
    sparseCheckout = true
    sparseCheckoutCone = true
    fileMode = false
    pager = false
[index] sparse = true
[format] pretty = raw
[merge] ff = only
[alias]
    commit = !false
    push = !false
"""


@pytest.mark.parametrize("place", ["GIT_CONFIG_GLOBAL", "HOME"])
def test_what_a_user_has_configured_changes_no_version(
    commit, loaded, database, bare, tmp_path, monkeypatch, place, pull
):
    """Everything at once: the version is made, says what it holds, and a second run has nothing to do."""
    folder = tmp_path / "home"
    (folder / "hooks").mkdir(parents=True)
    for hook in ("pre-commit", "pre-push", "commit-msg", "prepare-commit-msg"):
        (folder / "hooks" / hook).write_text("#!/bin/sh\nexit 1\n")
        (folder / "hooks" / hook).chmod(0o755)
    (folder / "template" / "info").mkdir(parents=True)
    (folder / "template" / "info" / "exclude").write_text("data/\n*.dvc\n")
    (folder / "template" / "config").write_text("[core]\n\tbare = true\n")
    (folder / "ignore").write_text("data/\n*.json\n*.dvc\n")
    (folder / "attributes").write_text("* text eol=crlf working-tree-encoding=UTF-16\n*.json filter=lfs ident\n")
    (folder / ".gitconfig").write_text(CONFIGURED.format(folder=folder))
    variables = {
        place: folder / ".gitconfig" if place == "GIT_CONFIG_GLOBAL" else folder,
        "GIT_DEFAULT_HASH": "sha256",
        "LANGUAGE": "de",
        "LANG": "de_DE.UTF-8",
    }
    variables |= {"GIT_TRACE": "1", "GIT_TRACE_CURL": "1", "GIT_GLOB_PATHSPECS": "1", "GIT_TEMPLATE_DIR": folder}
    for name, value in variables.items():
        monkeypatch.setenv(name, f"{value}")
    edit(loaded, NEWEST, title="Ein Stern über Łódź")
    load(loaded, database)
    first, second = commit(run="first"), commit(run="second")
    monkeypatch.undo()

    assert (True, False) == (first.changed, second.changed)
    assert 'data: 2026-11-23 "Ein Stern über Łódź"' in log(bare, "%s")
    assert [(first.facts["commit"], "first")] == recorded(database)
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()
    assert b"\r" not in run("git", "show", "main:data/datapackage.json", cwd=bare).encode()


def write_into(bare, folder, **files):
    """A developer commits files by path."""
    run("git", "clone", "-q", bare, folder, cwd=folder.parent)
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    identity = ("-c", "user.name=x", "-c", "user.email=x@y", "-c", "core.attributesFile=/dev/null")
    run("git", "add", "-Af", ".", cwd=folder)
    run("git", *identity, "commit", "-qm", "rules", cwd=folder)
    run("git", "push", "-q", cwd=folder)


@pytest.mark.parametrize(
    "attributes",
    [
        "*.json filter=lfs diff=lfs merge=lfs -text",
        "* text eol=crlf",
        "*.dvc ident",
        "data/* working-tree-encoding=UTF-16",
        "* filter=none-such",
    ],
)
def test_the_bytes_committed_are_the_bytes_written(commit, loaded, database, bare, tmp_path, attributes):
    """Whatever the repository's own attributes ask for; twice, since the second clone has the first version in it."""
    write_into(bare, tmp_path / "dev", **{".gitattributes": f"{attributes}\n"})
    first = commit(run="first")
    again = commit(run="again")
    edit(loaded, date(2026, 11, 20), title="Edited $Id$")
    load(loaded, database)
    second = commit(run="second")
    described = run("git", "cat-file", "blob", "main:data/datapackage.json", cwd=bare)
    pointer = run("git", "cat-file", "blob", "main:data/apod_data.csv.dvc", cwd=bare)

    assert (True, False, True) == (first.changed, again.changed, second.changed)
    assert described == loaded.datapackage.read_text().strip()
    assert f"md5: {second.facts['md5']}" in pointer
    assert "\r" not in pointer


def test_where_git_lfs_is_at_work_the_bytes_are_in_git(commit, loaded, bare, remote, tmp_path, monkeypatch, pull):
    """The real one, installed for the user as `git lfs install` does: no pointer without its object is ever pushed."""
    if shutil.which("git-lfs") is None:
        pytest.skip("there is no git-lfs here; on Debian: apt-get install git-lfs")
    write_into(
        bare, tmp_path / "dev", **{".gitattributes": "*.json filter=lfs diff=lfs merge=lfs -text\n*.dvc filter=lfs\n"}
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    run("git", "lfs", "install", "--skip-repo", cwd=tmp_path)
    first, again = commit(), commit(run="again")
    csv = pull(tmp_path / "stranger")

    assert (True, False) == (first.changed, again.changed)
    assert loaded.datapackage.read_text().strip() == run(
        "git", "cat-file", "blob", "main:data/datapackage.json", cwd=bare
    )
    assert loaded.csv.read_bytes() == csv.read_bytes()


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({".gitignore": "# ours\n*.json\n"}, r"data/datapackage.json is ignored by '\*.json' in line 2 of .gitignore"),
        ({".gitignore": "data/\n"}, "is ignored by 'data/' in line 1 of .gitignore"),
        ({"data__.gitignore": "*\n"}, r"is ignored by '\*' in line 1 of data/.gitignore"),
        ({"data__raw__.gitkeep": ""}, "main has data/raw/.gitkeep in git itself"),
        ({"data__apod_data.csv": "x"}, r"main has data/apod_data.csv in git itself.*git rm --cached"),
    ],
)
def test_a_branch_that_forbids_our_files_says_which_rule(commit, bare, remote, tmp_path, files, match):
    """Before any bytes are pushed."""
    write_into(bare, tmp_path / "dev", **files)
    with pytest.raises(Misconfigured, match=match):
        commit()

    assert "rules" == log(bare, "%s")
    assert not Path(remote.url).exists()


def write_config(bare, folder, text):
    """A developer commits a `.dvc/config`."""
    write_into(bare, folder, **{".dvc__config": text})


@pytest.mark.parametrize("level", ["DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "XDG_CONFIG_HOME"])
def test_what_dvc_has_configured_elsewhere_does_not_count(commit, loaded, remote, tmp_path, monkeypatch, level, pull):
    """A remote of our name in a user's own file: the branch names its remote itself, so a stranger pulls."""
    folder = tmp_path / "config" / ("dvc" if level == "XDG_CONFIG_HOME" else "")
    folder.mkdir(parents=True)
    (folder / "config").write_text(
        f"[core]\n    remote = theirs\n    no_scm = true\n['remote \"apod\"']\n    url = {remote.url}\n"
        f"['remote \"theirs\"']\n    url = {tmp_path / 'theirs'}\n[cache]\n    dir = {tmp_path / 'cache'}\n"
    )
    monkeypatch.setenv(level, str(tmp_path / "config"))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    first, second = commit(), commit(run="again")
    monkeypatch.undo()

    assert (True, False) == (first.changed, second.changed)
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()
    assert not (tmp_path / "theirs").exists()
    assert not (tmp_path / "cache").exists()


def test_the_default_remote_stays_what_it_is(commit, loaded, bare, tmp_path, pull):
    """A repository with data of its own: ours goes to our remote, and `dvc pull` brings both."""
    own = tmp_path / "own"
    run("git", "clone", "-q", bare, own, cwd=tmp_path)
    env = dvc_environment(tmp_path)
    (own / "models.bin").write_text("a model")
    run(*DVC, "init", "-q", cwd=own, env=env)
    run(*DVC, "remote", "add", "-q", "-d", "storage", tmp_path / "storage", cwd=own, env=env)
    run(*DVC, "add", "-q", "models.bin", cwd=own, env=env)
    run(*DVC, "push", "-q", cwd=own, env=env)
    run("git", "add", "-A", cwd=own)
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "a model", cwd=own)
    run("git", "push", "-q", cwd=own)
    commit()
    csv = pull(tmp_path / "stranger")

    assert loaded.csv.read_bytes() == csv.read_bytes()
    assert "a model" == (tmp_path / "stranger" / "models.bin").read_text()
    assert "remote = storage" in run("git", "show", "main:.dvc/config", cwd=bare)
    assert "remote: apod" in run("git", "show", "main:data/raw.dvc", cwd=bare)
    assert 1 == len([path for path in (tmp_path / "storage").rglob("*") if path.is_file()])


@pytest.mark.parametrize(
    "name", ["a, b", "a#b", "a 'b'", "a=b; c", "ümlaut", 'a "quoted" one', "[section]", "$x `y`", """'a' and "b" """]
)
def test_any_path_of_a_remote_is_read_as_dvc_reads_it(loaded, database, repository, tmp_path, unset_remote, name, pull):
    """Written by us, read by DVC's own parser; then without the setting, from what stands in `.dvc/config`."""
    first = version(repository, replace(unset_remote, url=f"{tmp_path / name}"), loaded, database, STAMP)
    again = version(repository, unset_remote, loaded, database, replace(STAMP, run="again"))

    assert (True, False) == (first.changed, again.changed)
    assert (tmp_path / name / "files").is_dir()
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()
    with open_archive(repository, unset_remote, tmp_path) as archive:
        assert ["yes"] == [state for _, state in pullable(archive.versions)]


@pytest.mark.parametrize(
    ("config", "match"),
    [
        ("[core]\n    remote = local\n['remote \"local\"']\n    url = ../dvc-storage\n", "only valid in one checkout"),
        ("[core]\n    remote = a\n['remote \"a\"']\n    url = remote://b/c\n", "only valid in one checkout"),
        ("['remote \"apod\"']\n    url = /tmp/apod-scratch-version-x/remote\n", "temporary folder of ours"),
        ("['remote \"apod\"']\n    url = s3://b/c\n    version_aware = true\n", "has version_aware, so it keeps no"),
        ("['remote \"apod\"']\n    url = s3://b/c\n    sse_customer_key = k3y\n", "the option sse_customer_key, which"),
        (
            "['remote \"apod\"']\n    url = s3://b/c\n    profile = none-such\n",
            "cannot be read from AWS's own files: The",
        ),
        ("['remote \"apod\"']\n    url = /tmp/%(x)s\n", "names no DVC remote"),
        ("['remote \"apod\"']\n    url = /tmp/{x}\n", "has '{' in its address, which DVC cannot read"),
        ("['remote \"apod\"']\n    url = ssh://host/path\n", "is no object store that can be opened"),
        ("[core\n    remote = broken\n", "names no DVC remote"),
        ("[core]\n    remote = none-such\n", "names no DVC remote"),
    ],
)
def test_a_remote_that_cannot_work_is_refused_before_anything_is_done(
    loaded, database, repository, unset_remote, bare, tmp_path, monkeypatch, config, match
):
    """In one line that does not show a secret; nothing is committed."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    write_config(bare, tmp_path / "dev", config)
    with pytest.raises(Misconfigured, match=match) as caught:
        version(repository, unset_remote, loaded, database, STAMP)

    assert "k3y" not in f"{caught.value!r}"
    assert "rules" == log(bare, "%s")


@pytest.mark.parametrize(
    ("config", "name", "match"),
    [("[core\n    remote = broken\n", "remote", "Invalid line"), ("", """a ''' \"\"\" """, "cannot be safely quoted")],
)
def test_what_cannot_be_written_stays_as_it_is(
    loaded, database, repository, bare, tmp_path, unset_remote, config, name, match
):
    """A damaged file of somebody else's, and an address that DVC's own parser cannot hold."""
    write_config(bare, tmp_path / "dev", config)
    with pytest.raises(Misconfigured, match=match):
        version(repository, replace(unset_remote, url=str(tmp_path / name)), loaded, database, STAMP)

    assert "rules" == log(bare, "%s")
    assert not (tmp_path / name).exists()


def test_a_path_under_the_home_folder_is_the_users(
    loaded, database, repository, bare, tmp_path, unset_remote, monkeypatch
):
    """As in a shell; a second run has nothing to do."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write_config(bare, tmp_path / "dev", "[core]\n    remote = mine\n['remote \"Mine\"']\n    url = ~/dvc\n")
    first = version(repository, unset_remote, loaded, database, STAMP)
    second = version(repository, unset_remote, loaded, database, replace(STAMP, run="again"))

    assert (True, False) == (first.changed, second.changed)
    assert (tmp_path / "home" / "dvc" / "files").is_dir()


OPTIONS = """\
[core]
    remote = minio
['remote "minio"']
    url = s3://{bucket}/dvc
    endpointurl = {url}
    region = eu-central-1
    access_key_id = {key}
    secret_access_key = {secret}
    jobs = 2
    ssl_verify = false
"""
PROFILE = """\
[core]
    remote = minio
['remote "minio"']
    url = s3://{bucket}/dvc
    endpointurl = {url}
    profile = team
    credentialpath = {folder}/credentials
"""


PLAIN = """\
[core]
    remote = minio
['remote "minio"']
    url = s3://{bucket}/dvc
"""


@pytest.mark.parametrize("text", [OPTIONS, PROFILE, PLAIN], ids=["options", "profile", "a home with AWS's own files"])
def test_every_option_of_a_remote_is_used(
    loaded, database, repository, bare, tmp_path, unset_remote, monkeypatch, text
):
    """Of a MinIO, without any variable of AWS's: to list, to read, to compare and to collect, as to push."""
    objects_module = pytest.importorskip("tests.helpers.objects", reason="there is no stand-in of S3 here")
    objects = objects_module.Objects().start()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    keys = f"[team]\naws_access_key_id = {objects_module.KEY}\naws_secret_access_key = {objects_module.SECRET}\n"
    (tmp_path / "credentials").write_text(keys)
    if text == PLAIN:  # as `aws configure` writes them
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "credentials").write_text(keys)
        profile = f"[profile team]\nregion = eu-central-1\nendpoint_url = {objects.url}\n"
        (tmp_path / ".aws" / "config").write_text(profile)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("AWS_PROFILE", "team")
    facts = {"bucket": objects_module.BUCKET, "url": objects.url, "key": objects_module.KEY}
    try:
        write_config(bare, tmp_path / "dev", text.format(secret=objects_module.SECRET, folder=tmp_path, **facts))
        first = version(repository, unset_remote, loaded, database, STAMP)
        again = version(repository, unset_remote, loaded, database, replace(STAMP, run="again"))
        database.execute("truncate apod.correction")
        edit(loaded, date(2026, 11, 20), title="Edited")
        load(loaded, database)
        second = version(repository, unset_remote, loaded, database, replace(STAMP, run="second"))
        with open_archive(repository, unset_remote, tmp_path) as archive:
            states = [state for _, state in pullable(archive.versions)]
            fetched = fetch_csv(archive.versions[0], tmp_path / "fetched.csv")
            delete_object(archive.versions[1].remote, archive.versions[1].csv)
            after = [state for _, state in pullable(archive.versions)]
    finally:
        objects.stop()

    assert (True, False, True) == (first.changed, again.changed, second.changed)
    assert ["yes", "yes"] == states
    assert ["yes", "raw"] == after
    assert fetched
    assert loaded.csv.read_bytes() == (tmp_path / "fetched.csv").read_bytes()


def test_the_caches_and_habits_of_a_repository_are_its_own(commit, loaded, bare, tmp_path):
    """A shared cache, links, automatic staging, no git, a remote of our name with another address: one version."""
    config = (
        f"[core]\n    autostage = true\n    no_scm = true\n[cache]\n    dir = {tmp_path / 'cache'}\n"
        "    type = symlink\n['remote \"APOD\"']\n    url = /none/such\n    jobs = 3\n"
    )
    write_config(bare, tmp_path / "dev", config)
    first, again = commit(), commit(run="again")
    stored = run("git", "show", "main:.dvc/config", cwd=bare)

    assert (True, False) == (first.changed, again.changed)
    assert not (tmp_path / "cache").exists()
    assert "jobs = 3" in stored
    assert "/none/such" not in stored


@pytest.mark.parametrize(
    ("ignored", "match"),
    [
        ("data\n", r"data is ignored by 'data' in line 1 of .*\.dvcignore"),
        ("# ours\n*.jsonl\n", r"data/raw/2026/2026-10.jsonl is ignored by '\*\.jsonl' in line 2"),
        ("/data/raw/2026\n", "data/raw/2026 is ignored by"),
        ("*.csv\n", "data/apod_data.csv is ignored by"),
    ],
)
def test_a_dvcignore_that_covers_our_files_is_named(commit, bare, remote, tmp_path, ignored, match):
    """DVC would leave such files out without a word."""
    write_into(bare, tmp_path / "dev", **{".dvcignore": ignored, ".dvc__config": ""})
    with pytest.raises(Misconfigured, match=match):
        commit()

    assert "rules" == log(bare, "%s")
    assert not Path(remote.url).exists()


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ({"data.dvc": "outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: data\n"}, "DVC refused: "),
        ({"dvc.yaml": "stages:\n  a:\n    cmd: b\n    outs:\n    - data/apod_data.csv\n"}, "refused: "),
        ({"deep__in__dvc.yaml": "stages:\n  a:\n    cmd: b\n    outs:\n    - ../../data/apod_data.csv\n"}, "refused: "),
        ({"deep__in.dvc": "wdir: ..\nouts:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: data\n"}, "refused: "),
        ({"dvc.yaml": "stages: [\n"}, "refused: "),
    ],
    ids=["a folder above", "a stage's output", "a stage elsewhere", "a pointer elsewhere", "a damaged pipeline"],
)
def test_what_dvc_itself_refuses_is_final(commit, bare, tmp_path, files, match):
    """With its own words, and without a retry."""
    write_into(bare, tmp_path / "dev", **{".dvc__config": "", **files})
    with pytest.raises(Misconfigured, match=match):
        commit()

    assert "rules" == log(bare, "%s")


def test_what_a_person_wrote_into_a_pointer_strands_nothing(commit, loaded, bare, remote, tmp_path, pull):
    """Another remote, never to be pushed: the next version names ours, and anybody can pull."""
    commit()
    run("git", "clone", "-q", bare, tmp_path / "dev", cwd=tmp_path)
    for name in ("apod_data.csv.dvc", "raw.dvc"):
        path = tmp_path / "dev" / "data" / name
        path.write_text(path.read_text().replace("remote: apod", "remote: none-such\n  push: false"))
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "by hand", cwd=tmp_path / "dev")
    run("git", "push", "-q", cwd=tmp_path / "dev")
    report = commit(run="again")

    assert report.changed
    assert "remote: apod" in run("git", "show", "main:data/raw.dvc", cwd=bare)
    assert loaded.csv.read_bytes() == pull(tmp_path / "stranger").read_bytes()


def test_an_object_that_is_damaged_is_never_away(commit, loaded, remote):
    """It is written over; nothing of a remote is deleted on the way."""
    commit()
    objects = {path for path in Path(remote.url).rglob("*") if path.is_file()}
    for path in objects:
        path.chmod(0o644)
        path.write_bytes(b"")
    report = commit(run="again")

    assert report.changed or "nothing new" in report.sentence
    assert objects == {path for path in Path(remote.url).rglob("*") if path.is_file()}
    assert loaded.csv.read_bytes() in [path.read_bytes() for path in objects]
