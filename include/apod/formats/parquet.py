"""The CSV as Parquet, proven value by value."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from include.apod.errors import BadData
from include.apod.formats.columns import COLUMNS
from include.apod.formats.csv_file import read_records, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def can_write() -> bool:
    """Whether the library is there."""
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError:
        return False
    return True


def _rows(csv: Path) -> list[list[date | str | None]]:
    """The rows of a CSV, typed."""
    return [
        [date.fromisoformat(value) if name == "date" and value else value for name, value in record.items()]
        for record in read_records(csv)
    ]


def write_parquet(csv: Path, parquet: Path) -> None:
    """Writes a CSV as Parquet, a row group a year, and reads it back.

    Raises:
        BadData: what was read back is not the CSV.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    header, rows = next(read_rows(csv)), _rows(csv)
    described = {name: {"description": column.description} for name, column in COLUMNS.items()}
    schema = pa.schema(
        [
            pa.field(name, pa.date32() if name == "date" else pa.string(), metadata=described.get(name))
            for name in header
        ]
    )
    day = header.index("date")
    with pq.ParquetWriter(parquet, schema, compression="zstd", write_statistics=True) as writer:
        for _, group in groupby(rows, key=lambda row: f"{row[day]}"[:4]):
            columns = [
                pa.array(values, field.type) for values, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    back = pq.read_table(parquet)
    if (
        back.column_names != header
        or [*map(list, zip(*(column.to_pylist() for column in back.columns), strict=True))] != rows
    ):
        raise BadData(f"{parquet} does not read back as the CSV. Nothing was released.")
