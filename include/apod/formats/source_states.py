"""`ingest/sources.json`: since when a service has given no believable answer. It may be deleted at any time."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import date
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class SourceState:
    """A service that gave no believable answer when it was last asked. One that does has no state.

    Attributes:
        silent_since: the first such day since its last believable answer.
        last_request: the last day on which it was asked.
    """

    silent_since: date
    last_request: date


def read_source_states(folder: Path) -> dict[str, SourceState]:
    """The states by name of the service; none if the file is missing or damaged."""
    try:
        entries = json.loads((folder / "sources.json").read_bytes())
        return {name: SourceState(*map(date.fromisoformat, days)) for name, days in entries.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def write_source_states(folder: Path, states: Mapping[str, SourceState]) -> None:
    """Writes the states, if they differ from those in the file."""
    if states != read_source_states(folder):
        with replacing(folder / "sources.json") as file:
            file.write(json.dumps({name: astuple(state) for name, state in states.items()}, default=str).encode())
