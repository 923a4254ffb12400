"""Step 2: make each raw month a clean, typed fragment of the CSV.

A pure function of the raw bytes and `fragments.VERSION`: a fragment that exists is the right one, on every machine.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from include.apod.formats import raw as raw_store
from include.apod.formats.fragments import read_manifest, write_manifest
from include.apod.run import Report

if TYPE_CHECKING:
    from include.apod.formats.store import Store

BATCH = 120  # months; their pictures are about 5 MB, and pandas costs as much for one month as for these


def transform(store: Store, *, rebuild: bool = False) -> Report:
    """Writes the fragment of every raw month that lacks it; with `rebuild`, of every month.

    Raises:
        BadData: a raw file is damaged; what was published stays.
    """
    if rebuild:
        shutil.rmtree(store.clean, ignore_errors=True)
    known, months = read_manifest(store.clean), raw_store.months(store.raw)
    fresh = {name for month in months if (name := month.stem) in known and known[name].is_of(month, store.clean)}
    lacking = [month for month in months if month.stem not in fresh]
    made = dict(known)
    if lacking:
        from include.apod.load.clean import write_fragments  # with pandas, half a second that a run without news saves
    for start in range(0, len(lacking), BATCH):
        made |= write_fragments(lacking[start : start + BATCH], store.clean)
    manifest = {month.stem: made[month.stem] for month in months}
    if manifest != known:
        write_manifest(store.clean, manifest.values())
    rejected = sum(fragment.rejected for fragment in manifest.values())
    sentence = f"{len(lacking)} months transformed" if lacking else "every month is clean already"
    if rejected:
        sentence += f"; {rejected} observations break a hard rule and go to apod.rejected"
    return Report(bool(lacking), sentence, {"months": len(lacking), "rejected": rejected})
