"""Signed versions: real keys, real git."""

import json
import subprocess
from dataclasses import replace

import pytest

from include.apod.adapters.git import Clone, clone_history
from include.apod.adapters.signatures import signature_of
from include.apod.airflow.connections import open_repository
from include.apod.errors import Misconfigured
from include.apod.settings import read_settings
from include.apod.version.version import version
from tests.helpers.project import run
from tests.helpers.repository import STAMP


def new_key(path, passphrase=""):
    """A private key; returns its text and its fingerprint."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "a comment", "-f", path, cwd=path.parent)
    return path.read_text(), run("ssh-keygen", "-l", "-f", path, cwd=path.parent).split()[1]


def write_commit(bare, content):
    """A commit with just these bytes; returns its id."""
    command = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
    done = subprocess.run(command, cwd=bare, input=content, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def opened(deployment, bare):
    """The repository as a task opens it, with some extra in connection `apod_git`."""

    def opening(**extra):
        connection = {"conn_type": "git", "host": bare.as_uri(), "extra": json.dumps(extra)}
        deployment.set(AIRFLOW_CONN_APOD_GIT=connection)
        return open_repository(read_settings())

    return opening


@pytest.mark.parametrize("as_text", [True, False])
def test_a_version_is_signed_and_git_itself_says_so(opened, remote, loaded, database, bare, tmp_path, as_text):
    """As GitHub checks it: by the public key. The private one stands nowhere afterwards."""
    text, fingerprint = new_key(tmp_path / "key")
    extra = {"signing_private_key": text} if as_text else {"signing_key_file": f"{tmp_path / 'key'}"}
    with opened(**extra) as repository:
        made = version(repository, remote, loaded, database, STAMP)
        used = repository.signing_key
    (tmp_path / "signers").write_text(f"apod@localhost {(tmp_path / 'key.pub').read_text()}")
    signers = ("-c", f"gpg.ssh.allowedSignersFile={tmp_path / 'signers'}")
    judged = subprocess.run(
        ["git", *signers, "verify-commit", "main"], cwd=bare, capture_output=True, text=True, check=False
    )
    clone = clone_history(repository, tmp_path / "clone")

    assert made.changed
    assert (0, True) == (judged.returncode, "Good" in judged.stderr)
    assert f"signed by {fingerprint}" == signature_of(clone, made.facts["commit"])
    assert not (tmp_path / used).exists()
    assert text.splitlines()[1] not in f"{repository}"


def test_without_a_key_nothing_is_signed(commit, repository, tmp_path):
    """As before."""
    made = commit()

    assert "unsigned" == signature_of(clone_history(repository, tmp_path / "clone"), made.facts["commit"])


def test_a_signature_of_another_commit_is_wrong(opened, remote, loaded, database, bare, tmp_path):
    """Somebody has written another message below it."""
    text, _ = new_key(tmp_path / "key")
    with opened(signing_private_key=text) as repository:
        version(repository, remote, loaded, database, STAMP)
    content = subprocess.run(["git", "cat-file", "commit", "main"], cwd=bare, capture_output=True, check=True).stdout
    forged = write_commit(bare, content.replace(b"data: ", b"data! ", 1))
    pgp = write_commit(bare, content.replace(b"BEGIN SSH", b"BEGIN PGP", 1))
    work = Clone(bare, replace(repository, signing_key=""))

    assert "wrong: the signature is not of this commit" == signature_of(work, forged)
    assert "not by an SSH key" in signature_of(work, pgp)


@pytest.mark.parametrize("kind", ["a passphrase", "a public key", "no key", "no file"])
def test_a_key_that_cannot_sign_is_named_before_anything_is_done(opened, tmp_path, kind):
    """And not shown."""
    text, _ = new_key(tmp_path / "key", "secret words" if kind == "a passphrase" else "")
    extra = {
        "a passphrase": {"signing_private_key": text},
        "a public key": {"signing_key_file": f"{tmp_path / 'key.pub'}"},
        "no key": {"signing_private_key": "not\na key"},
        "no file": {"signing_key_file": f"{tmp_path / 'nowhere'}"},
    }[kind]
    with pytest.raises(Misconfigured, match="The signing key of connection apod_git") as refused, opened(**extra):
        pass

    assert not any(line in f"{refused.value}" for line in text.splitlines()[1:3])
