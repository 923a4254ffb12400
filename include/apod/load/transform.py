"""Step 2, transformation: a clean, typed fragment of the CSV for each raw month.

A fragment is a pure function of the raw bytes and `RULES_VERSION`: one that exists is right, on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.apod.errors import BadData, NotPublished
from include.apod.formats import raw as raw_store
from include.apod.formats.composition import Composition, lacking_months
from include.apod.formats.fragments import read_manifest, write_manifest
from include.apod.formats.index_file import read_index
from include.apod.run import Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from include.apod.formats.fragments import Fragment, PerFile
    from include.apod.formats.raw import FileState
    from include.apod.formats.store import Store


def _check_raw(store: Store, raw: Mapping[str, FileState], *, allow_shrink: bool) -> None:
    """Checks that the raw store has what the published CSV was made from: a part is not the whole.

    Raises:
        NotPublished: it is empty.
        BadData: it lacks something, and nobody has allowed that.
    """
    if not raw:
        raise NotPublished("nothing to load yet: the raw store is empty; ./apod trigger ingest fills it")
    composition = read_index(store.composition, Composition)
    lacking = lacking_months(composition, raw) if composition and not allow_shrink else []
    if lacking:
        raise BadData(
            f"The raw store has less of {len(lacking)} months than the published CSV was made from, {lacking[0]} for "
            "one. Nothing was published. ./apod trigger ingest restores them from the last version; if they are to go: "
            "./apod trigger load --param allow_shrink=true"
        )


def transform(store: Store, *, rebuild: bool = False, allow_shrink: bool = False) -> Report:
    """Makes the fragment of every raw month that lacks a current one; with `rebuild`, of every month.

    Raises:
        NotPublished: there is nothing to transform.
        BadData: a raw file is damaged, or less than it was and not allowed to be; what was published stays.
    """
    manifest, raw = read_manifest(store.clean), raw_store.states(store.raw)
    _check_raw(store, raw, allow_shrink=allow_shrink)
    due = raw if rebuild else manifest.outdated(raw, store.clean)
    if due or manifest.fragments.keys() != raw.keys():
        unchanged = {month: manifest.fragments[month] for month in raw.keys() - due.keys()}
        manifest = write_manifest(store.clean, unchanged, due, _made(store.raw, [*due]))
    rejected = sum(fragment.rejected for fragment in manifest.fragments.values())
    sentence = f"{len(due)} months transformed" if due else "every month is clean already"
    if rejected:
        sentence += f"; {rejected} observations break a hard rule and go to apod.rejected"
    return Report(bool(due), sentence, {"months": len(due), "rejected": rejected})


def _made(raw: Path, due: Sequence[str]) -> Iterator[tuple[Fragment, PerFile[bytes]]]:
    """The fragments of some months.

    Raises:
        BadData: a raw file is damaged.
    """
    if due:
        from include.apod.load.clean import make_fragments  # pandas: half a second that a run without news saves

        yield from make_fragments(raw, due)
