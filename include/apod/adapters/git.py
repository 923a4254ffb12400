"""git by its command line, in throw-away clones."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING

from include.apod.adapters.git_errors import is_behind, is_refusal
from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from include.apod.errors import ApodError

TIMEOUT_SECONDS = 300
# What a user has configured must not change what is committed, pushed, listed or said. What he needs to get there stays
# his: proxies, certificates, credentials, `insteadOf`.
SETTINGS = {
    "clone.defaultRemoteName": "origin",
    "clone.rejectShallow": "false",
    "color.ui": "false",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "true",
    "core.safecrlf": "false",
    "core.sparseCheckoutCone": "false",  # CHECKED_OUT has names of files
    "gpg.format": "ssh",
    "gpg.ssh.defaultKeyCommand": "",
    "gpg.ssh.program": "ssh-keygen",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "index.sparse": "false",
    "init.defaultObjectFormat": "sha1",
    "init.defaultRefFormat": "files",  # DVC reads no other
    "log.follow": "false",
    "log.showSignature": "false",
    "protocol.file.allow": "always",  # the local stack's repository
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.pushOption": "",  # an empty value clears the list
    "push.recurseSubmodules": "no",
    "safe.bareRepository": "all",
    "status.showUntrackedFiles": "all",
    "submodule.recurse": "false",
    "tag.gpgSign": "false",
    "trailer.separators": ":",
}
PLAIN_ATTRIBUTES = "* !text !eol !crlf !ident !filter !working-tree-encoding\n"  # stronger than any `.gitattributes`
# Of a working copy: ours, and what DVC and git go by. A project may have thousands of other files.
CHECKED_OUT = ("/.dvc/", "/data/", "dvc.yaml", "*.dvc", ".dvcignore", ".gitignore")
FIXED_CONFIG = tuple(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}"))
# Variables that name another repository, change what git does, or make it say what it sends; GIT_CONFIG_*, GIT_SSH* and
# GIT_ASKPASS are how a user logs in.
FOREIGN_VARIABLES = re.compile(
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX"
    r"|DEFAULT_(?:HASH|REF_FORMAT)|TEMPLATE_DIR|EXTERNAL_DIFF|ATTR_SOURCE|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS"
    r"|(?:LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS|TRACE\w*|CURL_VERBOSE|REDIRECT_\w+)"
)


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


def run_git(
    args: Sequence[str], folder: Path, env: Mapping[str, str], stdin: bytes = b"", timeout: float = TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """Runs one git command in a folder, whoever owns that; the caller looks at its exit status.

    Raises:
        Misconfigured: there is no git.
        Unavailable: it took longer than `timeout` seconds.
    """
    try:
        return subprocess.run(
            ["git", *FIXED_CONFIG, "-c", f"safe.directory={folder}", *args],
            cwd=folder,
            env={**env},
            input=stdin,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise Misconfigured("git is not installed where this task runs; packages.txt names it.") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"git {args[0]} took over {timeout:.0f} s.") from error


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


def _clone(repository: Repository, folder: Path, *options: str) -> Clone:
    Clone(folder.parent, repository).git(
        "clone", "--quiet", "--single-branch", *options, "--branch", repository.branch,
        "--", repository.url, str(folder),
    )  # fmt: skip
    return Clone(folder, repository)


def clone(repository: Repository, folder: Path) -> Clone:
    """Clones the newest commit of the repository's branch, and checks out `CHECKED_OUT` as it was committed.

    The repository's own attributes (line ends, encodings, keywords, filters like Git LFS) change neither what is read
    here nor what is committed from here.

    Raises:
        Unavailable, Misconfigured: git's own message, and what to check.
    """
    template = folder.with_name("template")  # with which the clone itself checks out, and not a command after it
    info = template / "info"
    info.mkdir(parents=True)
    (info / "attributes").write_text(PLAIN_ATTRIBUTES)
    (info / "sparse-checkout").write_text("\n".join(CHECKED_OUT) + "\n")
    options = (f"--template={template}", "--config=core.sparseCheckout=true", "--depth=1", "--no-tags")
    return _clone(repository, folder, *options)


def clone_history(repository: Repository, folder: Path, *, every_branch: bool = False) -> Clone:
    """Clones the whole history of the branch, or of every branch, and all tags; no files are checked out.

    Raises:
        Unavailable, Misconfigured: git's own message, and what to check.
    """
    options = ("--template=", "--no-checkout", *(("--no-single-branch",) if every_branch else ()))
    return _clone(repository, folder, *options)


def git_environment() -> dict[str, str]:
    """The environment of every git command: that of this process, without what would make git do another thing."""
    inherited = {name: value for name, value in os.environ.items() if not FOREIGN_VARIABLES.fullmatch(name)}
    return {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}


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
