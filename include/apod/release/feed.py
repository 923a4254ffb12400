"""`corrections.xml`: an Atom feed of what NASA changed, and of new versions."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from include.apod.release.card import shortened
from include.apod.release.edition import MOST_ENTRIES

if TYPE_CHECKING:
    from include.apod.history.versions import Version
    from include.apod.release.edition import Correction, Edition

ATOM = "http://www.w3.org/2005/Atom"
NAMESPACE = uuid5(NAMESPACE_URL, "https://apod.nasa.gov/apod/#data")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML


class Entry(NamedTuple):
    """An entry of the feed.

    Attributes:
        updated: when.
        identity: what makes it this one, for ever; its id is made of it.
        title, content: plain text.
    """

    updated: datetime
    identity: str
    title: str
    content: str


def _of_correction(correction: Correction) -> Entry:
    before, after = (shortened(value, 300) for value in (correction.before, correction.after))
    content = (
        f"{correction.field} of {correction.date}: “{before}” is “{after}” now. "
        f"Observations {correction.before_sha256} and {correction.after_sha256}; version {correction.commit}."
    )
    identity = f"correction {correction.date} {correction.field} {correction.after_sha256} {correction.commit}"
    return Entry(correction.committed_at, identity, f"NASA changed {correction.field} of {correction.date}", content)


def _of_version(version: Version) -> Entry:
    content = f"Version {version.commit}, CSV with md5 {version.csv}."
    return Entry(datetime.fromisoformat(version.time), f"version {version.commit}", version.subject, content)


def _add(parent: ET.Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = FORBIDDEN.sub("\ufffd", text)


def feed(edition: Edition) -> bytes:
    """The feed, newest first."""
    entries = [*map(_of_version, edition.versions), *map(_of_correction, edition.corrections)]
    root = ET.Element("feed", xmlns=ATOM)
    title = "NASA's Astronomy Picture of the Day, as data: corrections and versions"
    _add(root, {"id": NAMESPACE.urn, "title": title, "updated": edition.version.time})
    _add(ET.SubElement(root, "author"), {"name": "APOD pipeline"})
    for entry in sorted(entries, key=lambda entry: entry.updated, reverse=True)[:MOST_ENTRIES]:
        identity, updated = uuid5(NAMESPACE, entry.identity).urn, entry.updated.isoformat(timespec="seconds")
        texts = {"id": identity, "title": entry.title, "updated": updated, "content": entry.content}
        _add(ET.SubElement(root, "entry"), texts)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
