"""The project, commands, and the documents' tables."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REAL_RECORDS = PROJECT.parent / "shared" / "apod" / "legacy-1995-2023.ndjson"
LOADED = "loaded"  # the database that those of `loaded` are copies of
NOON = datetime(2026, 11, 23, 17, tzinfo=UTC)


def run(*command, cwd, **options):
    """The output of a command; its failure fails the test."""
    result = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False, **options)
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout.strip()


def table(page, column):
    """The table of a page under docs/ whose first column has this name: the other cells of each row by its first."""
    text = (PROJECT / "docs" / page).read_text()
    lines = text[text.index(f"\n| {column} |") :].strip().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]
    return {row[0].strip("`"): row[1:] for row in rows}
