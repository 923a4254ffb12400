"""What a version holds: the published CSV, its description, and the raw store that it was made from.

Ingest may be ahead of the CSV. A month that has grown since is taken as it was: without its newest lines its digest is
the one that the CSV's composition names, so anyone can make the CSV again from the version's own raw store.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.apod.adapters.files import md5_of
from include.apod.adapters.sql import statement
from include.apod.errors import BadData, NotPublished
from include.apod.formats import raw as raw_store
from include.apod.formats.fragments import key_of, read_composition

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Connection

    from include.apod.formats.store import Store


@dataclass(frozen=True)
class Snapshot:
    """What a version is to hold.

    Attributes:
        md5: of the CSV.
        raw: DVC's name of the raw store, an md5 and `.dir`.
        sizes: bytes of each object that the DVC remote has to hold, by its name there.
        months: of each month the key of its fragment, and md5 and size of its raw file.
    """

    md5: str
    raw: str
    sizes: dict[str, int]
    months: dict[str, list[Any]]


def take(store: Store, data: Path, connection: Connection) -> Snapshot:
    """Copies the CSV and its description into the folder `data`, while no publish can put others in place.

    Raises:
        BadData: the CSV is not the one that was proven equal to the table.
        NotPublished: it is not known what the CSV was made from.
    """
    data.mkdir(exist_ok=True)
    csv = data / "apod_data.csv"
    with connection.transaction():
        connection.execute(statement("lock_published"))
        store.fetch()
        shutil.copyfile(store.csv, csv)
        shutil.copyfile(store.datapackage, data / "datapackage.json")
        made_of = read_composition(store.composition)
        latest = connection.execute(statement("select_latest_load")).fetchone()
    md5 = md5_of(csv)
    if latest is None or latest[1] != md5:
        raise BadData(
            f"The CSV (md5 {md5}) is not the one that was proven equal to the table (md5 {latest and latest[1]}). "
            "./apod trigger load puts it right."
        )
    if made_of is None or made_of.md5 != md5:
        raise NotPublished("It is not known what the CSV was made from; ./apod trigger load finds out.")
    listing = [{"md5": digest, "relpath": _relative(month)} for month, (_, digest, _) in made_of.months.items()]
    folder = json.dumps(sorted(listing, key=lambda entry: entry["relpath"])).encode()  # as DVC writes it
    name = hashlib.md5(folder, usedforsecurity=False).hexdigest() + ".dir"
    sizes = {digest: size for _, digest, size in made_of.months.values()}
    return Snapshot(md5, name, {**sizes, md5: csv.stat().st_size, name: len(folder)}, made_of.months)


def write_raw(snapshot: Snapshot, store: Store, raw: Path) -> None:
    """Writes the raw store that the CSV was made from into the folder `raw`.

    Raises:
        NotPublished: the raw store is no longer, or not yet, what it was then.
    """
    for month, (key, _, _) in snapshot.months.items():
        target = raw / _relative(month)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(as_of(raw_store.month_file(store.raw, month), key))


def _relative(month: str) -> str:
    return f"{month[:4]}/{month}.jsonl"


def as_of(path: Path, key: str) -> bytes:
    """The bytes of a month file as they were when the fragment of this key was made.

    Raises:
        NotPublished: they cannot be had from what the file is now.
    """
    content = path.read_bytes() if path.exists() else b""
    if key_of(content) == key:
        return content
    lines = content.splitlines(keepends=True)
    seen = [json.loads(line)["seen_at"] for line in lines]
    for newest in sorted(set(seen), reverse=True):
        older = b"".join(line for line, when in zip(lines, seen, strict=True) if when < newest)
        if key_of(older) == key:
            return older
    raise NotPublished(f"{path} is not what the CSV was made from; ./apod trigger load comes first.")
