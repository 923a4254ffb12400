"""git commands as processes, of which what a user has configured changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

TIMEOUT_SECONDS = 300
ENVIRONMENT_LOCK = threading.Lock()  # held by who changes this process's for a moment, and by who reads it for git
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
    "core.sparseCheckoutCone": "false",  # a clone's list, in git.py, has names of files
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
FIXED_CONFIG = tuple(part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}"))
# Variables that name another repository, change what git does, or make it say what it sends; GIT_CONFIG_*, GIT_SSH* and
# GIT_ASKPASS are how a user logs in.
FOREIGN_VARIABLES = re.compile(
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX"
    r"|DEFAULT_(?:HASH|REF_FORMAT)|TEMPLATE_DIR|EXTERNAL_DIFF|ATTR_SOURCE|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|NO_REPLACE_OBJECTS"
    r"|(?:LITERAL|GLOB|NOGLOB|ICASE)_PATHSPECS|TRACE\w*|CURL_VERBOSE|REDIRECT_\w+)"
)


def git_environment() -> dict[str, str]:
    """The environment of every git command: that of this process, without what would make git do another thing."""
    with ENVIRONMENT_LOCK:
        inherited = {name: value for name, value in os.environ.items() if not FOREIGN_VARIABLES.fullmatch(name)}
    return {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}


@contextmanager
def running(args: Sequence[str], folder: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Starts one git command in a folder, whoever owns that, and ends it with the block.

    Raises:
        Misconfigured: there is no git.
    """
    try:
        process = subprocess.Popen(
            ["git", *FIXED_CONFIG, "-c", f"safe.directory={folder}", *args],
            cwd=folder,
            env={**env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise Misconfigured("git is not installed where this task runs; packages.txt names it.") from error
    with process:
        try:
            yield process
        finally:
            process.kill()  # nothing, where it has ended


def finished(
    process: subprocess.Popen[bytes], command: str, stdin: bytes, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Waits for the end of a running git command; the caller looks at its exit status.

    Args:
        process: of `running`.
        command: of git, for the error.
        stdin: what it reads.
        timeout: seconds that it may take from now on.

    Raises:
        Unavailable: it took longer.
    """
    try:
        stdout, stderr = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"git {command} took over {timeout:.0f} s.") from error
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_git(
    args: Sequence[str], folder: Path, env: Mapping[str, str], stdin: bytes = b"", timeout: float = TIMEOUT_SECONDS
) -> subprocess.CompletedProcess[bytes]:
    """Runs one git command in a folder, whoever owns that; the caller looks at its exit status.

    Raises:
        Misconfigured: there is no git.
        Unavailable: it took longer than `timeout` seconds.
    """
    with running(args, folder, env) as process:
        return finished(process, args[0], stdin, timeout)
