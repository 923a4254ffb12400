"""Rebuilds the CSV from a raw store, and nothing else.

    python -m include.apod.rebuild RAW CSV

`history/reproduce.py` runs this command in checkouts of old code, so path and arguments never change.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from include.apod.formats.store import Store
from include.apod.load.stage_csv import stage_csv
from include.apod.load.transform import transform


def rebuild(raw: Path, csv: Path) -> None:
    """Writes the CSV of the raw store in the folder `raw` to `csv`.

    Raises:
        BadData: a raw file is damaged.
    """
    with TemporaryDirectory(prefix="apod-rebuild-", dir=csv.parent) as folder:
        store = Store(Path(folder))
        store.raw.symlink_to(raw.resolve(), target_is_directory=True)
        transform(store)
        stage_csv(store)
        store.staged_csv.replace(csv)


if __name__ == "__main__":
    rebuild(*map(Path, sys.argv[1:]))
