"""A stranger's view of the repository."""

import os
import sys
from datetime import date

import pytest

from include.apod.adapters.commits import checkout_version
from include.apod.adapters.git import Repository
from include.apod.history.reproduce import DIRTY
from include.apod.version.release_note import Stamp
from tests.helpers.project import PROJECT, run

CODE = checkout_version(PROJECT).removesuffix(DIRTY)
needs_code = pytest.mark.skipif(
    CODE == "unknown", reason="the project is no git checkout, so it has no commit to go to"
)
STAMP = Stamp("manual__1", "0123abc", date(2026, 10, 1))
DVC = [sys.executable, "-m", "dvc"]


def opened(url):
    """The repository as the pipeline opens it."""
    return Repository(url, "main", "APOD pipeline <apod@localhost>")


def log(bare, pretty):
    """The newest commit of `main` in one of git's formats."""
    return run("git", "log", "-1", f"--format={pretty}", "main", cwd=bare)


def dvc_environment(folder):
    """The environment of somebody who has never used DVC; `folder` takes a home of his own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "XDG_"))}
    home = f"{folder / 'empty home'}"
    return {**inherited, "HOME": home, "DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": f"{home}/site"}
