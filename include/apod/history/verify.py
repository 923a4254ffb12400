"""What is left of a version: can a stranger pull it, is it what its commit says, can it be made again?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.files import md5_of
from include.apod.adapters.remote import Remote, pull_bytes
from include.apod.errors import ApodError, Unavailable
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER
from include.apod.version.release_note import read_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from include.apod.adapters.git import Clone
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import Version


@dataclass(frozen=True)
class Verdict:
    """What was found of a version; each `no …` says why.

    Attributes:
        pullable: `dvc pull` in a fresh clone brings CSV and raw store.
        intact: the CSV has the md5 and the rows that the commit says.
        reproducible: the version's own code makes the same CSV of the version's own raw store.
    """

    version: Version
    pullable: str
    intact: str
    reproducible: str

    @property
    def good(self) -> bool:
        """Whether all of the version can be had and made again."""
        return (self.intact, self.reproducible) == ("yes", "yes")


def verify(version: Version, work: Clone, remote: Remote, workshop: Workshop) -> Verdict:
    """Looks at one version; `work` is a clone with the whole history, whose files are this version's afterwards."""
    csv, made = work.path / "data" / "apod_data.csv", workshop.folder / "made.csv"
    for left in (csv, made):
        left.unlink(missing_ok=True)
    work.git("checkout", "--quiet", "--force", "--detach", version.commit)
    pullable = _said(lambda: pull_bytes(work, remote, CSV_POINTER, RAW_POINTER))
    reproducible = _said(lambda: workshop.rebuild(version, made))
    return Verdict(version, pullable, _said(lambda: _compare(version, csv if csv.exists() else made)), reproducible)


def _compare(version: Version, csv: Path) -> None:
    """Whether a CSV is what the commit says of it."""
    if not csv.exists():
        raise Unavailable("there is no CSV to look at")
    if (md5 := md5_of(csv)) != version.csv:
        raise Unavailable(f"md5 {md5}, not {version.csv}")
    rows, said = read_content(csv).rows, version.facts.get("rows")
    if f"{rows}" != said:
        raise Unavailable(f"{rows} rows, not {said}")


def _said(look: Callable[[], None]) -> str:
    try:
        look()
    except ApodError as error:
        return f"no: {error}"
    return "yes"
