"""The repository that plays GitHub, whatever the user's git does elsewhere."""

from local.stack.repository import BRANCH, git, seed
from tests.helpers.project import PROJECT


def test_a_users_git_settings_do_not_stop_the_first_run(tmp_path, monkeypatch):
    """A hook of his own, signed pushes, another hash, no bare repositories."""
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "hooks" / "pre-push").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core] hooksPath = {tmp_path}/hooks\n[push] gpgSign = true\n[safe] bareRepository = explicit\n"
        f"[safe] directory = {PROJECT}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    seed(tmp_path / "github.git")

    assert git("rev-parse", "HEAD", cwd=PROJECT) == git("rev-parse", BRANCH, cwd=tmp_path / "github.git")
