"""What `astro dev parse` runs: every DAG file must import.

Ours, because the scaffolded one passes `include_examples` to DagBag, which Airflow 3.3 refuses. No environment is
faked here: our DAG files read none while they are parsed.
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from airflow.utils.db import initdb

PROJECT = Path(__file__).resolve().parents[1]
EXCEPTIONS = {
    line.strip()
    for line in (Path(__file__).parent / "dag_integrity_exceptions.txt").read_text().splitlines()
    if line.strip() and not line.startswith("#")
}


def import_errors() -> list[tuple[str, str]]:
    """The DAG files that do not import, with the error; one row without a name if there are none."""
    initdb()
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415  # only after the database is there

    options = {"include_examples": False} if "include_examples" in inspect.signature(DagBag).parameters else {}
    bag = DagBag(str(PROJECT / "dags"), **options)
    found = [(os.path.relpath(path, PROJECT), error.strip()) for path, error in bag.import_errors.items()]
    return found or [("", "")]


@pytest.mark.parametrize(("path", "error"), import_errors())
def test_file_imports(path: str, error: str) -> None:
    """A DAG file that does not import would vanish from Airflow without a word."""
    assert not error or path in EXCEPTIONS, f"{path} does not import:\n{error}"
