"""git by its command line."""

from dataclasses import replace

import pytest

from include.apod.adapters.git import clone, git_error
from include.apod.errors import Misconfigured, Unavailable
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
    (work.path / "new").write_bytes(b"a\n")
    work.git("add", "new")
    work.git("commit", "-qm", "new")
    monkeypatch.delenv("GIT_DIR")

    assert "APOD pipeline" == run("git", "log", "-1", "--format=%an", cwd=work.path)


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
