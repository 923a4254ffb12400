"""Where the files are, and how they are replaced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED = ""  # the part of the store that is its top: the CSV and what describes it


@dataclass(frozen=True)
class Store:
    """The folder that the steps hand their files over in; `mirror` has the one of an object store."""

    root: Path

    def fetch(self) -> None:
        """Brings the folder in line with what others have written; this one is theirs, too."""

    def send(self) -> None:
        """Makes what was written last beyond this task; here it has."""

    @property
    def raw(self) -> Path:
        """`YYYY/YYYY-MM.jsonl`: what the services said. The only truth; everything else is made from it."""
        return self.root / "raw"

    @property
    def restoring(self) -> Path:
        """The raw store of the last version, while it is being brought back."""
        return self.root / "raw.restoring"

    @property
    def coverage(self) -> Path:
        """What the raw store covers, so that it need not be read whole every day. May be deleted at any time."""
        return self.root / "coverage.json"

    @property
    def clean(self) -> Path:
        """`YYYY-MM/<key>.csv`: the clean rows of a month."""
        return self.root / "clean"

    @property
    def staged_csv(self) -> Path:
        """The next CSV, not yet proven."""
        return self.root / "staged" / "apod_data.csv"

    @property
    def staged_composition(self) -> Path:
        """Which fragments the staged CSV is made of, and its md5."""
        return self.root / "staged" / "composition.json"

    @property
    def composition(self) -> Path:
        """Which fragments the published CSV is made of, and its md5."""
        return self.root / "composition.json"

    @property
    def csv(self) -> Path:
        return self.root / "apod_data.csv"

    @property
    def datapackage(self) -> Path:
        return self.root / "datapackage.json"
