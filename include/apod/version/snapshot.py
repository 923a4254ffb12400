"""What a version holds: the published CSV, its description, and the raw store that the CSV was made from.

Ingest may be ahead of the CSV. A month file that has grown since is taken without its newest lines, so that its md5 is
the one in the CSV's composition: anyone can make the CSV again from the version's own raw store.
"""

from __future__ import annotations

import json
import shutil
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from include.apod.adapters.database import transaction
from include.apod.adapters.files import md5_hex, md5_of
from include.apod.errors import BadData, NotPublished
from include.apod.formats import raw as raw_store
from include.apod.formats.composition import Composition
from include.apod.formats.csv_file import HEADER
from include.apod.formats.index_file import read_index
from include.apod.formats.loads import latest_load
from include.apod.formats.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from psycopg import Connection

    from include.apod.formats.composition import MonthSource
    from include.apod.formats.store import Store

PULL = Path(__file__).with_name("data_files") / "pull.py"  # brings the data back without DVC


@dataclass(frozen=True)
class Snapshot:
    """What a version is to hold.

    Attributes:
        md5: of the CSV.
        raw: DVC's name of the raw store, an md5 and `.dir`.
        sizes: bytes of each object that the DVC remote has to hold, by name.
        months: what the rows of each month were made from, by `YYYY-MM`.
        taken_at: when, by the clock of PostgreSQL; what was published before is in it.
    """

    md5: str
    raw: str
    sizes: dict[str, int]
    months: dict[str, MonthSource]
    taken_at: datetime

    @property
    def raw_size(self) -> int:
        """Bytes of the raw store."""
        return sum(source.raw_size for source in self.months.values())

    @property
    def raw_files(self) -> dict[str, str]:
        """The md5 of each file of the raw store, by its path in the folder."""
        return _raw_files(self.months)


def _raw_files(months: dict[str, MonthSource]) -> dict[str, str]:
    return {raw_store.relative_path(month): source.raw_md5 for month, source in months.items()}


def _dvc_listing(months: dict[str, MonthSource]) -> bytes:
    """DVC's listing of the raw store, byte for byte as `dvc add` writes it."""
    entries = [{"md5": md5, "relpath": name} for name, md5 in sorted(_raw_files(months).items())]
    return json.dumps(entries).encode()


def take(store: Store, folder: Path, connection: Connection) -> Snapshot:
    """Copies the CSV and its description into a new folder, while no publish can replace them; and `pull.py`.

    Raises:
        BadData: the CSV is not the one that was proven equal to the table.
        NotPublished: there is none, it has no picture yet, or it is not known what it was made from.
    """
    folder.mkdir()
    csv = folder / "apod_data.csv"
    with transaction(connection):
        connection.execute(statement("version/lock_published"))
        store.refresh()
        if not store.csv.exists():
            raise NotPublished(f"{store.csv} does not exist yet; ./apod trigger load makes it.")
        shutil.copyfile(store.csv, csv)
        shutil.copyfile(store.datapackage, folder / "datapackage.json")
        composition = read_index(store.composition, Composition)
        load = latest_load(connection)
        (taken_at,) = connection.execute(statement("version/select_time")).fetchone() or (None,)
    shutil.copyfile(PULL, folder / PULL.name)
    if csv.stat().st_size <= len(HEADER):
        raise NotPublished("The CSV has no picture yet; ./apod trigger ingest asks NASA for them.")
    md5 = md5_of(csv)
    if load is None or load.md5 != md5:
        raise BadData(
            f"The CSV (md5 {md5}) is not the one that was proven equal to the table (md5 {load and load.md5}). "
            "./apod trigger load puts it right."
        )
    if composition is None or composition.md5 != md5:
        raise NotPublished("It is not known what the CSV was made from; ./apod trigger load finds out.")
    listing = _dvc_listing(composition.months)
    raw = f"{md5_hex(listing)}.dir"
    sizes = {source.raw_md5: source.raw_size for source in composition.months.values()}
    return Snapshot(md5, raw, {**sizes, md5: csv.stat().st_size, raw: len(listing)}, composition.months, taken_at)


def write_raw(snapshot: Snapshot, store: Store, raw: Path) -> None:
    """Writes the raw store that the CSV was made from into the folder `raw`; what it is still is linked, not copied.

    Raises:
        NotPublished: the raw store is no longer, or not yet, what it was then.
    """
    for month, source in snapshot.months.items():
        path, target = raw_store.month_file(store.raw, month), raw_store.month_file(raw, month)
        target.parent.mkdir(parents=True, exist_ok=True)
        # looked at behind the link: ingest may replace the file meanwhile
        if not _linked(path, target) or md5_hex(target.read_bytes()) != source.raw_md5:
            target.unlink(missing_ok=True)
            target.write_bytes(content_at(path, source.raw_md5))


def _linked(path: Path, target: Path) -> bool:
    """Makes a second name for a file of our own; False where it is another user's, or on another file system."""
    try:
        target.hardlink_to(path)
        target.chmod(stat.S_IMODE(target.stat().st_mode))  # as DVC will, which only its owner may
    except OSError:
        return False
    return True


@contextmanager
def permissions_kept(raw: Path) -> Iterator[None]:
    """Gives the files of a raw store their permissions back in the end: DVC makes what it adds read-only."""
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in raw.rglob("*.jsonl")}
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def content_at(path: Path, md5: str) -> bytes:
    """The bytes of a month file when they had this md5.

    Raises:
        NotPublished: they never had.
    """
    content = path.read_bytes() if path.exists() else b""
    if md5_hex(content) == md5:
        return content
    lines = content.splitlines(keepends=True)
    times = [json.loads(line)["seen_at"] for line in lines]
    for newest in sorted(set(times), reverse=True):
        older = b"".join(line for line, time in zip(lines, times, strict=True) if time < newest)
        if md5_hex(older) == md5:
            return older
    raise NotPublished(f"{path} is not what the CSV was made from; ./apod trigger load comes first.")
