"""Makes the CSV from a raw store, and nothing else.

    python -m include.apod.rebuild RAW CSV

`verify`, `restore` and `gc` run it in a checkout of the code that made a version: this command line stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from include.apod.formats.store import Store
from include.apod.load.stage_csv import stage_csv
from include.apod.load.transform import transform


def rebuild(raw: Path, csv: Path) -> None:
    """Writes to `csv` what the raw store in the folder `raw` says.

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
