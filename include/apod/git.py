"""git by its command line, in a throw-away clone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING

from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 300
# What a machine's own git configuration may not change: signing, hooks and line ends.
STEADY = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")
REFUSED = (
    "authentication failed",
    "permission denied",
    "not found",
    "does not exist",
    "does not appear",
    "403",
)


@dataclass(frozen=True)
class Repository:
    """Where versions are committed.

    Attributes:
        url: of the main repository, free of credentials.
        branch: that the versions go to.
        author: `Name <address>` on the commits.
        env: what git needs to log in; never shown.
        token: that git may repeat in an error, and that no message of ours may hold.
    """

    url: str
    branch: str
    author: str
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Clone:
    """A working copy of a repository's branch."""

    path: Path
    repository: Repository

    def git(self, *args: str, stdin: str | None = None) -> str:
        """Runs one git command and returns what it printed.

        Raises:
            Unavailable: git failed; a retry may help.
            Misconfigured: the repository, the branch or the credentials are refused.
        """
        done = self.attempt(*args, stdin=stdin)
        if done.returncode:
            raise failure(args[0], done.stderr, self.repository)
        return done.stdout.strip()

    def attempt(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs one git command whose failure the caller deals with."""
        try:
            return subprocess.run(
                ["git", *STEADY, *args],
                cwd=self.path,
                env=_environment(self.repository),
                input=stdin,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise Misconfigured("git is not installed where this task runs; packages.txt names it.") from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"git {args[0]} with {self.repository.url} took over {TIMEOUT_SECONDS} s.") from error

    def read(self, name: str) -> str | None:
        """The text of a file of the clone, None where there is none."""
        path = self.path / name
        return path.read_text() if path.exists() else None


def clone(repository: Repository, folder: Path) -> Clone:
    """A shallow clone of the repository's branch.

    Raises:
        Unavailable, Misconfigured: git's own words, and what to check.
    """
    Clone(folder.parent, repository).git(
        "clone", "--quiet", "--depth=1", "--single-branch", "--no-tags", "--branch", repository.branch, "--",
        repository.url, str(folder),
    )  # fmt: skip
    return Clone(folder, repository)


def _environment(repository: Repository) -> dict[str, str]:
    name, address = parseaddr(repository.author)
    inherited = {k: v for k, v in os.environ.items() if k not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")}
    return {
        **inherited,
        **repository.env,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": address,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": address,
        "LC_ALL": "C.UTF-8",
    }


def failure(command: str, stderr: str, repository: Repository) -> Exception:
    said = " ".join(stderr.split())
    if repository.token:
        said = said.replace(repository.token, "***")
    message = f"git {command} failed for branch {repository.branch} of {repository.url}: {said}"
    if any(word in said.lower() for word in REFUSED):
        return Misconfigured(f"{message}. Check host, login and password of connection apod_git, and APOD_GIT_BRANCH.")
    return Unavailable(message)
