"""Kills at a named point. On PYTHONPATH it comes into every Python process; the file in APOD_CHAOS says which and whom.

The code under test only names its points, by `sys.audit`, which costs nothing where nobody listens.
"""

import json
import os
import signal
import sys
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

ARMED = os.environ.get("APOD_CHAOS", "")
OBJECT = "/files/md5/"  # in the path of whatever DVC renames into a remote


def name_of(event, args):
    """`apod.file.renamed manifest.json`; a rename into the DVC remote has no name of ours."""
    if event == "os.rename":
        return "dvc.object" if OBJECT in str(args[1]) and "/.dvc/" not in str(args[1]) else ""
    if not event.startswith("apod."):
        return ""
    return " ".join([event.removeprefix("apod."), *(Path(arg).name for arg in args)])


def read_armed():
    """What is armed; None where nothing is, or not yet."""
    try:
        return json.loads(Path(ARMED).read_text())
    except (FileNotFoundError, ValueError):
        return None


def strike(event, args):
    """Kills whom the armed file names, once, when this is its point and was passed often enough."""
    name = name_of(event, args)
    armed = read_armed() if name else None
    if not armed or not fnmatchcase(name, armed["point"]):
        return
    if armed["skip"]:
        Path(ARMED).write_text(json.dumps({**armed, "skip": armed["skip"] - 1}))
        return
    Path(ARMED).unlink()
    for pid in armed["kill"] or [os.getpid()]:
        with suppress(ProcessLookupError):  # a server's processes may end with it
            os.kill(os.getppid() if pid == "parent" else pid, signal.SIGKILL)
    if "parent" in armed["kill"]:
        os.kill(os.getpid(), signal.SIGKILL)


if ARMED:
    sys.addaudithook(strike)
