"""`ingest/sources.json`: since when a service has given no believable answer. It may be deleted at any time."""

from __future__ import annotations

from datetime import date  # noqa: TC003  # msgspec reads it
from typing import TYPE_CHECKING

import msgspec

from include.apod.formats.index_file import read_index, write_index

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class SourceState(msgspec.Struct, frozen=True, array_like=True):
    """A service that gave no believable answer when it was last asked. One that does has no state.

    Attributes:
        silent_since: the first such day since its last believable answer.
        last_request: the last day on which it was asked.
    """

    silent_since: date
    last_request: date


def read_source_states(folder: Path) -> dict[str, SourceState]:
    """The states by name of the service; none if the file is missing or damaged."""
    return read_index(folder / "sources.json", dict[str, SourceState]) or {}


def write_source_states(folder: Path, states: Mapping[str, SourceState]) -> None:
    """Writes the states, if they differ from those in the file."""
    if states != read_source_states(folder):
        write_index(folder / "sources.json", states)
