"""The parts of an article of the replacement service: its text, its medium, its rights. Everything in them is HTML.

The service was filled by a migration that lost things, so each part is read on its own and nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

MOST_TAGS = 2000  # of an article, which has a hundred; a parser's time grows with their square
LEAD = "Explanation:"
TAIL = "Tomorrow's picture"
# Patterns begin with a character, not with a group or look behind: Python finds the places for them ten times as fast.
DOUBLE_BREAK = re.compile(r"(?i)<br\s*/?>\s*(?:<br\s*/?>\s*)+")
BOLD = re.compile(r"(?i)\s*(?:<(?:p|div|center)\b[^>]*>\s*)*<(?:b|strong|em|u|h[1-6])\b")
BLANK_BEFORE_PUNCTUATION = re.compile(r" (?=[.,;:!?](?:\s|$))(?<=\w )")  # where a link ended
INLINE = re.compile(r"(?i)</?(?:a|b|strong|em|i|u)(?:\s+[a-z]+=(?:'[^'<>]*'|\"[^\"<>]*\"))*\s*>")
ANY_TAG = re.compile(r"<[^<>]*>")
LINE_END = re.compile(r"(?i)<br\s*/?>")
CONDITIONAL = re.compile(r"<!\[[^>]*>?")  # a comment to browsers; Python's parser gives up on some of these
# How a page begins: text, and tags that show nothing and have no attribute. Half of what a parser would read of it.
HEADING = re.compile(r"(?i)^(?:[^<]+|<!doctype html>|</?(?:html|body|center|h1|p|b|br)>)*")
MEDIA = {"img": "image", "iframe": "video", "video": "video", "source": "video", "embed": "video"}
ADDRESS_IN = {**dict.fromkeys(MEDIA, "src"), "a": "href"}  # which attribute of a tag has the address
RENDITION = frozenset(("w", "h", "fit", "crop", "q", "auto", "fm", "dpr"))  # parameters of a resizer


@dataclass(frozen=True)
class Medium:
    """What the page of a day shows.

    Attributes:
        kind: `image` or `video`.
        url: its address; None if the page names none that can be followed.
        is_local: the page names a file on somebody's own disk.
    """

    kind: str
    url: str | None
    is_local: bool = False


@dataclass(frozen=True)
class Rights:
    """What a text about rights says.

    Attributes:
        holder: the holder of the copyright, where it says Copyright or is a bare name.
        credit: who made it, where it says Credit.
    """

    holder: str | None
    credit: str | None


def _parsed_text(html: str) -> str:
    """The text of any HTML, line ends where a browser would break the line."""
    body = BeautifulSoup(f"<body>{CONDITIONAL.sub('', html)}</body>", "html.parser")
    for hidden in body(["script", "style"]):
        hidden.decompose()
    for line_end in body(["br", "p", "div", "li"]):
        line_end.append("\n")
    return body.get_text()


def is_hostile(html: str) -> bool:
    """Whether HTML is no article, but made to keep a parser busy."""
    return html.count("<") > MOST_TAGS


def text_of(html: str) -> str:
    """What a browser would show of a piece of HTML, in one paragraph."""
    if is_hostile(html):
        return " ".join(unescape(ANY_TAG.sub(" ", html)).split())
    # Nearly all have inline tags only, and a parser takes a hundred times as long for them.
    plain = LINE_END.sub("\n", INLINE.sub("", html))
    text = _parsed_text(html) if "<" in plain else unescape(plain)
    return BLANK_BEFORE_PUNCTUATION.sub("", " ".join(text.split()))


def explanation_of(html: str) -> tuple[str, bool]:
    """The day's text, without its label, the announcement of tomorrow's picture, and notices of the site.

    A notice stands behind a double line break and begins in bold. Returns the text, and whether there was a notice.
    """
    if is_hostile(html):
        return text_of(html), False
    parts = DOUBLE_BREAK.split(html)
    end = next((number for number, part in enumerate(parts) if number and BOLD.match(part)), len(parts))
    text = text_of("<br>".join(parts[:end]))
    tail = text.replace("\u2019", "'").rfind(TAIL)
    notices = [part for part in map(text_of, parts[end:]) if part and not part.replace("\u2019", "'").startswith(TAIL)]
    return (text if tail < 0 else text[:tail]).strip().removeprefix(LEAD).strip(), bool(notices)


def stable(url: str) -> str:
    """An address without the parameters of a resizer; that of the original, where the address shows it."""
    address, _, query = url.partition("?")
    address = address.replace("/dynamicimage/assets/", "/content/dam/")
    names = {pair.partition("=")[0] for pair in query.replace("&amp;", "&").split("&") if pair}
    return address if names <= RENDITION else f"{address}?{query}"


def web_address(text: str) -> str | None:
    """The address, if it can be followed from anywhere; protocol-relative ones get https."""
    address = f"https:{text.strip()}" if text.strip().startswith("//") else text.strip()
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    return stable(address) if parts.scheme in ("http", "https") and host else None


def is_own(url: str) -> bool:
    """Whether an address may be that of APOD's own picture.

    On NASA's hosts APOD's files stand below a folder `apod`; anything else there is another programme's stock picture.
    """
    parts = urlsplit(url)
    return not f".{parts.hostname}".endswith(".nasa.gov") or "/apod/" in parts.path


def _medium_at(tag: str, address: str) -> Medium | None:
    """The medium that a tag shows; None for a picture that is not APOD's."""
    url, kind = web_address(address), MEDIA.get(tag, "video")
    if url is None:
        return Medium(kind, None, is_local=address.startswith(("///", "/Users", "file:")) or address[1:3] == ":\\")
    return Medium(kind, url) if is_own(url) or kind == "video" else None


class _Found(Exception):  # no error: the rest of the page need not be read
    """A page's medium."""


class _Page(HTMLParser):
    """Looks for the medium of a page, tag by tag; a tree of the page would take ten times as long."""

    in_video = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Raises _Found at the first tag that shows a medium."""
        self.in_video |= tag == "video"
        attributes, name = dict(attrs), ADDRESS_IN.get(tag, "")
        address = attributes.get(name) or ""
        shows = name in attributes and {"a": address.endswith(".mp4"), "source": self.in_video}.get(tag, True)
        if shows and (medium := _medium_at(tag, address.strip())):
            raise _Found(medium)

    def handle_endtag(self, tag: str) -> None:
        """Leaves a video."""
        self.in_video &= tag != "video"


def medium_of(html: str) -> Medium | None:
    """The first picture or video in the page of a day; None if there is none."""
    if is_hostile(html):
        return None
    page = _Page()
    try:
        page.feed(HEADING.sub("", CONDITIONAL.sub("", html), count=1))
        page.close()
    except _Found as signal:
        medium: Medium = signal.args[0]
        return medium
    return None


def rights_of(html: str) -> Rights:
    """The holder of the rights and the credit in the text of either field. A bare name is a holder."""
    text = text_of(html)
    match = re.match(r"(?i)^(©|[^:;]{0,80}\b(?:copyright|credits?|courtesy)\b[^:;]{0,60}:|copyright\b)\s*", text)
    if not match:
        return Rights(text or None, None)
    label, content = match[1].lower(), text[match.end() :].strip() or None
    if "copyright" in label or "©" in label:
        return Rights(content, None)
    return Rights(None, content)
