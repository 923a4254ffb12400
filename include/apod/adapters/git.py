"""git by its command line, in a throw-away clone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 300
# What a machine's own git configuration may not change: signing, hooks and line ends.
STEADY = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")
TOO_LATE = ("fetch first", "non-fast-forward", "cannot lock ref")
REFUSED = (
    "authentication failed",
    "permission denied",
    "not found",
    "does not exist",
    "does not appear",
    "403",
    "hook declined",
    "protected branch",
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

    def git_bytes(self, *args: str, stdin: bytes) -> bytes:
        """Runs one git command that prints anything; raises as `git` does."""
        done = subprocess.run(
            ["git", *STEADY, *args],
            cwd=self.path,
            env=_environment(self.repository),
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise failure(args[0], done.stderr.decode(errors="replace"), self.repository)
        return done.stdout

    def push(self) -> Exception | None:
        """Pushes what is checked out to the branch; returns git's words when somebody else's commit came first.

        Raises:
            Unavailable, Misconfigured: the push failed for another reason.
        """
        done = self.attempt("push", "--quiet", "origin", f"HEAD:refs/heads/{self.repository.branch}")
        if not done.returncode:
            return None
        error = failure("push", done.stderr, self.repository)
        if any(word in done.stderr for word in TOO_LATE):
            return error
        raise error

    def has(self, name: str) -> bool:
        """Whether the commit that is checked out has this file."""
        return not self.attempt("cat-file", "-e", f"HEAD:{name}").returncode

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


def checkout_version(folder: Path) -> str:
    """The commit of a checkout, with `-dirty` where files differ from it.

    In an image it is what was written when that was made; `unknown` where there is neither.
    """

    def said(*args: str) -> str:
        command = ["git", *STEADY, *args]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout.strip()

    if not (folder / ".git").exists() or not (head := said("rev-parse", "HEAD")):
        written = folder / ".code-version"
        return written.read_text().strip() if written.exists() else "unknown"
    return head + ("-dirty" if said("status", "--porcelain") else "")


def commit_url(address: str, commit: str) -> str | None:
    """Where the host of a repository shows a commit; None where it is no host that is known to."""
    host, path = _host_of(address)
    part = {"github.com": "commit", "gitlab.com": "-/commit", "bitbucket.org": "commits", "codeberg.org": "commit"}
    return f"https://{host}/{path}/{part[host]}/{commit}" if host in part else None


def _host_of(address: str) -> tuple[str, str]:
    if "://" in address:
        parts = urlsplit(address)
        host, path = parts.hostname or "", parts.path
    else:  # git@host:path
        host, _, path = address.rpartition("@")[2].partition(":")
    return host, path.strip("/").removesuffix(".git")
