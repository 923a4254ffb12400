"""A program: `dvc add`, `dvc push` and reading back, in one process of an interpreter that has DVC.

    echo '{"clone": PATH, "remote": URL, "targets": [PATH, ...], "damaged": [NAME, ...]}' | python push.py

It is a script, so that DVC may live in another environment than Airflow, and so that nothing it leaks reaches the task.
It imports nothing of ours, and stands in a folder with nothing else: a module beside it would shadow a top-level
package of the same name for everything that DVC imports.

The request comes by standard input, so that DVC is imported while the caller still prepares it; without a request the
program does nothing. `remote` is written to `.dvc/config` where another one stands; null keeps that one. Objects in
`damaged` are deleted from the remote first, since DVC would take them as present.

`dvc push` exits 0 even if it pushed nothing. So the remote is asked for every object afterwards, and each target is
read back from it and hashed. Exit status 0 means that the remote holds everything. Otherwise it is 1, with one line on
standard error that begins `missing:` (the push worked, but bytes are not there), `remote:` (it did not work) or
`config:` (no remote is named).
"""

import hashlib
import json
import sys
import time
from pathlib import Path

from dvc.config import NoRemoteError, RemoteNotFoundError
from dvc.exceptions import DvcException
from dvc.repo import Repo

STALE_SECONDS = 60  # a temporary file this old belongs to a push that was killed


def read_object(remote, oid):
    """The bytes of an object in the remote."""
    with remote.fs.open(remote.oid_to_path(oid), "rb") as file:
        return file.read()


def problem_with(remote, oid):
    """What is wrong with a pushed file or folder in the remote, or an empty text."""
    try:
        content = read_object(remote, oid)
    except FileNotFoundError:
        return f"{oid} is not in the remote"
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 != oid.removesuffix(".dir"):
        return f"{oid} reads back as {md5}"
    members = {entry["md5"] for entry in json.loads(content)} if oid.endswith(".dir") else set()
    if absent := members - set(remote.oids_exist(sorted(members))):
        return f"{len(absent)} of the {len(members)} files of {oid} are not in the remote"
    return ""


def delete_damaged(files, path):
    """Deletes a damaged object, and the temporary files that a killed push left beside it."""
    if files.exists(path):
        files.remove(path)
        sys.audit("apod.dvc.removed")
    if files.protocol == "local":  # object stores show whole uploads only
        for temporary in Path(path).parent.glob(".*.tmp"):
            if time.time() - temporary.stat().st_mtime > STALE_SECONDS:
                temporary.unlink()


def set_remote(repo, url):
    """Writes the remote to `.dvc/config`: without it, nobody could pull what a pointer names."""
    core = repo.config.get("core", {}).get("remote")
    if url and (core != "apod" or repo.config["remote"].get("apod", {}).get("url") != url):
        with repo.config.edit("repo") as config:
            config.setdefault("remote", {})["apod"] = {"url": url}
            config["core"]["remote"] = "apod"
        repo.config.load()


def work(clone, remote, targets, damaged):
    """Adds, pushes and reads back; returns what is wrong, or an empty text."""
    if not Path(clone, ".dvc").is_dir():
        Repo.init(clone).close()
    try:
        with Repo(clone, config={"cache": {"type": ["hardlink", "copy"]}}) as repo:  # one copy less
            set_remote(repo, remote)
            stages = repo.add(targets)
            sys.audit("apod.dvc.added")
            odb = repo.cloud.get_remote_odb()
            for path in map(odb.oid_to_path, damaged):
                delete_damaged(odb.fs, path)
            repo.push([stage.addressing for stage in stages])
            sys.audit("apod.dvc.pushed")
            problems = [text for stage in stages if (text := problem_with(odb, stage.outs[0].hash_info.value))]
            sys.audit("apod.dvc.verified")
    except (NoRemoteError, RemoteNotFoundError) as error:
        return f"config: {error}"
    except (DvcException, OSError) as error:
        return f"remote: {type(error).__name__}: {error}"
    return f"missing: {'; '.join(problems)}" if problems else ""


if __name__ == "__main__" and (request := sys.stdin.readline()):
    sys.exit(" ".join(work(**json.loads(request)).split()) or 0)
