"""Takes old CSVs out of the DVC remote that their version's raw store can make again; raw bytes stay for ever.

A CSV is one file of the whole archive, so a year of daily versions is 4 GB of nearly the same bytes. What is taken away
was made again just before, by its own code, and had its md5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.remote import remove, sizes
from include.apod.errors import ApodError
from include.apod.formats.pointers import CSV_POINTER, named
from include.apod.history.versions import Version, read_blobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from include.apod.adapters.git import Clone
    from include.apod.history.reproduce import Workshop


@dataclass(frozen=True)
class Plan:
    """Which CSVs would go.

    Attributes:
        surplus: a version for each of them, oldest first.
        kept: versions whose CSV stays.
    """

    surplus: list[Version]
    kept: list[Version]


def plan(work: Clone, versions: list[Version], daily: int, *, monthly: bool) -> Plan:
    """Keeps the last version of each of the newest `daily` days and, where asked, of each month.

    The newest one and what a tag points at stay always. `work` has the whole history.
    """
    by_day = _last_of(versions, 10)
    keep = {versions[0].csv, *(version.csv for version in by_day[:daily])}
    if monthly:
        keep |= {version.csv for version in _last_of(versions, 7)}
    tags = work.git("for-each-ref", "--format=%(refname)").splitlines()
    keep |= {md5 for text in read_blobs(work, [f"{tag}:{CSV_POINTER}" for tag in tags]) if (md5 := named(text))}
    surplus = {version.csv: version for version in versions if version.csv not in keep}
    held = {url: sizes(url) for url in {version.remote for version in surplus.values()}}
    return Plan(
        [version for version in reversed(surplus.values()) if version.csv in held[version.remote]],
        [version for version in versions if version.csv in keep],
    )


def _last_of(versions: Iterable[Version], digits: int) -> list[Version]:
    """The newest version of each day (10 digits of the time) or month (7); newest first."""
    newest: dict[str, Version] = {}
    for version in versions:
        newest.setdefault(version.time[:digits], version)
    return [*newest.values()]


def collect(surplus: Iterable[Version], workshop: Workshop) -> Iterator[tuple[Version, str]]:
    """Makes each CSV again and takes it out of the remote where that gives the same bytes; says why where it stays."""
    made = workshop.folder / "made.csv"
    for version in surplus:
        try:
            workshop.rebuild(version, made)
        except ApodError as error:
            yield version, f"{error}"
            continue
        remove(version.remote, version.csv)
        yield version, ""
