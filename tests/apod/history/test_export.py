"""A version as one file."""

import csv
import json
import sqlite3
import sys

import pytest

from include.apod.adapters.files import md5_of
from include.apod.errors import Misconfigured
from include.apod.formats.columns import COLUMNS
from include.apod.history.export import FORMATS, check_export, export


def rows_of(path):
    """The rows of a CSV, a null for an empty field."""
    with path.open(newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


def read(form, path):
    """What another reader finds in a file."""
    if form == "csv":
        return rows_of(path)
    if form == "jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if form == "parquet":
        import polars as pl

        return [{**row, "date": f"{row['date']}"} for row in pl.read_parquet(path).to_dicts()]
    database = sqlite3.connect(path)
    database.row_factory = sqlite3.Row
    rows = [dict(row) for row in database.execute("select * from picture order by date")]
    database.close()
    return rows


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_every_value(loaded, tmp_path, form):
    """Read by somebody else's library; nothing else is left in the folder."""
    (tmp_path / "to").mkdir()
    check_export(form, tmp_path / "to" / "apod")
    export(loaded.csv, form, tmp_path / "to" / "apod")
    found = read(form, tmp_path / "to" / "apod")

    assert rows_of(loaded.csv) == found
    assert [*COLUMNS] == [*found[0]]
    assert ["apod"] == [path.name for path in (tmp_path / "to").iterdir()]


def test_an_old_version_is_exported_as_it_was(commit, history, tmp_path):
    """Proven by its md5."""
    old = commit()
    commit("Edited")
    _, found, workshop = history()
    workshop.obtain(found[1], tmp_path / "proven.csv")
    export(tmp_path / "proven.csv", "csv", tmp_path / "old.csv")

    assert old.facts["md5"] == md5_of(tmp_path / "old.csv")


def test_a_file_that_is_there_is_never_touched(tmp_path):
    """Nor is a folder made."""
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(Misconfigured, match="mine is there already"):
        check_export("csv", tmp_path / "mine")
    with pytest.raises(Misconfigured, match="nowhere is no folder"):
        check_export("csv", tmp_path / "nowhere" / "file")


def test_without_the_library_parquet_is_refused_and_the_rest_is_not(monkeypatch, tmp_path):
    """Before anything is pulled."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    check_export("sqlite", tmp_path / "file")
    with pytest.raises(Misconfigured, match="There is no pyarrow here"):
        check_export("parquet", tmp_path / "file")
