"""The remotes in a repository's `.dvc/config`, read with DVC's own parser.

Only this level counts. What a machine or a user has configured for DVC does not travel with the repository, so nobody
else could pull by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from configobj import ConfigObj, ConfigObjError

from include.apod.adapters.scratch import PREFIX
from include.apod.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_NAME = "apod"  # of the remote that `APOD_DVC_REMOTE` is written to


@dataclass(frozen=True)
class Location:
    """A DVC remote.

    Attributes:
        url: its address: an absolute path, or a URL.
        name: in `.dvc/config`.
        options: the rest of its section there, which may hold secrets.
    """

    url: str
    name: str = OWN_NAME
    options: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    def check(self) -> None:
        """Checks that the address means the same everywhere, and that objects can be found there by their md5.

        Raises:
            Misconfigured: it is relative to a clone, and ours is thrown away; or the remote works otherwise.
        """
        if self.url.startswith("remote://") or ("://" not in self.url and not Path(self.url).is_absolute()):
            raise Misconfigured(
                f"The DVC remote {self.url!r} of .dvc/config is only valid in one checkout; the bytes would be thrown "
                "away with ours. Set APOD_DVC_REMOTE to an absolute path or a URL. Nothing was pushed."
            )
        if "://" not in self.url and any(part.startswith(PREFIX) for part in Path(self.url).resolve().parts):
            raise Misconfigured(
                f"The DVC remote {self.url!r} is in a temporary folder of ours, which is thrown away. Set "
                "APOD_DVC_REMOTE to another path. Nothing was pushed."
            )
        if unreadable := re.search(r"[{}]|%\(", self.url):
            raise Misconfigured(
                f"The DVC remote {self.url!r} has {unreadable[0]!r} in its address, which DVC cannot read. Set "
                "APOD_DVC_REMOTE to another path. Nothing was pushed."
            )
        for option in ("worktree", "version_aware"):
            if self.options.get(option, "false").lower() not in ("", "0", "false", "no", "off"):
                raise Misconfigured(
                    f"The DVC remote {self.name!r} of .dvc/config has {option}, so it keeps no objects by md5. Set "
                    "APOD_DVC_REMOTE to another remote. Nothing was pushed."
                )


class _Remotes(NamedTuple):
    """The name of the default remote, empty if there is none, and the section of each remote by name."""

    default: str
    sections: Mapping[str, Mapping[str, str]]

    def location(self, name: str, url: str | None = None) -> Location | None:
        """The remote of this name, at `url` if that is given; None if it has no address."""
        options = dict(self.sections.get(name, {}))
        own_url = options.pop("url", "")
        address = url or own_url
        if not name or not address:
            return None
        return Location(address if "://" in address else f"{Path(address).expanduser()}", name, options)


def _read(config: str | None) -> _Remotes:
    """The remotes in the text of a `.dvc/config`; none where it cannot be read. Names have no upper case, as in DVC."""
    try:
        parsed = ConfigObj((config or "").splitlines()).dict()
    except ConfigObjError:
        return _Remotes("", {})
    sections = {}
    for title, section in parsed.items():
        if isinstance(section, dict):
            options = {key.lower(): value for key, value in section.items() if isinstance(value, str)}
            sections[_remote_name(title) or f"[{title.lower()}]"] = options
    return _Remotes(sections.get("[core]", {}).get("remote", "").lower(), sections)


def _remote_name(title: str) -> str:
    """The name of the remote whose section has this title; empty for another section."""
    match = re.fullmatch(r'\s*remote\s*"(.*)"\s*', title.lower())
    return match[1] if match else ""


def with_address(config: str | None, location: Location) -> str:
    """The text of a `.dvc/config` in which a remote has its address; the rest of it stays as somebody wrote it.

    DVC itself cannot write an address that is not ASCII.

    Raises:
        Misconfigured: the file, or the address, cannot be written.
    """
    try:
        parsed = ConfigObj((config or "").splitlines())
        title = next((title for title in parsed.sections if _remote_name(title) == location.name), None)
        section = parsed.setdefault(title or f'remote "{location.name}"', {})
        section["url"] = location.url
        return "\n".join([*parsed.write(), ""])
    except ConfigObjError as error:
        problem = " ".join(f"{error}".split())
        raise Misconfigured(
            f"The DVC remote {location.url!r} cannot be written to .dvc/config: {problem} Mend that file, or set "
            "APOD_DVC_REMOTE to another path. Nothing was pushed."
        ) from error


def stored_in(config: str | None, name: str | None, url: str | None = None) -> Location | None:
    """The remote that has the bytes of an out; None if there is none.

    Args:
        config: text of the `.dvc/config` beside it.
        name: of the remote that the out names; without one it is the default remote.
        url: replaces the address.
    """
    remotes = _read(config)
    return remotes.location(name or remotes.default or (OWN_NAME if url else ""), url)


def remote_for(config: str | None, url: str | None) -> Location | None:
    """The remote for a new version; None if there is none.

    With `url` it is the remote that has this address already, else our own with this address. Without, it is our own,
    else the repository's default.
    """
    remotes = _read(config)
    if not url:
        return remotes.location(OWN_NAME) or remotes.location(remotes.default)
    locations = (remotes.location(name) for name in (OWN_NAME, remotes.default, *remotes.sections))
    same = (location for location in locations if location and location.url == url)
    return next(same, None) or remotes.location(OWN_NAME, url)
