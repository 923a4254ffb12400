"""git by its command line."""

import socket
from contextlib import suppress
from dataclasses import replace

import pytest

from include.apod.adapters.git import clone, cloning, git_error
from include.apod.errors import Misconfigured, NotPublished, Unavailable
from tests.helpers.project import run


def test_a_token_enters_no_message(repository):
    """Git may repeat a URL that somebody put one into."""
    secret = replace(repository, token="s3cr3t")
    error = git_error("push", "fatal: Authentication failed for 'https://x:s3cr3t@host/'", secret)

    assert "https://x:***@host/" in str(error)
    assert "s3cr3t" not in repr(secret)


def test_the_machines_own_git_settings_change_nothing(repository, tmp_path, monkeypatch):
    """Signing, hooks and another identity; and a checkout that the process happens to stand in."""
    config = tmp_path / "gitconfig"
    config.write_text("[commit]\ngpgsign = true\n[core]\nautocrlf = true\n[user]\nname = Somebody\nemail = some@body\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    work = clone(repository, tmp_path / "clone")
    (work.path / "data").mkdir()
    (work.path / "data" / "new").write_bytes(b"a\n")
    work.git("add", "data/new")
    work.git("commit", "-qm", "new")
    monkeypatch.delenv("GIT_DIR")

    assert "APOD pipeline" == run("git", "log", "-1", "--format=%an", cwd=work.path)


def test_of_a_large_project_little_is_checked_out_and_nothing_lost(bare, repository, tmp_path):
    """The code of others costs a version nothing; what DVC and git go by is there, wherever it stands."""
    needed = {".gitignore", "data/.gitignore", "data/raw.dvc", ".dvc/config", "a/b/dvc.yaml", "a/b/c.dvc"}
    dev = tmp_path / "dev"
    run("git", "clone", "-q", bare, dev, cwd=tmp_path)
    for name in (*needed, "README.md", "src/code.py", "a/b/c.py"):
        (dev / name).parent.mkdir(parents=True, exist_ok=True)
        (dev / name).write_text("x")
    run("git", "add", "-Af", ".", cwd=dev)
    run("git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "code", cwd=dev)
    run("git", "push", "-q", cwd=dev)
    work = clone(repository, tmp_path / "clone")
    files = {f"{path.relative_to(work.path)}" for path in work.path.rglob("*") if path.is_file()}
    (work.path / "data" / "raw.dvc").write_text("y")
    work.git("commit", "-qam", "data")
    work.push()

    assert needed == {name for name in files if not name.startswith(".git/")}
    assert "data/raw.dvc" == run("git", "diff", "--name-only", "main~", "main", cwd=bare)


def test_a_clone_that_nobody_waits_for_any_more_is_ended(repository, tmp_path):
    """Else each task that was stopped would leave a git behind, which waits for a silent host as long as that likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = replace(repository, url=f"git://127.0.0.1:{server.getsockname()[1]}/apod")
        with suppress(NotPublished), cloning(silent, tmp_path / "clone"):
            connection, _ = server.accept()
            begun = connection.recv(1)
            raise NotPublished
    connection.settimeout(60)
    with connection, connection.makefile("rb") as rest:
        rest.read()  # raises TimeoutError where git has not hung up

    assert begun


def test_no_git_is_a_configuration_error(repository, tmp_path, monkeypatch):
    """The runtime image has none by itself."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="git is not installed.*packages.txt"):
        clone(repository, tmp_path / "clone")


@pytest.mark.parametrize(
    "address",
    [
        "--upload-pack=touch {}",
        "ext::sh -c 'touch {}'",
        "ssh://-oProxyCommand=touch%20{}/repository",
        "-oProxyCommand=touch {}:repository",
        "file:///nowhere; touch {}",
        "$(touch {})",
    ],
)
def test_an_address_is_never_a_command(repository, tmp_path, address):
    """Git has options and transports that run what they are given."""
    mark = tmp_path / "mark"
    with pytest.raises((Misconfigured, Unavailable), match="git clone failed"):
        clone(replace(repository, url=address.format(mark)), tmp_path / "clone")

    assert not mark.exists()


@pytest.mark.parametrize("branch", ["--upload-pack=touch {}", "main;touch {}", "$(touch {})", "main\ntouch {}", "-b"])
def test_a_branch_is_never_a_command(repository, tmp_path, branch):
    """A name that begins with a dash would be an option of git."""
    mark = tmp_path / "mark"
    with pytest.raises((Misconfigured, Unavailable), match="git clone failed"):
        clone(replace(repository, branch=branch.format(mark)), tmp_path / "clone")

    assert not mark.exists()
