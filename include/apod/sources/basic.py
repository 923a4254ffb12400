"""`science.nasa.gov/wp-json/wp/v2/apod-basic`, NASA's replacement for the planetary service since September 2026.

No key. Lists come in pages, newest first; parameters that it does not know are ignored, so that what comes back has
to be compared with what was asked. Its texts are HTML, and its `url` is an article, not the picture.
Contract: https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import requests
from bs4 import BeautifulSoup

from include.apod.days import Span
from include.apod.errors import SourceChanged
from include.apod.sources import Absent
from include.apod.sources.client import Client, seen
from include.apod.sources.gate import by_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

LARGEST_PAGE = 31  # a month in one page, where the service allows that; its guide promises 25
LEAD = "Explanation:"
TAIL = "Tomorrow's picture"
MEDIA_TYPES = {"image": "image", "video": "video", "iframe": "video"}  # an iframe was `video` in the planetary service
PLAYERS = ("iframe[src]", "video[src]", "video source[src]", "embed[src]", "a[href$='.mp4']")


class Basic(Client):
    """One session with the replacement service."""

    name = "basic"

    def __init__(self, base_url: str, pause_seconds: float, now: datetime) -> None:
        super().__init__(f"{base_url.rstrip('/')}/wp-json/wp/v2/apod-basic", {}, pause_seconds, now)
        self._page_size = LARGEST_PAGE

    def fetch(self, span: Span) -> dict[date, dict[str, Any]]:
        """The records of a span of days, by day; days without a picture are left out.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        found: dict[date, dict[str, Any]] = {}
        for page in range(1, 1 + sum(1 for _ in span)):
            answer = self._page(span, page)
            read = by_day(self.parsed(answer), span, self.name)
            if read.keys() <= found.keys():  # past the end it may begin again
                break
            found |= read
            if answer.headers.get("X-WP-TotalPages") == f"{page}":
                break
        return dict(sorted(found.items()))

    def fetch_day(self, day: date) -> dict[str, Any] | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        answer = self.get(f"{self.url}/{day:%y%m%d}", {})
        if answer.status_code == requests.codes.not_found and '"apod_basic_not_found"' in answer.text:
            return Absent(answer.status_code, answer.text)
        if answer.status_code != requests.codes.ok:
            raise SourceChanged(seen(answer))
        return by_day([self.parsed(answer)], Span(day, day), self.name)[day]

    def _page(self, span: Span, page: int) -> requests.Response:
        """One page of a span; where the service refuses our page size, in the one that it documents."""
        query = {
            "date_from": f"{span.first:%y%m%d}",
            "date_to": f"{span.last:%y%m%d}",
            "per_page": f"{self._page_size}",
            "page": f"{page}",
        }
        answer = self.get(self.url, query)
        if answer.status_code == requests.codes.bad_request and "per_page" in answer.text:
            self._page_size = 25
            answer = self.get(self.url, {**query, "per_page": "25"})
        if answer.status_code != requests.codes.ok:
            raise SourceChanged(seen(answer))
        return answer

    @staticmethod
    def normalise(record: Mapping[str, Any]) -> dict[str, Any]:
        return normalise(record)


def normalise(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the planetary service's keys, its texts without mark-up, and `url` the picture or video.

    A value that is not text stays as it is, for the rules behind to name.
    """
    kind = record.get("media_type")
    image = kind == "image"
    made = {
        "date": record.get("date"),
        "title": _plain(record.get("title"), unescape),
        "explanation": _plain(record.get("explanation"), _explanation),
        "media_type": MEDIA_TYPES.get(kind, kind) if isinstance(kind, str) else kind,
        "url": record.get("hdurl") if image else _plain(record.get("basic_html"), _player),
        "hdurl": record.get("hdurl") if image else None,
        "copyright": _plain(record.get("copyright"), _text),
    }
    return {name: value for name, value in made.items() if value is not None}


def _plain(value: Any, read: Any) -> Any:
    return read(value) if isinstance(value, str) else value


def _parsed(html: str) -> BeautifulSoup:
    shown = re.sub(r"<!\[[^>]*>?", "", html)  # a comment to browsers; Python's parser gives up on some of these
    return BeautifulSoup(f"<body>{shown}</body>", "html.parser")


def _text(html: str) -> str:
    """What a browser would show of a piece of HTML, in one paragraph."""
    body = _parsed(html)
    for hidden in body(["script", "style"]):
        hidden.decompose()
    for line_end in body(["br", "p", "div", "li"]):
        line_end.append("\n")
    return " ".join(body.get_text().split())


def _explanation(html: str) -> str:
    text = _text(html)
    end = text.replace("\u2019", "'").rfind(TAIL)
    return (text if end < 0 else text[:end]).strip().removeprefix(LEAD).strip()


def _player(html: str) -> str | None:
    """The address of the video in the page of a day."""
    page = _parsed(html)
    for selector in PLAYERS:
        if found := page.select_one(selector):
            return str(found.get("src") or found.get("href"))
    return None
