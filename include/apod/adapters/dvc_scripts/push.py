"""A program of its own: `dvc add`, `dvc push` and reading back, in one process of an interpreter that has DVC.

    echo '{"clone": PATH, "remote": URL, "targets": [PATH, ...], "damaged": [NAME, ...]}' | python dvc_push.py

The request comes by stdin, so that DVC can be imported while the clone is made; without one it does nothing.
`remote` is written to `.dvc/config` where another stands; null keeps the one that stands there. Objects that are
`damaged` are removed from the remote first: DVC would believe that it has them.

Run as a script, so that DVC may live in another environment than Airflow, and so that nothing it leaks or
kills reaches the task; it imports nothing of ours. `dvc push` exits 0 even when it pushed nothing: hence the
remote is asked for every object afterwards, and each target is read back from it and hashed.

Exits 0 when the remote holds everything. Otherwise 1, with one line on stderr that begins `missing:` (the push
worked but the bytes are not there), `remote:` (it did not work) or `config:` (no remote is named).
"""

import hashlib
import json
import sys
import time
from pathlib import Path

from dvc.config import NoRemoteError, RemoteNotFoundError
from dvc.exceptions import DvcException
from dvc.repo import Repo

STALE_SECONDS = 60  # a file of an archive is written in one


def read_back(remote, oid):
    """The bytes of an object, as the remote has them."""
    with remote.fs.open(remote.oid_to_path(oid), "rb") as file:
        return file.read()


def lost(remote, oid):
    """What is wrong with a pushed file or folder in the remote, or nothing."""
    try:
        content = read_back(remote, oid)
    except FileNotFoundError:
        return f"{oid} is not in the remote"
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != oid.removesuffix(".dir"):
        return f"{oid} reads back as {found}"
    members = {entry["md5"] for entry in json.loads(content)} if oid.endswith(".dir") else set()
    if absent := members - set(remote.oids_exist(sorted(members))):
        return f"{len(absent)} of the {len(members)} files of {oid} are not in the remote"
    return ""


def clear(files, path):
    """Makes room for an object: a damaged one goes, and what a killed push left beside it under a temporary name."""
    if files.exists(path):
        files.remove(path)
        sys.audit("apod.dvc.removed")
    if files.protocol == "local":  # object stores show whole uploads only
        for left in Path(path).parent.glob(".*.tmp"):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink()


def set_remote(repo, url):
    """Names the remote in `.dvc/config`: a pointer is worth nothing without the place of its bytes."""
    core = repo.config.get("core", {}).get("remote")
    if url and (core != "apod" or repo.config["remote"].get("apod", {}).get("url") != url):
        with repo.config.edit("repo") as config:
            config.setdefault("remote", {})["apod"] = {"url": url}
            config["core"]["remote"] = "apod"
        repo.config.load()


def work(clone, remote, targets, damaged):
    """Adds, pushes and reads back; returns what is wrong, or nothing."""
    if not Path(clone, ".dvc").is_dir():
        Repo.init(clone).close()
    try:
        with Repo(clone, config={"cache": {"type": ["hardlink", "copy"]}}) as repo:  # one copy less
            set_remote(repo, remote)
            stages = repo.add(targets)
            sys.audit("apod.dvc.added")
            odb = repo.cloud.get_remote_odb()
            for path in map(odb.oid_to_path, damaged):
                clear(odb.fs, path)
            repo.push([stage.addressing for stage in stages])
            sys.audit("apod.dvc.pushed")
            wrong = [problem for stage in stages if (problem := lost(odb, stage.outs[0].hash_info.value))]
            sys.audit("apod.dvc.verified")
    except (NoRemoteError, RemoteNotFoundError) as error:
        return f"config: {error}"
    except (DvcException, OSError) as error:
        return f"remote: {type(error).__name__}: {error}"
    return f"missing: {'; '.join(wrong)}" if wrong else ""


if __name__ == "__main__" and (request := sys.stdin.readline()):
    sys.exit(" ".join(work(**json.loads(request)).split()) or 0)
