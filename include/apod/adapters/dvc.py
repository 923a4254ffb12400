"""DVC, in a process of an interpreter that has it; `dvc_scripts` holds the programs that run there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from include.apod.adapters.dvc_config import stored_in, with_address
from include.apod.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from include.apod.adapters.dvc_config import Location

TIMEOUT_SECONDS = 1800
SCRIPTS = Path(__file__).with_name("dvc_scripts")


@dataclass(frozen=True)
class Remote:
    """A DVC remote, and how to run DVC.

    Attributes:
        url: of the remote; None for that of the repository's `.dvc/config`.
        python: an interpreter that has DVC.
    """

    url: str | None
    python: str


class Dvc:
    """A process that has imported DVC and does one `push` or `pull`.

    Importing DVC takes half a second. Start the process early and do other work meanwhile; without a request it ends by
    itself. Use it as a context manager, which waits for its end.

        with Dvc(remote, folder, "push") as dvc:
            dvc.push(clone, remote, targets, folder_size)
            ...
            dvc.wait()
    """

    def __init__(self, remote: Remote, folder: Path, script: Literal["push", "pull"]) -> None:
        """Starts the process; `folder` is where it works and keeps DVC's site cache.

        Raises:
            Misconfigured: there is no such interpreter.
        """
        if not shutil.which(remote.python):
            raise Misconfigured(f"APOD_DVC_PYTHON={remote.python!r} is no program; name a Python that has DVC.")
        self._remote = remote
        self._process = subprocess.Popen(
            [remote.python, str(SCRIPTS / f"{script}.py")],
            cwd=folder,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("DVC_")},
                "DVC_NO_ANALYTICS": "1",
                "PYTHONUTF8": "1",
                "DVC_SITE_CACHE_DIR": str(folder / "site"),
                # what is configured outside of the repository, nobody else would pull by
                "DVC_GLOBAL_CONFIG_DIR": str(folder / "none"),
                "DVC_SYSTEM_CONFIG_DIR": str(folder / "none"),
                # DVC reads git's configuration by itself, and refuses what a user's own list of ignored files has
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._process.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.__exit__(None, None, None)

    def push(
        self, clone: Path, remote: Location, targets: Sequence[Path], folder_size: int, damaged: Sequence[str] = ()
    ) -> None:
        """Begins `dvc add` and `dvc push` of files or folders of a clone.

        Their `.dvc` files name the remote, and `.dvc/config` gets its address. A file of a folder that DVC tracks is
        added to what it has of that, whose other files need not be there; in all they have `folder_size` bytes. Objects
        of the remote named in `damaged` are overwritten first, since DVC takes them as present.
        """
        file = clone / ".dvc" / "config"
        config = file.read_text() if file.exists() else None
        if stored_in(config, remote.name) != remote:
            config = with_address(config, remote)
        paths = [f"{target}" for target in targets]
        request = {"targets": paths, "folder_size": folder_size, "damaged": [*damaged]}
        self._send(clone, remote=remote.name, config=config or "", **request)

    def pull(self, clone: Path, pointers: Sequence[str], remote: Location | None = None) -> None:
        """`dvc pull` of some `.dvc` files of a clone; each file is compared with the digest in its pointer.

        With `remote`, what that one of the clone's remotes has in `.dvc/config` as its address is replaced.

        Raises:
            Misconfigured: no remote is named, or the interpreter has no DVC.
            Unavailable: the remote does not answer, or lacks the bytes.
        """
        place = {"name": remote.name, "url": remote.url} if remote else None
        self._send(clone, remote=place, targets=[*pointers])
        if problem := self._problem():
            raise Unavailable(problem)

    def wait(self) -> None:
        """Waits until a push is done.

        Raises:
            Misconfigured: no remote is named, or the interpreter has no DVC.
            Unavailable: the remote did not take the bytes.
        """
        if problem := self._problem():
            raise Unavailable(f"The bytes are not safe in the DVC remote, so nothing was committed: {problem}")

    def _send(self, clone: Path, **request: object) -> None:
        """Writes the request to the process' standard input."""
        stdin = self._process.stdin
        with suppress(BrokenPipeError):  # the process is dead already; `_problem` reports why
            if stdin:
                stdin.write(f"{json.dumps({'clone': str(clone), **request})}\n")
                stdin.flush()

    def _problem(self) -> str:
        """Waits for the process; returns what went wrong, or an empty text."""
        try:
            _, stderr = self._process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            self._process.kill()
            raise Unavailable(f"DVC was not done after {TIMEOUT_SECONDS} s; nothing was changed.") from error
        if not self._process.returncode:
            return ""
        problem = (stderr.strip().splitlines() or ["no message"])[-1]
        if problem.startswith(("config:", "ModuleNotFoundError")):
            raise Misconfigured(f"DVC: {problem}. Set APOD_DVC_REMOTE, and APOD_DVC_PYTHON to a Python that has DVC.")
        if problem.startswith("refused:"):
            raise Misconfigured(f"DVC refused: {problem.partition(':')[2].strip()}. Nothing was committed.")
        return problem
