"""How a worker of the cluster is started: as a user of its own, or in a container of an image."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from local.stack.errors import StackError
from local.stack.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE_HOME = "/usr/local/airflow"


def environment(stack: Mapping[str, str], home: str) -> dict[str, str]:
    """A worker's environment: that of the stack, without access to Airflow's own database."""
    variables = {key: value for key, value in stack.items() if "SQL_ALCHEMY" not in key and "PASSWORDS" not in key}
    paths = {"AIRFLOW_HOME": home, "PYTHONPATH": home, "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags"}
    return {**variables, **paths, "AIRFLOW__LOGGING__BASE_LOG_FOLDER": f"{home}/logs"}


def as_user(name: str, number: int, home: Path) -> list[str]:
    """Makes a worker's folder; returns the prefix that runs a command as its user, on a host of its own name.

    Raises:
        StackError: other users cannot run this Python.
    """
    for part in ("dags", "include"):
        shutil.copytree(PROJECT / part, home / part, dirs_exist_ok=True)
    (home / "tmp").mkdir(exist_ok=True)
    home.chmod(0o700)
    if os.geteuid():
        typer.echo("not root: both workers are your user, and only their folders are apart")
        return []
    for path in [home, *home.rglob("*")]:
        os.chown(path, number, number)
    become = f"setpriv --reuid={number} --regid={number} --clear-groups"
    if subprocess.run([*become.split(), sys.executable, "-c", ""], capture_output=True, check=False).returncode:
        raise StackError(
            f"Other users cannot run {sys.executable}. Clone the project to a folder that all may enter, and set "
            "APOD_PYTHON to a Python that all may run."
        )
    return ["unshare", "--uts", "sh", "-c", f'hostname {name} && exec {become} "$@"', "worker"]


def has_docker() -> bool:
    """Whether a Docker engine answers."""
    if not shutil.which("docker"):
        return False
    return not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode


def in_docker(name: str, image: str, variables: Mapping[str, str]) -> list[str]:
    """The prefix that runs a command in a Docker container. Values are inherited: anybody can read arguments."""
    names = [word for key in variables for word in ("--env", key)]
    return ["docker", "run", "--rm", "--network=host", f"--hostname={name}", *names, "--entrypoint=", image]


def buildah_container(image: str, variables: Mapping[str, str]) -> str:
    """Makes a container with buildah, with the variables in a file of its own; returns its name."""
    result = subprocess.run(["buildah", "from", "--pull=never", image], capture_output=True, text=True, check=True)
    container = result.stdout.strip()
    root = subprocess.run(["buildah", "mount", container], capture_output=True, text=True, check=True).stdout.strip()
    home = Path(f"{root}{IMAGE_HOME}")
    file = home / ".worker-environment"
    file.touch(mode=0o600)
    file.write_text("".join(f"{key}={shlex.quote(value)}\n" for key, value in variables.items()))
    os.chown(file, home.stat().st_uid, home.stat().st_gid)
    return container


def in_buildah(name: str, container: str) -> list[str]:
    """The prefix that runs a command in a container of `buildah_container`."""
    read = 'set -a; . ./.worker-environment; exec "$@"'
    run = ["buildah", "run", "--isolation=chroot", f"--hostname={name}", container, "--"]
    return [*run, "sh", "-c", read, "worker"]
