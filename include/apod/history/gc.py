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
from include.apod.history.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from include.apod.adapters.git import Clone
    from include.apod.history.reproduce import Workshop
    from include.apod.history.versions import Version


@dataclass(frozen=True)
class Retention:
    """Which CSVs are deleted, and which are retained.

    Attributes:
        surplus: for each CSV to delete, oldest first, all versions that hold it, of any branch.
        retained: versions whose CSV stays.
    """

    surplus: list[tuple[Version, ...]]
    retained: list[Version]


def _last_of(versions: Iterable[Version], digits: int) -> list[Version]:
    """The newest version of each day or month: of each value of the first digits of its time. Newest first."""
    newest: dict[str, Version] = {}
    for version in versions:
        newest.setdefault(version.time[:digits], version)
    return [*newest.values()]


def plan(work: Clone, versions: list[Version], daily: int, *, monthly: bool, remote: str | None = None) -> Retention:
    """Retains the last version of each of the newest `daily` days and, with `monthly`, of each month.

    The newest version of each branch and those that a tag points at always stay.

    Args:
        work: a clone with the whole history of every branch.
        versions: of the branch whose CSVs may go.
        daily: number of days.
        monthly: whether to keep one of each month.
        remote: URL that replaces that of the DVC remote that each version names.
    """
    by_day = _last_of(versions, len("YYYY-MM-DD"))
    retained = {versions[0].csv, *(version.csv for version in by_day[:daily])}
    if monthly:
        retained |= {version.csv for version in _last_of(versions, len("YYYY-MM"))}
    branches_and_tags = work.git("for-each-ref", "--format=%(refname)").splitlines()
    pointers = work.read_blobs([f"{name}:{CSV_POINTER}" for name in branches_and_tags])
    retained |= {md5 for pointer in pointers if (md5 := object_in(pointer))}
    surplus = {version.csv: version for version in versions if version.csv not in retained}
    every = {version.commit: version for version in [*versions, *read_versions(work, remote, "--all")]}
    holders = {csv: tuple(version for version in every.values() if version.csv == csv) for csv in surplus}
    present = {url: object_sizes(url) for url in {version.remote for version in surplus.values()}}
    return Retention(
        [holders[csv] for csv, version in reversed(surplus.items()) if csv in present[version.remote]],
        [version for version in versions if version.csv in retained],
    )


def _irreproducible(holders: Iterable[Version], workshop: Workshop) -> str:
    """Why one of some versions cannot be made again; empty where each can."""
    try:
        for version in holders:
            workshop.reproduce(version, workshop.folder / "reproduced.csv")
    except ApodError as error:
        return f"{error}"
    return ""


def collect(surplus: Iterable[tuple[Version, ...]], workshop: Workshop) -> Iterator[tuple[Version, str]]:
    """Reproduces each CSV, as each version that holds it, and deletes it where that gives the same bytes every time.

    Yields the version of the branch, and the reason where its CSV stays.
    """
    for holders in surplus:
        reason = _irreproducible(holders, workshop)
        if not reason:
            delete_object(holders[0].remote, holders[0].csv)
        yield holders[0], reason
