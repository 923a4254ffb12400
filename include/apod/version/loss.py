"""A version never drops words that the one before it had, unless a person says so."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from include.apod.errors import BadData
from include.apod.formats import raw as raw_store
from include.apod.version.tip import raw_at_tip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from include.apod.adapters.dvc_config import Location
    from include.apod.adapters.git import Clone
    from include.apod.formats.raw import Observation

SHOWN_MONTHS = 5


def _dropped(before: list[Observation], after: list[Observation]) -> list[Observation]:
    """The observations before whose words are lost after: nowhere, or where the newest of their day are older ones.

    The time alone makes no difference: two deployments hear the same words at different times.
    """
    identities = {(observation.date, observation.source, observation.sha256) for observation in after}
    newest = raw_store.newest(after)
    lost = [
        observation
        for observation in before
        if (observation.date, observation.source, observation.sha256) not in identities
    ]
    for day, earlier in raw_store.newest(before).items():
        last = newest.get(day, earlier)
        differs = (last.source, last.sha256) != (earlier.source, earlier.sha256)
        if earlier not in lost and differs and last.seen_at < earlier.seen_at:
            lost.append(earlier)
    return lost


def _begins_with(path: Path, md5: str) -> bool:
    """Whether the first lines of a month file are the bytes with this md5: then nothing of them is lost."""
    digest = hashlib.md5(usedforsecurity=False)
    for line in path.read_bytes().splitlines(keepends=True) if path.exists() else []:
        digest.update(line)
        if digest.hexdigest() == md5:
            return True
    return False


def check_words(work: Clone, raw: Path, files: Mapping[str, str], remote: Location) -> None:
    """Checks that a raw store has every observation of the version at HEAD.

    Only months that have not just grown are downloaded: on an ordinary day none.

    Args:
        work: a clone; HEAD is what the version is to be put on top of.
        raw: the folder with the raw store of the version.
        files: the md5 of each of its files, by its path in the folder.
        remote: the DVC remote, where the version at HEAD names none.

    Raises:
        BadData: it lacks some; the branch is as it was.
        Unavailable, Misconfigured: the remote does not answer, or refuses the credentials.
    """
    tip = raw_at_tip(work, remote)
    lost: dict[str, int] = {}
    for name, md5 in tip.files.items():
        path = raw / name
        if md5 == files.get(name) or _begins_with(path, md5):
            continue
        before = tip.content(name)
        if before and (dropped := _dropped(raw_store.parse_month(before, path), raw_store.read_month(path))):
            lost[name] = len(dropped)
    if lost:
        months = ", ".join([*lost][:SHOWN_MONTHS]) + (", …" if len(lost) > SHOWN_MONTHS else "")
        raise BadData(
            f"{work.repository.branch} holds {sum(lost.values())} observations that the raw store lacks ({months}). "
            "Nothing was committed. ./apod trigger ingest --param restore=true takes them in, and a load and a version "
            "follow; if they are to go: ./apod trigger version --param allow_shrink=true"
        )
