"""Where the local stack keeps its files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def default_base() -> Path:
    """The folder of all stacks: `APOD_LOCAL`, else `.local` in the project."""
    return Path(os.environ.get("APOD_LOCAL") or PROJECT / ".local").resolve()


@dataclass(frozen=True)
class Layout:
    """The folders of one stack. Fictional and real data never share one.

    Attributes:
        live: NASA's own services are asked instead of the stand-in.
        base: the folder of all stacks.
    """

    live: bool = False
    base: Path = field(default_factory=default_base)

    @property
    def root(self) -> Path:
        """The folder of this stack."""
        return self.base / ("live" if self.live else "demo")

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data directory."""
        return self.root / "postgres"

    @property
    def airflow(self) -> Path:
        """Airflow's home."""
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        """What the processes print."""
        return self.root / "logs"

    @property
    def store(self) -> Path:
        """The pipeline's store."""
        return self.root / "data"

    @property
    def repository(self) -> Path:
        """The bare repository that plays GitHub."""
        return self.root / "github.git"

    @property
    def dvc_remote(self) -> Path:
        """The folder that plays the DVC remote."""
        return self.root / "dvc-remote"

    @property
    def release(self) -> Path:
        """The folder of the release."""
        return self.root / "release"

    @property
    def facts(self) -> Path:
        """Ports and secrets of this stack, made once; only its owner may read them."""
        return self.root / "stack.json"

    @property
    def resident(self) -> Path:
        """Exists while the stack is to stay up after the command ends."""
        return self.root / "up"

    @property
    def processes(self) -> Path:
        """The processes that run now."""
        return self.root / "processes.json"
