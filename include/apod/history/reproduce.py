"""Reproduces the CSV of a version: from the version's own raw store, with the version's own code."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.files import md5_of
from include.apod.errors import Unavailable
from include.apod.history.versions import Version, fetch_csv, fetch_raw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from include.apod.adapters.git import Clone

DIRTY = "-dirty"


@dataclass(frozen=True)
class Workshop:
    """Where versions are reproduced.

    Attributes:
        folder: for its files; the caller removes it.
        repositories: clones in which the code of a version may be found.
    """

    folder: Path
    repositories: Sequence[Clone]

    def code(self, commit: str) -> Path:
        """The files of the code of a commit.

        Raises:
            Unavailable: no repository has it, or it is older than `rebuild`.
        """
        plain = commit.removesuffix(DIRTY)
        folder = self.folder / "code" / plain
        for work in self.repositories:
            if not folder.exists() and not work.attempt("cat-file", "-e", f"{plain}^{{commit}}").returncode:
                # an archive leaves nothing in a developer's own .git, as a work tree would
                with tarfile.open(fileobj=io.BytesIO(work.git_bytes("archive", "--format=tar", plain))) as files:
                    files.extractall(folder, filter="data")
        if not folder.exists():
            raise Unavailable(f"its code, {commit}, is in no repository here")
        if not (folder / "include" / "apod" / "rebuild.py").exists():
            raise Unavailable(f"its code, {commit[:12]}, is older than the command that makes a CSV again")
        return folder

    def reproduce(self, version: Version, target: Path) -> None:
        """Writes the reproduced CSV of a version to `target`.

        Raises:
            Unavailable: its raw store or its code is missing, or the result is not the version's CSV.
        """
        raw = self.folder / "raw" / version.raw
        fetch_raw(version, raw)
        environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
        result = subprocess.run(
            [sys.executable, "-m", "include.apod.rebuild", str(raw), str(target)],
            cwd=self.code(version.facts.get("code_commit", "unknown")),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise Unavailable(f"its code failed: {(result.stderr.strip().splitlines() or ['no message'])[-1]}")
        if (md5 := md5_of(target)) != version.csv:
            raise Unavailable(f"reproduced it has md5 {md5}, not {version.csv}")

    def obtain(self, version: Version, target: Path) -> str:
        """Writes the CSV of a version to `target`, proven by its md5; returns where it comes from.

        Raises:
            Unavailable: it is not in the remote and cannot be reproduced.
        """
        if fetch_csv(version, target):
            return "pulled"
        try:
            self.reproduce(version, target)
        except Unavailable as error:
            raise Unavailable(
                f"The CSV of version {version.commit[:12]} is not in {version.remote.url}, and {error}."
            ) from error
        return "made again from its raw store"
