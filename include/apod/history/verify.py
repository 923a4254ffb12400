"""Verifies a version: can a stranger pull it, is it what its commit says, can it be reproduced?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.dvc import Dvc, Remote
from include.apod.adapters.files import md5_of
from include.apod.adapters.signatures import signature_of
from include.apod.errors import ApodError, Unavailable
from include.apod.formats.csv_file import read_content
from include.apod.formats.pointers import CSV_POINTER, RAW_POINTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from include.apod.adapters.git import Clone
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import Version


@dataclass(frozen=True)
class Verdict:
    """The result for a version; each answer is `yes`, or `no: ` and the reason.

    Attributes:
        pullable: `dvc pull` in a fresh clone brings CSV and raw store.
        intact: the CSV has the md5 and the number of rows that the commit says.
        reproducible: the version's own code makes the same CSV from the version's own raw store.
        signature: of the commit; a version without one is as good as any, one with a wrong one is not.
    """

    version: Version
    pullable: str
    intact: str
    reproducible: str
    signature: str

    @property
    def good(self) -> bool:
        """Whether all of the version exists and can be reproduced."""
        return (self.intact, self.reproducible) == ("yes", "yes") and not self.signature.startswith("wrong")


def _pull(work: Clone, remote: Remote) -> None:
    with Dvc(remote, work.path.parent, "pull") as dvc:
        dvc.pull(work.path, [CSV_POINTER, RAW_POINTER])  # from where the version says, as anybody would


def _compare(version: Version, csv: Path) -> None:
    """Raises Unavailable if a CSV is not what the commit says of it."""
    if not csv.exists():
        raise Unavailable("there is no CSV to compare")
    if (md5 := md5_of(csv)) != version.csv:
        raise Unavailable(f"md5 {md5}, not {version.csv}")
    rows, expected = read_content(csv).rows, version.facts.get("rows")
    if f"{rows}" != expected:
        raise Unavailable(f"{rows} rows, not {expected}")


def _answer(question: Callable[[], None]) -> str:
    """`yes`, or `no: ` and the error that the question raised."""
    try:
        question()
    except ApodError as error:
        return f"no: {error}"
    return "yes"


def verify(version: Version, work: Clone, remote: Remote, workshop: Workshop) -> Verdict:
    """Verifies one version. `work` is a clone with the whole history; the version is checked out in it."""
    pulled, reproduced = work.path / "data" / "apod_data.csv", workshop.folder / "reproduced.csv"
    for path in (pulled, reproduced):
        path.unlink(missing_ok=True)
    work.git("checkout", "--quiet", "--force", "--detach", version.commit)
    pullable = _answer(lambda: _pull(work, remote))
    reproducible = _answer(lambda: workshop.reproduce(version, reproduced))
    intact = _answer(lambda: _compare(version, pulled if pulled.exists() else reproduced))
    return Verdict(version, pullable, intact, reproducible, signature_of(work, version.commit))
