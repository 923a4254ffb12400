"""A program of its own: `dvc pull` of some pointers, and a look at each file that came, in an interpreter that has DVC.

    echo '{"clone": PATH, "remote": URL, "targets": [PATH, ...]}' | python dvc_pull.py

`remote` stands in for the one in `.dvc/config`; null keeps that. See dvc_push.py for why this is a script and how
it ends: 0, or 1 with one line on stderr that begins `missing:`, `remote:` or `config:`.
"""

import hashlib
import json
import sys
from pathlib import Path

from dvc.config import NoRemoteError, RemoteNotFoundError
from dvc.exceptions import CheckoutError, DvcException
from dvc.repo import Repo


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def changed(out):
    """The files that were pulled and are not what their version says."""
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
    """Pulls and compares; returns what is wrong, or nothing."""
    paths = [str(Path(clone, target)) for target in targets]
    named = {"core": {"remote": "apod"}, "remote": {"apod": {"url": remote}}} if remote else {}
    try:
        with Repo(clone, config=named) as repo:
            repo.pull(paths)
            outs = [out for path in paths for out in repo.find_outs_by_path(path.removesuffix(".dvc"))]
            wrong = [name for out in outs for name in changed(out)]
    except (NoRemoteError, RemoteNotFoundError) as error:
        return f"config: {error}"
    except (CheckoutError, FileNotFoundError) as error:
        return f"missing: {error}"
    except (DvcException, OSError) as error:
        return f"remote: {type(error).__name__}: {error}"
    return f"missing: {len(wrong)} files came back changed, {wrong[0]} for one" if wrong else ""


if __name__ == "__main__" and (request := sys.stdin.readline()):
    sys.exit(" ".join(work(**json.loads(request)).split()) or 0)
