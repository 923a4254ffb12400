"""A program of its own: `dvc pull` of one target, and a look at each file that came, in an interpreter that has DVC.

    echo '{"clone": PATH, "remote": URL, "target": PATH}' | python dvc_pull.py

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


def changed(folder):
    """The files of a pulled folder that are not what its version says."""
    oid = folder.hash_info.value
    listing = Path(folder.cache.oid_to_path(oid)).read_bytes()
    if md5(listing) != oid.removesuffix(".dir"):
        return ["the list of files"]
    return [
        entry["relpath"]
        for entry in json.loads(listing)
        if md5(Path(folder.fs_path, entry["relpath"]).read_bytes()) != entry["md5"]
    ]


def work(clone, remote, target):
    """Pulls and compares; returns what is wrong, or nothing."""
    named = {"core": {"remote": "apod"}, "remote": {"apod": {"url": remote}}} if remote else {}
    try:
        with Repo(clone, config=named) as repo:
            repo.pull(str(Path(clone, target)))
            out = repo.find_outs_by_path(str(Path(clone, target.removesuffix(".dvc"))))[0]
            wrong = changed(out)
    except (NoRemoteError, RemoteNotFoundError) as error:
        return f"config: {error}"
    except (CheckoutError, FileNotFoundError) as error:
        return f"missing: {error}"
    except (DvcException, OSError) as error:
        return f"remote: {type(error).__name__}: {error}"
    return f"missing: {len(wrong)} files came back changed, {wrong[0]} for one" if wrong else ""


if __name__ == "__main__" and (request := sys.stdin.readline()):
    sys.exit(" ".join(work(**json.loads(request)).split()) or 0)
