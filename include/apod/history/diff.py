"""What changed between two versions: days added and removed, and each corrected value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from psycopg.rows import class_row

from include.apod.formats.csv_file import read_rows
from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from psycopg import Connection


class Values(NamedTuple):
    """A value before and after a correction; None for null, and for a column that the version does not have."""

    before: str | None
    after: str | None


@dataclass(frozen=True)
class Diff:
    """The difference of two versions; days are `YYYY-MM-DD`.

    Attributes:
        added: days that only the newer version has, oldest first.
        removed: days that only the older version has.
        corrected: for each day that both have and that differs, its values by column.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    corrected: dict[str, dict[str, Values]] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerEntry:
    """What one load did: a row of `history/select_ledger.sql`.

    Attributes:
        load_id: its number.
        complete: whether the days and corrections are all that it did; False if it repaired something.
        added_days, removed_days: days.
    """

    load_id: int
    complete: bool
    added_days: list[date]
    removed_days: list[date]


@dataclass(frozen=True)
class Table:
    """A CSV file in memory.

    Attributes:
        columns: position of each column, by name.
        rows: the rows by day.
    """

    columns: dict[str, int]
    rows: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> Table:
        """Reads a CSV file; the archive takes about 30 MB."""
        header, *rows = read_rows(path)
        day = header.index("date")
        return cls({name: position for position, name in enumerate(header)}, {row[day]: row for row in rows})

    def value(self, day: str, column: str) -> str | None:
        """A value; None for null or a column that this file does not have."""
        return (self.rows[day][self.columns[column]] or None) if column in self.columns else None


def from_bytes(before: Path, after: Path) -> Diff:
    """The difference of two CSV files, which may have different columns."""
    old, new = Table.read(before), Table.read(after)
    columns = [*dict.fromkeys([*old.columns, *new.columns])]
    same_columns = [*old.columns] == [*new.columns]
    corrected = {}
    for day in new.rows:
        if day not in old.rows or (same_columns and old.rows[day] == new.rows[day]):
            continue
        values = {name: Values(old.value(day, name), new.value(day, name)) for name in columns}
        if changed := {name: pair for name, pair in values.items() if pair.before != pair.after}:
            corrected[day] = changed
    return Diff(
        [day for day in new.rows if day not in old.rows], [day for day in old.rows if day not in new.rows], corrected
    )


def _days(loads: Iterable[LedgerEntry]) -> tuple[set[str], set[str]] | None:
    """The days added and removed by some loads in all; None if a day was removed and added again."""
    added: set[str] = set()
    removed: set[str] = set()
    for load in loads:
        appeared, vanished = {f"{day}" for day in load.added_days}, {f"{day}" for day in load.removed_days}
        if removed & appeared:
            return None
        added |= appeared
        removed |= vanished - added
        added -= vanished
    return added, removed


def _corrected(connection: Connection, load_ids: list[int]) -> dict[str, dict[str, Values]]:
    """The first and the last value of each field that some loads corrected, where they differ; by day."""
    corrected: dict[str, dict[str, Values]] = {}
    for day, name, before, after in connection.execute(statement("history/select_corrections"), {"loads": load_ids}):
        values = corrected.setdefault(f"{day}", {})
        values[name] = Values(values[name].before if name in values else before, after)
    return {
        day: {name: pair for name, pair in values.items() if pair.before != pair.after}
        for day, values in corrected.items()
    }


def from_ledger(connection: Connection, before: str, after: str) -> Diff | None:
    """The difference of the CSVs with these md5s, from the records of the loads in between.

    Returns None where they do not tell: a load is not known, repaired what somebody else had changed, or added a day
    that another one had removed.
    """
    if before == after:
        return Diff()
    with connection.cursor(row_factory=class_row(LedgerEntry)) as cursor:
        loads = cursor.execute(statement("history/select_ledger"), {"before": before, "after": after}).fetchall()
    if not loads or not all(load.complete for load in loads):
        return None
    days = _days(loads)
    if days is None:
        return None
    added, removed = days
    corrected = _corrected(connection, [load.load_id for load in loads])
    both = {day: values for day, values in sorted(corrected.items()) if day not in added | removed and values}
    return Diff(sorted(added), sorted(removed), both)
