"""A program: `dvc add` and `dvc push` in one process of an interpreter that has DVC.

    echo '{"clone": PATH, "remote": NAME, "config": TEXT, "targets": [PATH, ...], "folder_size": BYTES,
        "damaged": [NAME, ...]}' | python push.py

It is a script, so that DVC may live in another environment than Airflow, and so that nothing it leaks reaches the task.
It imports nothing of ours, and stands in a folder with nothing else: a module beside it would shadow a top-level
package of the same name for everything that DVC imports.

The request comes by standard input, so that DVC is imported while the caller still prepares it; without a request the
program does nothing. `config` becomes `.dvc/config`, and the `.dvc` files name the remote: the repository's default one
may be somebody else's. Objects in `damaged` are overwritten in the remote
first, since DVC would take them as present; nothing is ever deleted there.

Exit status 0 means that DVC says it has pushed everything; the caller looks. Otherwise it is 1, with one line on
standard error that begins `remote:` (it did not work, and a retry may help), `refused:` (DVC or the remote will not do
it) or `config:` (no remote is named, or its client is not there).
"""

import json
import os
import sys
import time
from pathlib import Path

import dvc.scm  # noqa: F401  # this and the next DVC would import later, when the caller waits for it
import networkx as nx  # noqa: F401
from dvc.config import NoRemoteError, RemoteNotFoundError
from dvc.exceptions import DvcException, FileTransferError
from dvc.fs import RemoteMissingDepsError
from dvc.repo import Repo

STALE_SECONDS = 60  # a temporary file this old belongs to a push that was killed
# By name, since the clients of object stores need not be here, and their errors are no OSErrors.
NO_CREDENTIALS = {
    "ClientAuthenticationError",
    "DefaultCredentialsError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
}


def has_rules(folder):
    """Whether a folder has a `.dvcignore` with a rule; the one that DVC makes has remarks only."""
    file = folder / ".dvcignore"
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return any(line.strip() and not line.startswith("#") for line in lines)


def rule_against(repo, targets):
    """The first rule of a `.dvcignore` against one of some files or folders, in words; DVC leaves such files out."""
    root = Path(repo.root_dir)
    if not any(map(has_rules, {parent for target in targets for parent in Path(target).parents})):
        return ""  # DVC looks for the rules of each file
    paths = {path for target in map(Path, targets) for path in (target, *target.rglob("*"))}
    paths |= {parent for path in paths for parent in path.parents if root in parent.parents}
    for path in sorted(paths):
        result = repo.dvcignore.check_ignore(str(path))
        if result.match:
            source, line, pattern = result.pattern_infos[-1].file_info.split(":", 2)
            return f"{path.relative_to(root)} is ignored by {pattern!r} in line {line} of {source}"
    return ""


def replace_damaged(repo, odb, name):
    """Writes an object over a damaged one, and removes the temporary files that a killed push left beside it."""
    path = odb.oid_to_path(name)
    odb.fs.put_file(repo.cache.local.oid_to_path(name), path)
    sys.audit("apod.dvc.replaced")
    if odb.fs.protocol == "local":  # object stores show whole uploads only
        for temporary in Path(path).parent.glob(".*.tmp"):
            if time.time() - temporary.stat().st_mtime > STALE_SECONDS:
                temporary.unlink()


def config_of(clone):
    """What of DVC's configuration is ours in a clone that is thrown away, whatever the repository's says."""
    return {
        "cache": {"dir": str(Path(clone, ".dvc", "cache")), "type": ["hardlink", "copy"]},  # one copy less
        "core": {"autostage": False},
    }


def add(repo, targets, remote, folder_size):
    """`dvc add`, and the name of the remote in the `.dvc` files; returns their stages, each once."""
    stages = {stage.path: stage for stage in repo.add(targets)}.values()
    for stage in stages:
        for out in stage.outs:
            out.remote, out.can_push = remote, True
            if out.is_dir_checksum:
                out.meta.size = folder_size  # DVC loses it where a file of the folder is replaced
        stage.dump()
    sys.audit("apod.dvc.added")
    return stages


def push(repo, odb, stages):
    """`dvc push` of what some stages hold.

    Not `repo.push`, which makes an index of the whole repository first; that is a third of the time of all of this.
    """
    result = repo.cloud.push([out.hash_info for stage in stages for out in stage.outs], odb=odb)
    if result.failed:
        raise FileTransferError(len(result.failed))


def add_and_push(clone, remote, targets, folder_size, damaged):
    """Adds and pushes; returns what is wrong, or an empty text."""
    with Repo(clone, config=config_of(clone)) as repo:
        if rule := rule_against(repo, targets):
            return f"refused: {rule}"
        stages = add(repo, targets, remote, folder_size)
        odb = repo.cloud.get_remote_odb(remote)
        for name in damaged:
            replace_damaged(repo, odb, name)
        push(repo, odb, stages)
        sys.audit("apod.dvc.pushed")
    return ""


def work(clone, remote, config, targets, folder_size, damaged):
    """Does the whole request; returns what is wrong, or an empty text."""
    try:
        if not Path(clone, ".dvc").is_dir():
            Repo.init(clone).close()
        Path(clone, ".dvc", "config").write_text(config, encoding="utf-8")
        return add_and_push(clone, remote, targets, folder_size, damaged)
    except (NoRemoteError, RemoteNotFoundError, RemoteMissingDepsError) as error:
        return f"config: {error}"
    except FileTransferError as error:
        return f"remote: {type(error).__name__}: {error}"
    except (DvcException, PermissionError) as error:
        return f"refused: {type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001  # the clients of object stores have errors of their own
        kind = type(error).__name__
        return f"{'refused' if kind in NO_CREDENTIALS else 'remote'}: {kind}: {error}"


if __name__ == "__main__":
    request = sys.stdin.readline()
    problem = " ".join(work(**json.loads(request)).split()) if request else ""
    sys.stderr.write(problem)
    sys.stderr.flush()
    os._exit(1 if problem else 0)  # the caller waits, and taking down all of DVC takes a fifth of a second
