"""Where the local stack keeps things."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Layout:
    """The folders of one stack. Fictional and real data never share one.

    Attributes:
        live: NASA's own API stands behind it instead of the stand-in.
    """

    live: bool = False

    @property
    def root(self) -> Path:
        base = Path(os.environ.get("APOD_LOCAL") or PROJECT / ".local")
        return base.resolve() / ("live" if self.live else "demo")

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def airflow(self) -> Path:
        return self.root / "airflow"

    @property
    def logs(self) -> Path:
        """What the processes print."""
        return self.root / "logs"

    @property
    def store(self) -> Path:
        return self.root / "data"

    @property
    def repository(self) -> Path:
        """The bare repository that plays GitHub."""
        return self.root / "github.git"

    @property
    def dvc_remote(self) -> Path:
        return self.root / "dvc-remote"

    @property
    def facts(self) -> Path:
        """Ports and secrets of this stack, made once; readable by its owner only."""
        return self.root / "stack.json"

    @property
    def resident(self) -> Path:
        """Exists while `./apod up` means the stack to stay."""
        return self.root / "up"

    @property
    def processes(self) -> Path:
        """What runs now."""
        return self.root / "processes.json"
