"""What changed between two versions: days added and removed, and each value that was corrected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.apod.adapters.sql import statement
from include.apod.formats.columns import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

Values = tuple[str | None, str | None]


@dataclass(frozen=True)
class Diff:
    """The difference of two versions; days are `YYYY-MM-DD`.

    Attributes:
        added: days that only the newer one has, oldest first.
        removed: days that only the older one has.
        corrected: of days that both have, each value that differs, before and after, by column.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    corrected: dict[str, dict[str, Values]] = field(default_factory=dict)


def from_bytes(before: Path, after: Path) -> Diff:
    """The difference of two CSV files. Both are held in memory, about 30 MB each."""
    (head, *old), (_, *new) = list(read_rows(before)), list(read_rows(after))
    was, now = {row[0]: row for row in old}, {row[0]: row for row in new}
    corrected = {
        day: {name: (x or None, y or None) for name, x, y in zip(head, was[day], row, strict=True) if x != y}
        for day, row in now.items()
        if day in was and was[day] != row
    }
    return Diff([day for day in now if day not in was], [day for day in was if day not in now], corrected)


def from_ledger(connection: Connection, before: str, after: str) -> Diff | None:
    """The difference of the CSVs with these md5s, from the records of the loads in between.

    None where they do not tell: a load is not known, mended what somebody else had changed, or brought back a day that
    another one had removed.
    """
    if before == after:
        return Diff()
    loads = connection.execute(statement("select_ledger"), {"before": before, "after": after}).fetchall()
    if not loads or not all(whole for _, whole, _, _ in loads):
        return None
    added: set[str] = set()
    removed: set[str] = set()
    for _, _, appeared, vanished in loads:
        if removed & {f"{day}" for day in appeared}:
            return None
        added |= {f"{day}" for day in appeared}
        removed |= {f"{day}" for day in vanished} - added
        added -= {f"{day}" for day in vanished}
    corrected: dict[str, dict[str, Values]] = {}
    for day, name, old, new in connection.execute(
        statement("select_corrections"), {"loads": [load for load, *_ in loads]}
    ):
        first, _ = corrected.setdefault(f"{day}", {}).get(name, (old, new))
        corrected[f"{day}"][name] = (first, new)
    return Diff(
        sorted(added),
        sorted(removed),
        {
            day: changed
            for day, values in sorted(corrected.items())
            if day not in added | removed
            and (changed := {name: both for name, both in values.items() if both[0] != both[1]})
        },
    )
