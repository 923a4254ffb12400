"""Step 3b: the same fragments, byte for byte, under a header into the staged CSV, unless it is that one already."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from include.apod.columns import HEADER
from include.apod.fragments import read_manifest
from include.apod.run import Report
from include.apod.store import md5_of, replacing

if TYPE_CHECKING:
    from include.apod.store import Store


def stage_csv(store: Store) -> Report:
    """Writes the staged CSV: the header and the fragments, oldest month first.

    Beside it stands which fragments are in it, and its md5.

    Raises:
        BadData: a fragment is not what transform wrote; the staged CSV is as it was.
    """
    manifest = read_manifest(store.clean).values()
    keys = " ".join(fragment.key for fragment in manifest).encode()
    made = store.staged_csv if store.staged_csv.exists() else store.csv  # publish moves the one to the other
    if made.exists() and store.staged_keys.exists():
        known, _, recorded = store.staged_keys.read_bytes().rpartition(b"\n")
        if known == keys and (md5 := md5_of(made)).encode() == recorded:
            return Report(False, "staged for the CSV already", {"md5": md5})
    digest = hashlib.md5(HEADER, usedforsecurity=False)
    with replacing(store.staged_csv) as file:
        file.write(HEADER)
        for fragment in manifest:
            content = fragment.read(store.clean)
            digest.update(content)
            file.write(content)
    with replacing(store.staged_keys) as file:
        file.write(keys + b"\n" + digest.hexdigest().encode())
    sentence = f"{store.staged_csv.stat().st_size} bytes staged for the CSV"
    return Report(True, sentence, {"md5": digest.hexdigest()})
