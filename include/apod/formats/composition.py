"""`composition.json` beside a CSV: the fragments it was made of, so that its raw store can be found again later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from include.apod.adapters.files import replacing
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


@dataclass(frozen=True)
class Composition:
    """What a CSV was made of.

    Attributes:
        md5: of the CSV.
        months: the source of each month, by `YYYY-MM`.
    """

    md5: str
    months: dict[str, MonthSource]


def read_composition(path: Path) -> Composition | None:
    """The composition of a CSV; None if the file is missing or damaged."""
    try:
        fields = json.loads(path.read_bytes())
        return Composition(fields["md5"], {month: MonthSource(*source) for month, source in fields["months"].items()})
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None


def write_composition(path: Path, composition: Composition, *, durable: bool = True) -> None:
    """Writes the composition of a CSV; with `durable=False` as `replacing` does, for it is read with the CSV's md5."""
    with replacing(path, durable=durable) as file:
        file.write(json.dumps({"md5": composition.md5, "months": composition.months}, separators=(",", ":")).encode())


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
