"""Whether a task sees what the task before it wrote: a folder that is not shared looks like an empty archive."""

from __future__ import annotations

import socket
import uuid
from typing import TYPE_CHECKING

from include.apod.adapters.files import replacing
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Place = dict[str, str]  # `host`: of the worker; `store`: the id of the folder that it wrote to

_ID = ".id"


def place_of(root: Path) -> Place:
    """This host, and the id of the folder, which it is given when it is first seen."""
    path = root / _ID
    if not path.exists():
        with replacing(path) as file:
            file.write(uuid.uuid4().hex.encode())
    return {"host": socket.gethostname(), "store": path.read_text()}


def check(here: Place, before: Iterable[Place], root: Path) -> None:
    """Compares where a task works with where the ones before it did. A disk that was lost on one host is no fault.

    Raises:
        Misconfigured: they wrote to a folder on another host, which this one does not see.
    """
    for place in before:
        if place["store"] != here["store"] and place["host"] != here["host"]:
            raise Misconfigured(
                f"{root} on {here['host']} is not the folder that the task before wrote to on {place['host']}. Tasks "
                "run on more than one host: set APOD_STORE to an object store, or to a folder that all of them share."
            )
