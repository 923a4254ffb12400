"""Garbage collection: deletes old CSVs from the DVC remote that can be reproduced; raw stores stay for ever.

A CSV is one file with the whole archive, so a year of daily versions is 4 GB of nearly the same bytes. A CSV is deleted
only right after its own code has reproduced it with the same md5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.remote import delete_object, object_sizes
from include.apod.errors import ApodError
from include.apod.formats.pointers import CSV_POINTER, object_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from include.apod.adapters.git import Clone
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import Version


@dataclass(frozen=True)
class Retention:
    """Which CSVs are deleted, and which are retained.

    Attributes:
        surplus: a version for each CSV to delete, oldest first.
        retained: versions whose CSV stays.
    """

    surplus: list[Version]
    retained: list[Version]


def _last_of(versions: Iterable[Version], digits: int) -> list[Version]:
    """The newest version of each day or month: of each value of the first digits of its time. Newest first."""
    newest: dict[str, Version] = {}
    for version in versions:
        newest.setdefault(version.time[:digits], version)
    return [*newest.values()]


def plan(work: Clone, versions: list[Version], daily: int, *, monthly: bool) -> Retention:
    """Retains the last version of each of the newest `daily` days and, with `monthly`, of each month.

    The newest version and those that a tag points at always stay. `work` has the whole history.
    """
    by_day = _last_of(versions, len("YYYY-MM-DD"))
    retained = {versions[0].csv, *(version.csv for version in by_day[:daily])}
    if monthly:
        retained |= {version.csv for version in _last_of(versions, len("YYYY-MM"))}
    tags = work.git("for-each-ref", "--format=%(refname)").splitlines()
    pointers = work.read_blobs([f"{tag}:{CSV_POINTER}" for tag in tags])
    retained |= {md5 for pointer in pointers if (md5 := object_in(pointer))}
    surplus = {version.csv: version for version in versions if version.csv not in retained}
    present = {url: object_sizes(url) for url in {version.remote for version in surplus.values()}}
    return Retention(
        [version for version in reversed(surplus.values()) if version.csv in present[version.remote]],
        [version for version in versions if version.csv in retained],
    )


def collect(surplus: Iterable[Version], workshop: Workshop) -> Iterator[tuple[Version, str]]:
    """Reproduces each CSV and, where that gives the same bytes, deletes it; yields the reason where it stays."""
    target = workshop.folder / "reproduced.csv"
    for version in surplus:
        try:
            workshop.reproduce(version, target)
        except ApodError as error:
            yield version, f"{error}"
            continue
        delete_object(version.remote, version.csv)
        yield version, ""
