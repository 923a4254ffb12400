"""Names of commits: that of a checkout, and the web page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from include.apod.adapters.git_command import git_environment, run_git
from include.apod.errors import masked

if TYPE_CHECKING:
    from pathlib import Path

COMMIT_PATHS = {  # how the hosts that people use address a commit
    "github.com": "commit",
    "gitlab.com": "-/commit",
    "bitbucket.org": "commits",
    "codeberg.org": "commit",
}


def _output(folder: Path, *args: str) -> str:
    return run_git(args, folder, git_environment()).stdout.decode(errors="replace").strip()


def checkout_version(folder: Path) -> str:
    """The commit of a checkout, with `-dirty` where files differ from it.

    An image has no `.git`; there it is the commit in `.code-version`, which was written when the image was made.
    Returns `unknown` where there is neither.
    """
    head = _output(folder, "rev-parse", "HEAD") if (folder / ".git").exists() else ""
    if not head:
        written = folder / ".code-version"
        return written.read_text().strip() if written.exists() else "unknown"
    return f"{head}-dirty" if _output(folder, "status", "--porcelain") else head


def _place(address: str) -> tuple[str, str]:
    """Host and path of a repository's address."""
    if "://" in address:
        parts = urlsplit(address)
        host, path = parts.hostname or "", parts.path
    else:  # git@host:path
        host, _, path = address.rpartition("@")[2].partition(":")
    return host, path.strip("/").removesuffix(".git")


def commit_url(address: str, commit: str) -> str | None:
    """The web page of a commit, for a repository on one of `COMMIT_PATHS`; else None."""
    host, path = _place(address)
    return f"https://{host}/{path}/{COMMIT_PATHS[host]}/{commit}" if host in COMMIT_PATHS else None


def web_page(address: str) -> str:
    """The web page of a repository on one of `COMMIT_PATHS`; elsewhere its address, without a login."""
    host, path = _place(address)
    return f"https://{host}/{path}" if host in COMMIT_PATHS else masked(address).replace("***@", "")
