"""Our own indexes, in JSON by their type. Each can be made again, so one that is damaged is as good as none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from include.apod.adapters.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

Index = TypeVar("Index")


def read_index(path: Path, kind: type[Index]) -> Index | None:
    """The index in a file; None if the file is missing, or not of this kind."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, ValueError):
        return None


def write_index(path: Path, index: object, *, durable: bool = True) -> None:
    """Writes an index; `durable` as in `replacing`."""
    with replacing(path, durable=durable) as file:
        file.write(msgspec.json.encode(index))
