"""A program: `dvc pull` of some pointers, then a comparison of each pulled file with its digest.

    echo '{"clone": PATH, "remote": {"name": NAME, "url": URL}, "targets": [PATH, ...]}' | python pull.py

The address of `remote` replaces that in `.dvc/config`; null keeps that one. See push.py for why this is a script, and
for its exit status and messages.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

from dvc.config import NoRemoteError, RemoteNotFoundError
from dvc.exceptions import CheckoutError
from dvc.fs import RemoteMissingDepsError
from dvc.repo import Repo


def md5(content):
    """The md5 of some bytes, 32 hex digits."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def changed_files(out):
    """The pulled files whose bytes are not what their pointer says."""
    oid = out.hash_info.value
    if not oid.endswith(".dir"):
        return [] if md5(Path(out.fs_path).read_bytes()) == oid else [out.fs_path]
    listing = Path(out.cache.oid_to_path(oid)).read_bytes()
    if md5(listing) != oid.removesuffix(".dir"):
        return ["the list of files"]
    return [
        entry["relpath"]
        for entry in json.loads(listing)
        if md5(Path(out.fs_path, entry["relpath"]).read_bytes()) != entry["md5"]
    ]


def work(clone, remote, targets):
    """Pulls and compares; returns what is wrong, or an empty text."""
    paths = [str(Path(clone, target)) for target in targets]
    config = {"cache": {"dir": str(Path(clone, ".dvc", "cache"))}}
    if remote:  # the default one, too: older `.dvc` files name none
        config |= {"core": {"remote": remote["name"]}, "remote": {remote["name"]: {"url": remote["url"]}}}
    try:
        with Repo(clone, config=config) as repo:
            repo.pull(paths)
            outs = [out for path in paths for out in repo.find_outs_by_path(path.removesuffix(".dvc"))]
            changed = [name for out in outs for name in changed_files(out)]
    except (NoRemoteError, RemoteNotFoundError, RemoteMissingDepsError) as error:
        return f"config: {error}"
    except (CheckoutError, FileNotFoundError) as error:
        return f"missing: {error}"
    except Exception as error:  # noqa: BLE001  # the clients of object stores have errors of their own
        return f"remote: {type(error).__name__}: {error}"
    return f"missing: {len(changed)} files came back changed, {changed[0]} for one" if changed else ""


if __name__ == "__main__":
    request = sys.stdin.readline()
    problem = " ".join(work(**json.loads(request)).split()) if request else ""
    sys.stderr.write(problem)
    sys.stderr.flush()
    os._exit(1 if problem else 0)  # as push.py does
