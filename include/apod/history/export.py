"""One version as a single file, in the format that somebody's tool reads."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Literal, get_args

from include.apod.adapters.files import replacing
from include.apod.errors import Misconfigured
from include.apod.formats import parquet
from include.apod.formats.csv_file import read_records, read_rows

if TYPE_CHECKING:
    from pathlib import Path

Format = Literal["csv", "parquet", "jsonl", "sqlite"]
FORMATS: tuple[Format, ...] = get_args(Format)


def _write_jsonl(csv: Path, file: Path) -> None:
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in read_records(csv))


def _write_sqlite(csv: Path, file: Path) -> None:
    header = next(read_rows(csv))
    columns = ", ".join(f'"{name}" text{" primary key" if name == "date" else ""}' for name in header)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(f"create table picture ({columns})")
        marks = ", ".join("?" for _ in header)
        rows = (tuple(record.values()) for record in read_records(csv))
        database.executemany(f"insert into picture values ({marks})", rows)  # noqa: S608  # question marks


def _copy(csv: Path, file: Path) -> None:
    shutil.copyfile(csv, file)


WRITERS = {
    "csv": _copy,
    "parquet": parquet.write_parquet,
    "jsonl": _write_jsonl,
    "sqlite": _write_sqlite,
}


def check_export(form: Format, file: Path) -> None:
    """Checks that a file may be written.

    Raises:
        Misconfigured: it is there already, its folder is not, or the library for it is not.
    """
    if file.exists():
        raise Misconfigured(f"{file} is there already; name a file that is not there yet.")
    if not file.parent.is_dir():
        raise Misconfigured(f"{file.parent} is no folder; make it, or name another one.")
    if form == "parquet" and not parquet.can_write():
        raise Misconfigured("There is no pyarrow here, which writes Parquet; take another --format, or install it.")


def export(csv: Path, form: Format, file: Path) -> None:
    """Writes a version's CSV, proven by its md5, in a format; the file appears when it is whole.

    Raises:
        BadData: what was written as Parquet does not read back as the CSV.
    """
    finished = csv.with_name(f"export.{form}")
    WRITERS[form](csv, finished)
    with replacing(file) as target, finished.open("rb") as source:
        shutil.copyfileobj(source, target)
