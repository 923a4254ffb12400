"""The history of somebody else's repository: which files each commit changed, and what they held."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import urlsplit

from include.apod.adapters.git_command import FIXED_CONFIG, git_environment, run_git
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

CLONE_SECONDS = 3600  # such a repository may hold every picture as well
REGULAR_FILES = ("100644", "100755")  # modes; a symbolic link or a submodule holds no data
COMMIT = b"\x01"  # before a commit in the list that is parsed here


class ChangedFile(NamedTuple):
    """A file as a commit left it.

    Attributes:
        path: in the repository.
        blob: git's id of its content.
    """

    path: str
    blob: str


@dataclass
class Commit:
    """A commit that changed files.

    Attributes:
        id: 40 hex digits.
        time: when its author made it; unlike the time of committing it survives a rebase.
        files: those that it added or changed.
    """

    id: str
    time: datetime
    files: list[ChangedFile] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """A bare clone.

    Attributes:
        folder: of the clone.
        name: the address without credentials, or of a local repository its own origin's or its folder's name.
    """

    folder: Path
    name: str

    def _git(self, *args: str) -> bytes:
        done = run_git(args, self.folder, git_environment())
        if done.returncode:
            message = " ".join(done.stderr.decode(errors="replace").split())
            raise Misconfigured(f"git {args[0]} failed in the repository {self.name}: {message}")
        return done.stdout

    def commits(self, *patterns: str) -> list[Commit]:
        """The commits on the default branch that added or changed files of these names (globs), oldest first.

        A merge counts for what it changed in its first parent.

        Raises:
            Misconfigured: the repository has no commit, or is damaged.
        """
        output = self._git(
            "log", "--no-show-signature", "--reverse", "--topo-order", "--root", "--no-renames",
            "--diff-merges=first-parent", "--diff-filter=AM", "--raw", "--no-abbrev", "-z",
            "--format=%x01%H %at", "HEAD", "--", *(f":(icase,glob)**/{pattern}" for pattern in patterns),
        )  # fmt: skip
        commits: list[Commit] = []
        tokens = iter(output.split(b"\0"))
        for token in tokens:
            entry = token.strip(b"\n")
            if entry.startswith(COMMIT):
                commit_id, seconds = entry[1:].decode().split()
                commits.append(Commit(commit_id, datetime.fromtimestamp(int(seconds), UTC)))
            elif entry.startswith(b":"):
                _, mode, _, blob, _ = entry[1:].decode().split()
                path = next(tokens).decode(errors="replace")
                if mode in REGULAR_FILES:
                    commits[-1].files.append(ChangedFile(path, blob))
        return commits

    @contextmanager
    def reader(self, limit: int) -> Iterator[Callable[[str], bytes | None]]:
        """Gives a function that reads a blob by its id; None for one of more than `limit` bytes.

        One pair of git processes serves all of them, so that 700 commits do not start 700 processes.
        """
        with self._batch("--batch-check=%(objectsize)") as sizes, self._batch("--batch") as contents:

            def read(blob: str) -> bytes | None:
                size = int(_ask(sizes, blob))
                if size > limit:
                    return None
                _ask(contents, blob)
                return _output(contents).read(size + 1)[:-1]

            yield read

    @contextmanager
    def _batch(self, form: str) -> Iterator[subprocess.Popen[bytes]]:
        command = ["git", *FIXED_CONFIG, "cat-file", form]
        with subprocess.Popen(
            command, cwd=self.folder, env=git_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def _output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", process.stdout)


def _ask(process: subprocess.Popen[bytes], blob: str) -> bytes:
    """Sends an id and returns the line that answers it."""
    stdin = cast("IO[bytes]", process.stdin)
    stdin.write(f"{blob}\n".encode())
    stdin.flush()
    return _output(process).readline()


def without_credentials(url: str) -> str:
    """An address without login and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme else url


def _origin(folder: Path) -> str:
    """What to call a local repository: where it was cloned from, else its folder's name; never a local path."""
    done = run_git(("config", "--get", "remote.origin.url"), folder, git_environment())
    url = without_credentials(done.stdout.decode(errors="replace").strip())
    return url if urlsplit(url).scheme not in ("", "file") else folder.name


def clone_bare(source: str, folder: Path) -> History:
    """Clones the default branch of a repository, a URL or a path, into a folder that does not exist.

    Raises:
        Misconfigured: it is none, is refused, or does not answer; with git's own words.
        Unavailable: it took over an hour.
    """
    local = Path(source).expanduser()
    address = f"{local.resolve()}" if local.exists() else source
    name = _origin(local.resolve()) if local.exists() else without_credentials(source)
    done = run_git(
        ("clone", "--quiet", "--bare", "--single-branch", "--no-tags", "--", address, f"{folder}"),
        folder.parent, git_environment(), timeout=CLONE_SECONDS,
    )  # fmt: skip
    if done.returncode:
        message = " ".join(done.stderr.decode(errors="replace").replace(source, name).split())
        raise Misconfigured(f"{name} cannot be read as a git repository: {message}")
    return History(folder, name)
