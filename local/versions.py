"""The versions that a repository holds, read from its commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from local.repository import BRANCH, git

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "%cI%x1f%H%x1f%(trailers:key=CSV-MD5,valueonly,separator=)%x1f%(trailers:key=Rows,valueonly,separator=)%x1f%s"


class Version(NamedTuple):
    """One committed version: when, which commit, the CSV's md5 and rows, and the subject line."""

    time: str
    commit: str
    md5: str
    rows: str
    subject: str


def read_versions(repository: Path) -> list[Version]:
    """The versions of the branch, newest first."""
    pointer = "data/apod_data.csv.dvc"
    log = git("log", f"--format={FORMAT}", BRANCH, "--", pointer, "data/raw.dvc", cwd=repository)
    return [Version(*line.split("\x1f")) for line in log.splitlines()]
