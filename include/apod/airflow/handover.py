"""Checks that a task sees what the task before it wrote: a folder that is not shared looks like an empty archive."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where a task worked.

    Attributes:
        host: name of the worker.
        store: id of the store's folder.
    """

    host: str
    store: str


def place_of(root: Path) -> Place:
    """This host, and the id of the folder; a folder without one gets one."""
    path = root / ".id"
    if not path.exists():
        with replacing(path) as file:
            file.write(uuid.uuid4().hex.encode())
    return Place(socket.gethostname(), path.read_text())


def check(place: Place, earlier: Iterable[Place], root: Path) -> None:
    """Compares where a task works with where the ones before it did. A disk that was lost on one host is no error.

    Raises:
        Misconfigured: an earlier task wrote to a folder on another host, which this one does not see.
    """
    for other_place in earlier:
        if other_place.store != place.store and other_place.host != place.host:
            raise Misconfigured(
                f"{root} on {place.host} is not the folder that the task before wrote to on {other_place.host}. Tasks "
                "run on more than one host: set APOD_STORE to an object store, or to a folder that all of them share."
            )
