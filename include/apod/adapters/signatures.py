"""SSH signatures of commits: a key to make them with, and a look at one that was made. ssh-keygen does the work."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.apod.adapters.git import Clone

SIGNATURE = re.compile(rb"^gpgsig (.*\n(?: .*\n)*)", re.MULTILINE)  # a header, whose further lines begin with a blank
FINGERPRINT = re.compile(r"SHA256:[\w+/=]+")


def _keygen(*args: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["ssh-keygen", *args], input=content, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise Misconfigured("ssh-keygen is not installed where this task runs; packages.txt names it.") from error


@contextmanager
def key_file(key: str | Path) -> Iterator[Path]:
    """A private key as a file that only this user may read, while the block lasts.

    Args:
        key: its text, or the path of a file that has it.

    Raises:
        Misconfigured: it is no private key without a passphrase.
    """
    with tempfile.TemporaryDirectory(prefix="apod-key-") as folder:
        path = Path(folder, "key")
        path.touch(mode=0o600)
        try:
            path.write_text(key.expanduser().read_text() if isinstance(key, Path) else f"{key.strip()}\n")
        except OSError as error:
            raise Misconfigured(f"The signing key of connection apod_git cannot be read: {error.strerror}.") from error
        if _keygen("-y", "-P", "", "-f", str(path)).returncode:
            raise Misconfigured(
                "The signing key of connection apod_git is none that ssh-keygen reads: write an OpenSSH private key "
                "without a passphrase into signing_private_key of the extra, or its path into signing_key_file."
            )
        yield path


def signature_of(work: Clone, commit: str) -> str:
    """`unsigned`; `signed by` and the fingerprint of the key; or `wrong: ` and why.

    Whose key that is, says nobody but its owner: compare the fingerprint.
    """
    content = work.git_bytes("cat-file", "commit", commit)
    head, blank, message = content.partition(b"\n\n")
    header = SIGNATURE.search(head + b"\n")
    if header is None:
        return "unsigned"
    signature = header[1].replace(b"\n ", b"\n")
    if not signature.startswith(b"-----BEGIN SSH SIGNATURE"):
        return "signed, but not by an SSH key; git verify-commit tells more"
    signed = SIGNATURE.sub(b"", head + b"\n").removesuffix(b"\n") + blank + message
    with tempfile.TemporaryDirectory(prefix="apod-signature-") as folder:
        path = Path(folder, "signature")
        path.write_bytes(signature)
        done = _keygen("-Y", "check-novalidate", "-n", "git", "-s", os.fspath(path), content=signed)
    fingerprint = FINGERPRINT.search(done.stdout.decode(errors="replace"))
    if done.returncode or fingerprint is None:
        return "wrong: the signature is not of this commit"
    return f"signed by {fingerprint[0]}"
