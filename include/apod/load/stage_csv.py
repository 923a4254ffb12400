"""Step 3, loading into the CSV: the fragments' bytes under a header, as a staged CSV."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing, sha256_of
from include.apod.formats.composition import Composition, MonthSource
from include.apod.formats.csv_file import HEADER
from include.apod.formats.fragments import read_manifest
from include.apod.formats.index_file import read_index, write_index
from include.apod.run import Report

if TYPE_CHECKING:
    from include.apod.formats.store import Store


def stage_csv(store: Store) -> Report:
    """Writes the staged CSV, oldest month first, and its composition beside it; unless it is there already.

    Raises:
        BadData: a fragment is not what transform wrote; the staged CSV is as it was.
    """
    manifest = read_manifest(store.clean)
    fragments = manifest.fragments.items()
    months = {month: MonthSource(manifest.version, part.raw_md5, part.raw_size) for month, part in fragments}
    current = store.staged_csv if store.staged_csv.exists() else store.csv  # publish renames the one to the other
    composition = read_index(store.staged_composition, Composition)
    if composition and composition.months == months and current.exists() and sha256_of(current) == composition.sha256:
        return Report(False, "staged for the CSV already", {"sha256": composition.sha256})
    digest = hashlib.sha256(HEADER)
    with replacing(store.staged_csv, durable=False) as file:  # publish flushes it
        file.write(HEADER)
        for content in manifest.contents_or_drop(store.clean, months):
            digest.update(content)
            file.write(content)
    composition = Composition(months, digest.hexdigest())
    write_index(store.staged_composition, composition, durable=False)
    sentence = f"{store.staged_csv.stat().st_size} bytes staged for the CSV"
    return Report(True, sentence, {"sha256": composition.sha256})
