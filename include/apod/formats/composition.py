"""`composition.json` beside a CSV, an index: the fragments it was made of, so that its raw store can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from include.apod.formats.raw import FileState


class MonthSource(NamedTuple):
    """What the rows of one month were made from.

    Attributes:
        rules: `RULES_VERSION` of the code that made them.
        raw_md5: of the raw file.
        raw_size: of the raw file, in bytes.
    """

    rules: str
    raw_md5: str
    raw_size: int


class Composition(msgspec.Struct, frozen=True):
    """What a CSV was made of.

    Attributes:
        months: the source of each month, by `YYYY-MM`.
        sha256: of the CSV.
        md5: of the CSV, by which the load and the version name it; empty until it is published.
    """

    months: dict[str, MonthSource]
    sha256: str = ""  # older code wrote none
    md5: str = ""


def differing_months(published: Composition, staged: Composition) -> set[str]:
    """The months that are not made from the same bytes by the same rules in both."""
    return {month for month, _ in published.months.items() ^ staged.months.items()}


def lacking_months(composition: Composition, raw: Mapping[str, FileState]) -> list[str]:
    """The months, oldest first, of which the raw files have less than the CSV was made from: they only ever grow."""
    sizes = {month: state.size for month, state in raw.items()}
    return [month for month, source in sorted(composition.months.items()) if sizes.get(month, -1) < source.raw_size]
