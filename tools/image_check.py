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


def installed(*python: str) -> dict[str, str]:
    """Name and version of each package that an interpreter has."""
    said = subprocess.run(["uv", "pip", "list", "--format=json", *python], capture_output=True, check=True).stdout
    return {re.sub("[-_.]+", "-", one["name"]).lower(): one["version"] for one in json.loads(said)}


def pinned(name: str) -> dict[str, str]:
    """The versions that a file pins, those of other platforms and Pythons left out."""
    from packaging.requirements import Requirement

    lines = [line.split(" \\")[0] for line in (HOME / name).read_text().splitlines() if re.match(r"\w.*==", line)]
    wanted = [made for made in map(Requirement, lines) if made.marker is None or made.marker.evaluate()]
    return {re.sub("[-_.]+", "-", one.name).lower(): str(one.specifier).removeprefix("==") for one in wanted}


def moved(name: str, *python: str) -> list[str]:
    """What an interpreter has in another version than the file pins."""
    have = installed(*python)
    return [
        f"{one} is {have.get(one)}, not {it} as in {name}" for one, it in pinned(name).items() if have.get(one) != it
    ]


def main() -> bool:
    wrong = moved("requirements.txt", "--system")
    wrong += moved("requirements-dvc.lock", "--python", os.environ["APOD_DVC_PYTHON"])
    wrong += [f"{HOME / name} is in the image" for name in NOT_THERE if (HOME / name).exists()]
    kept = [path for path in HOME.rglob("*") if ".dvc-venv" not in path.parts and SECRETS.search(path.name)]
    wrong += [f"{path} is in the image" for path in kept]
    wrong += [f"there is no {name}" for name in ("git", "ssh") if not shutil.which(name)]
    wrong += ["it runs as root"] * (os.getuid() == 0)
    wrong += ["it does not say which commit it is"] * (not (HOME / ".code-version").read_text().strip())
    good = f"{len(installed('--system'))} packages, all as locked; git and ssh, no secret, no data"
    sys.stdout.write("\n".join(wrong or [good]) + "\n")
    return bool(wrong)


sys.exit(main())
