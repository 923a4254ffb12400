"""The raw store of the version at the branch's tip; what is read of it is kept in the clone's own DVC cache."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.apod.adapters.dvc_config import stored_in
from include.apod.adapters.remote import download_object, object_path
from include.apod.errors import masked
from include.apod.formats.pointers import RAW_POINTER, object_in, remote_in

if TYPE_CHECKING:
    from include.apod.adapters.dvc_config import Location
    from include.apod.adapters.git import Clone

log = logging.getLogger(__name__)

NAME = re.compile(r"[0-9a-f]{32}(\.dir)?")  # DVC's, of an object


@dataclass(frozen=True)
class RawAtTip:
    """The raw store of the version at HEAD.

    Attributes:
        work: the clone.
        remote: the DVC remote that has its bytes.
        files: the md5 of each month file, by its path in the folder; none without a version, or where its list is lost.
    """

    work: Clone
    remote: Location
    files: dict[str, str]

    def content(self, name: str) -> bytes | None:
        """The bytes of one of the files; raises and warns as `_content`."""
        return _content(self.work, self.remote, self.files[name])


def _content(work: Clone, remote: Location, name: str) -> bytes | None:
    """The bytes of an object of a remote; None, with a warning, where they are lost.

    Raises:
        Unavailable, Misconfigured: the remote does not answer, or refuses the credentials.
    """
    if NAME.fullmatch(name):  # it becomes a path
        path = work.path / ".dvc" / "cache" / object_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() or download_object(remote, name, path):
            return path.read_bytes()
        path.unlink(missing_ok=True)
    log.warning(
        "%s of the version at the branch's tip is not whole in %s; its words cannot be compared.",
        name,
        masked(remote.url),
    )
    return None


def raw_at_tip(work: Clone, remote: Location) -> RawAtTip:
    """The raw store of the version at HEAD; `remote` is where it is, if the version does not say.

    Raises:
        Unavailable, Misconfigured: the remote does not answer, or refuses the credentials.
    """
    pointer, config = work.read_blobs([f"HEAD:{RAW_POINTER}", "HEAD:.dvc/config"])
    place, name = stored_in(config, remote_in(pointer)) or remote, object_in(pointer)
    listing = _content(work, place, name) if name else None
    return RawAtTip(work, place, {entry["relpath"]: entry["md5"] for entry in json.loads(listing or b"[]")})
