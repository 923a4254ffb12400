"""git by its command line, in throw-away clones."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import partial
from typing import TYPE_CHECKING

from include.apod.adapters.git_command import TIMEOUT_SECONDS, finished, git_environment, run_git, running
from include.apod.adapters.git_errors import is_behind, is_refusal
from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from include.apod.errors import ApodError

PLAIN_ATTRIBUTES = "* !text !eol !crlf !ident !filter !working-tree-encoding\n"  # stronger than any `.gitattributes`
# Of a working copy: ours, and what DVC and git go by. A project may have thousands of other files.
CHECKED_OUT = ("/.dvc/", "/data/", "dvc.yaml", "*.dvc", ".dvcignore", ".gitignore")


@dataclass(frozen=True)
class Repository:
    """The repository that versions are committed to.

    Attributes:
        url: its address, without credentials.
        branch: the branch for versions.
        author: `Name <address>` on the commits.
        env: environment variables with which git logs in; never shown.
        token: a secret that git may repeat in an error; replaced in every message.
        timeout_seconds: that one command may take.
        signing_key: path of the private key that signs the commits; empty for none.
    """

    url: str
    branch: str
    author: str
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    timeout_seconds: float = TIMEOUT_SECONDS
    signing_key: str = ""


@dataclass(frozen=True)
class Clone:
    """A working copy of a repository's branch."""

    path: Path
    repository: Repository

    def git(self, *args: str, stdin: str | None = None) -> str:
        """Runs one git command and returns its output, stripped.

        Raises:
            Unavailable: git failed; a retry may help.
            Misconfigured: the repository, the branch or the credentials are refused.
        """
        result = self.attempt(*args, stdin=stdin)
        if result.returncode:
            raise git_error(args[0], result.stderr, self.repository)
        return result.stdout.strip()

    def attempt(self, *args: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Runs one git command; the caller looks at its exit status."""
        done = self._run(args, (stdin or "").encode())
        texts = (output.decode(errors="replace") for output in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, *texts)

    def git_bytes(self, *args: str, stdin: bytes = b"") -> bytes:
        """Runs one git command whose output is not text; raises as `git` does."""
        done = self._run(args, stdin)
        if done.returncode:
            raise git_error(args[0], done.stderr.decode(errors="replace"), self.repository)
        return done.stdout

    def _run(self, args: Sequence[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        return run_git(args, self.path, _environment(self.repository), stdin, self.repository.timeout_seconds)

    def push(self) -> ApodError | None:
        """Pushes HEAD to the branch. Returns the error if somebody else pushed first, so that the caller can redo.

        Raises:
            Unavailable, Misconfigured: the push failed for another reason.
        """
        target = f"HEAD:refs/heads/{self.repository.branch}"
        result = self.attempt("push", "--quiet", "--porcelain", "origin", target)
        if not result.returncode:
            return None
        error = git_error("push", f"{result.stdout}\n{result.stderr}", self.repository)
        if is_behind(result.stdout):
            return error
        raise error

    def ignoring_rule(self, names: Sequence[str]) -> str:
        """The first rule of a `.gitignore` that keeps one of some files out of git, in words; empty if none does."""
        for line in self.attempt("check-ignore", "--verbose", "--", *names).stdout.splitlines():
            rule, _, name = line.partition("\t")
            source, number, pattern = rule.split(":", 2)
            if not pattern.startswith("!"):
                return f"{name} is ignored by {pattern!r} in line {number} of {source}"
        return ""

    def read(self, name: str) -> str | None:
        """The text of a file of the working copy; None if there is none."""
        path = self.path / name
        return path.read_text() if path.exists() else None

    def read_blobs(self, names: list[str]) -> list[str | None]:
        """The text of each `commit:path`, None for one that does not exist. Runs one process for all of them."""
        output = self.git_bytes("cat-file", "--batch", stdin="\n".join(names).encode())
        texts: list[str | None] = []
        position = 0
        for _ in names:
            line_end = output.index(b"\n", position)
            header = output[position:line_end].split()  # `id type size`, or `name missing`
            if len(header) == len(("id", "type", "size")) and header[-1] != b"missing":
                end = line_end + 1 + int(header[2])
                texts.append(output[line_end + 1 : end].decode(errors="replace"))
                position = end + 1
            else:
                texts.append(None)
                position = line_end + 1
        return texts


@contextmanager
def _cloning(repository: Repository, folder: Path, *options: str) -> Iterator[Callable[[], Clone]]:
    args = ("clone", "--quiet", "--single-branch", *options, "--branch", repository.branch,
            "--", repository.url, str(folder))  # fmt: skip
    with running(args, folder.parent, _environment(repository)) as process:
        yield partial(_cloned, process, repository, folder)


def _cloned(process: subprocess.Popen[bytes], repository: Repository, folder: Path) -> Clone:
    done = finished(process, "clone", b"", repository.timeout_seconds)
    if done.returncode:
        raise git_error("clone", done.stderr.decode(errors="replace"), repository)
    return Clone(folder, repository)


def cloning(repository: Repository, folder: Path) -> AbstractContextManager[Callable[[], Clone]]:
    """Clones, as `clone`, while a block does something else; what the block gets is to be called for the clone.

    A block that ends before the clone ends git.
    """
    template = folder.with_name("template")  # with which the clone itself checks out, and not a command after it
    info = template / "info"
    info.mkdir(parents=True)
    (info / "attributes").write_text(PLAIN_ATTRIBUTES)
    (info / "sparse-checkout").write_text("\n".join(CHECKED_OUT) + "\n")
    options = (f"--template={template}", "--config=core.sparseCheckout=true", "--depth=1", "--no-tags")
    return _cloning(repository, folder, *options)


def clone(repository: Repository, folder: Path) -> Clone:
    """Clones the newest commit of the repository's branch, and checks out `CHECKED_OUT` as it was committed.

    The repository's own attributes (line ends, encodings, keywords, filters like Git LFS) change neither what is read
    here nor what is committed from here.

    Raises:
        Unavailable, Misconfigured: git's own message, and what to check.
    """
    with cloning(repository, folder) as finish:
        return finish()


def clone_history(repository: Repository, folder: Path, *, every_branch: bool = False) -> Clone:
    """Clones the whole history of the branch, or of every branch, and all tags; no files are checked out.

    Raises:
        Unavailable, Misconfigured: git's own message, and what to check.
    """
    options = ("--template=", "--no-checkout", *(("--no-single-branch",) if every_branch else ()))
    with _cloning(repository, folder, *options) as finish:
        return finish()


def _environment(repository: Repository) -> dict[str, str]:
    name, address = parseaddr(repository.author)
    return {
        **git_environment(),
        **repository.env,
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": address,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": address,
    }


def git_error(command: str, output: str, repository: Repository) -> ApodError:
    """The error for a failed git command, with git's own message and without the token.

    Args:
        command: of git.
        output: what it printed; a push has its reasons on standard output, too.
        repository: that it was about.
    """
    words = " ".join(output.split())
    if repository.token:
        words = words.replace(repository.token, "***")
    message = f"git {command} failed for branch {repository.branch} of {repository.url}: {words}"
    if is_refusal(output):
        return Misconfigured(f"{message}. Check host, login and password of connection apod_git, and APOD_GIT_BRANCH.")
    return Unavailable(message)
