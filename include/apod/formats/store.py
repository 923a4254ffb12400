"""The store: where each file of the pipeline is, below `APOD_STORE`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from obstore.store import ObjectStore

    from include.apod.adapters.mirror import Mirror

PUBLISHED = ""  # the folder of the published files: the top of the store
MANIFEST = "clean/manifest.json"
COMPOSITION = "composition.json"
INDEX_FILES = (
    MANIFEST, "staged/apod_data.csv", "staged/composition.json", "apod_data.csv", COMPOSITION,
    "datapackage.json",
)  # fmt: skip
COVERAGE = "coverage.json"


@dataclass(frozen=True)
class Store:
    """The folder in which the steps hand over their files.

    Attributes:
        root: the folder; for an object store, a local copy of the parts that a step works with.
        mirror: what keeps that copy equal to the object store; None for a folder that all workers share.
    """

    root: Path
    mirror: Mirror | None = None

    def refresh(self) -> None:
        """Reads again what other tasks have written to the object store. A shared folder needs nothing."""
        if self.mirror:
            self.mirror.download()

    def save(self) -> None:
        """Uploads to the object store what this task has written so far. A shared folder needs nothing."""
        if self.mirror:
            self.mirror.upload()

    @property
    def raw(self) -> Path:
        """The raw store, `YYYY/YYYY-MM.jsonl`. All other files are made from it."""
        return self.root / "raw"

    @property
    def restoring(self) -> Path:
        """The raw store of the last version, while it is being restored."""
        return self.root / "raw.restoring"

    @property
    def ingest(self) -> Path:
        """What ingest remembers of its own looks: whom it asked, and what it owes."""
        return self.root / "ingest"

    @property
    def coverage(self) -> Path:
        """The index of the raw store."""
        return self.root / COVERAGE

    @property
    def clean(self) -> Path:
        """The fragments and their manifest."""
        return self.root / "clean"

    @property
    def staged_csv(self) -> Path:
        """The next CSV, not yet proven equal to the table."""
        return self.root / "staged" / "apod_data.csv"

    @property
    def staged_composition(self) -> Path:
        """What the staged CSV is made of."""
        return self.root / "staged" / "composition.json"

    @property
    def composition(self) -> Path:
        """What the published CSV is made of."""
        return self.root / COMPOSITION

    @property
    def csv(self) -> Path:
        """The published CSV."""
        return self.root / "apod_data.csv"

    @property
    def datapackage(self) -> Path:
        """The description of the published CSV."""
        return self.root / "datapackage.json"


@contextmanager
def open_mirrored(
    objects: ObjectStore, uri: str, folders: tuple[str, ...], *, read_only: bool = False, empty: bool = False
) -> Iterator[Store]:
    """The store at `uri`, some folders of it as a local copy; changes are uploaded when the block ends.

    With `read_only` nothing is ever written to the object store. With `empty` the copy has no file before its first
    `refresh`.

    Raises:
        Unavailable, Misconfigured: the object store does not answer, or refuses the credentials.
    """
    from include.apod.adapters.mirror import Contents, mirrored  # not needed for a folder, and DAG files import this

    contents = Contents(folders, INDEX_FILES, worker_files=(COVERAGE,), read_only=read_only)
    with mirrored(objects, uri, contents, empty=empty) as mirror:
        yield Store(mirror.root, mirror)
