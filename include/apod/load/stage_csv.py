"""Step 3b: the same fragments, byte for byte, under a header into the staged CSV, unless it is that one already."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from include.apod.adapters.files import md5_of, replacing
from include.apod.formats.columns import HEADER
from include.apod.formats.fragments import Composition, read_composition, read_manifest, write_composition
from include.apod.run import Report

if TYPE_CHECKING:
    from include.apod.formats.store import Store


def stage_csv(store: Store) -> Report:
    """Writes the staged CSV: the header and the fragments, oldest month first.

    Beside it stands which fragments are in it, and its md5.

    Raises:
        BadData: a fragment is not what transform wrote; the staged CSV is as it was.
    """
    manifest = read_manifest(store.clean).values()
    months = {one.month: [one.key, one.raw_md5, one.raw_size] for one in manifest}
    made = store.staged_csv if store.staged_csv.exists() else store.csv  # publish moves the one to the other
    known = read_composition(store.staged_composition)
    if known and known.months == months and made.exists() and md5_of(made) == known.md5:
        return Report(False, "staged for the CSV already", {"md5": known.md5})
    digest = hashlib.md5(HEADER, usedforsecurity=False)
    with replacing(store.staged_csv) as file:
        file.write(HEADER)
        for fragment in manifest:
            content = fragment.read(store.clean)
            digest.update(content)
            file.write(content)
    write_composition(store.staged_composition, Composition(digest.hexdigest(), months))
    sentence = f"{store.staged_csv.stat().st_size} bytes staged for the CSV"
    return Report(True, sentence, {"md5": digest.hexdigest()})
