"""Looks at an image from within: `python3 - < tools/image_check.py`. A line for each thing that is not right."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path("/usr/local/airflow")
NOT_THERE = (".git", ".env", "data", "airflow_settings.yaml", ".local", ".dvc/cache", "bench", "docs")
SECRETS = re.compile(r"\.pem$|_key(\.json)?$|^id_(rsa|ed25519)$|\.ndjson$|credentials")


def _normalised(name: str) -> str:
    """The name of a package as registries compare it."""
    return re.sub("[-_.]+", "-", name).lower()


def installed(*python: str) -> dict[str, str]:
    """Name and version of each package that an interpreter has."""
    listed = subprocess.run(["uv", "pip", "list", "--format=json", *python], capture_output=True, check=True).stdout
    return {_normalised(package["name"]): package["version"] for package in json.loads(listed)}


def pinned(name: str) -> dict[str, str]:
    """The versions that a file pins, those of other platforms and Pythons left out."""
    from packaging.requirements import Requirement

    lines = [line.split(" \\")[0] for line in (HOME / name).read_text().splitlines() if re.match(r"\w.*==", line)]
    pins = [pin for pin in map(Requirement, lines) if pin.marker is None or pin.marker.evaluate()]
    return {_normalised(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


def moved(name: str, *python: str) -> list[str]:
    """What an interpreter has in another version than the file pins."""
    versions = installed(*python)
    return [
        f"{package} is {versions.get(package)}, not {pin} as in {name}"
        for package, pin in pinned(name).items()
        if versions.get(package) != pin
    ]


def main() -> bool:
    """Prints what is wrong; returns whether anything is."""
    wrong = moved("requirements.txt", "--system")
    wrong += moved("requirements-dvc.lock", "--python", os.environ["APOD_DVC_PYTHON"])
    wrong += [f"{HOME / name} is in the image" for name in NOT_THERE if (HOME / name).exists()]
    secrets = [path for path in HOME.rglob("*") if ".dvc-venv" not in path.parts and SECRETS.search(path.name)]
    wrong += [f"{path} is in the image" for path in secrets]
    wrong += [f"there is no {name}" for name in ("git", "ssh") if not shutil.which(name)]
    if os.getuid() == 0:
        wrong.append("it runs as root")
    if not (HOME / ".code-version").read_text().strip():
        wrong.append("it does not say which commit it is")
    good = f"{len(installed('--system'))} packages, all as locked; git and ssh, no secret, no data"
    sys.stdout.write("\n".join(wrong or [good]) + "\n")
    return bool(wrong)


sys.exit(main())
