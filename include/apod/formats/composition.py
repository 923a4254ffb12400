"""`composition.json` beside a CSV, an index: the fragments it was made of, so that its raw store can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from include.apod.formats.raw import month_file

if TYPE_CHECKING:
    from pathlib import Path


class MonthSource(NamedTuple):
    """What the rows of one month were made from.

    Attributes:
        key: of the fragment.
        raw_md5: of the raw file.
        raw_size: of the raw file, in bytes.
    """

    key: str
    raw_md5: str
    raw_size: int


class Composition(msgspec.Struct, frozen=True):
    """What a CSV was made of.

    Attributes:
        md5: of the CSV.
        months: the source of each month, by `YYYY-MM`.
    """

    md5: str
    months: dict[str, MonthSource]


def differing_months(published: Composition, staged: Composition) -> set[str]:
    """The months that are not made from the same bytes by the same rules in both."""
    return {month for month, _ in published.months.items() ^ staged.months.items()}


def lacking_months(composition: Composition, raw: Path) -> list[str]:
    """The months, oldest first, of which the raw store has less than the CSV was made from: files only ever grow."""
    return [
        month
        for month, source in sorted(composition.months.items())
        if not (path := month_file(raw, month)).exists() or path.stat().st_size < source.raw_size
    ]
