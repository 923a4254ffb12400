"""A bare git repository that plays GitHub, made from this checkout."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from include.apod.adapters.git_command import git_environment, run_git
from local.stack.errors import StackError
from local.stack.layout import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "main"


def git(*args: str, cwd: Path) -> str:
    """Runs one git command and returns its output.

    Raises:
        StackError: it failed; with git's own message.
    """
    result = run_git(args, cwd, git_environment())
    if result.returncode:
        raise StackError(f"git {args[0]} failed in {cwd}: {result.stderr.decode(errors='replace').strip()}")
    return result.stdout.decode(errors="replace").strip()


def seed(bare: Path) -> None:
    """Makes the bare repository from this checkout's HEAD, whole or not at all; leaves one that exists alone."""
    if bare.exists():
        return
    if not (PROJECT / ".git").exists():
        raise StackError(
            f"{PROJECT} is no git checkout, so there is nothing to link the data to; git clone the project."
        )
    unfinished = bare.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    git(
        "init", "--quiet", "--template=", "--bare", f"--initial-branch={BRANCH}", str(unfinished), cwd=unfinished.parent
    )
    git("config", "receive.shallowUpdate", "true", cwd=unfinished)  # the checkout may be a shallow clone
    git("push", "--quiet", str(unfinished), f"HEAD:refs/heads/{BRANCH}", cwd=PROJECT)
    unfinished.rename(bare)
