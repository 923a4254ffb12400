"""`science.nasa.gov/wp-json/wp/v2/apod-basic`, NASA's replacement for the planetary service since September 2026.

It needs no key. Lists come in pages, newest first. Unknown parameters are ignored, so an answer has to be compared with
the question. Texts are HTML, and `url` is an article, not the picture.
Contract: https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import requests
from bs4 import BeautifulSoup

from include.apod.days import Span
from include.apod.errors import SourceChanged
from include.apod.sources import Absent, Reading
from include.apod.sources.client import Client, summary
from include.apod.sources.gate import by_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from include.apod.formats.raw import Record

BASE_URL = "https://science.nasa.gov"
LEFT_OUT = ("alt", "basic_html_url", "credit", "permalink", "post_id", "url")
LARGEST_PAGE = 31  # a month in one page, where the service allows that; its guide promises 25
DOCUMENTED_PAGE = 25
LEAD = "Explanation:"
TAIL = "Tomorrow's picture"
MEDIA_TYPES = {"image": "image", "video": "video", "iframe": "video"}  # an iframe was `video` in the planetary service
PLAYERS = ("iframe[src]", "video[src]", "video source[src]", "embed[src]", "a[href$='.mp4']")


class Basic(Client):
    """One session with the replacement service."""

    name = "basic"

    def __init__(self, base_url: str, key: str, pause_seconds: float, now: datetime) -> None:
        del key  # this service has none
        super().__init__(f"{base_url.rstrip('/')}/wp-json/wp/v2/apod-basic", {}, pause_seconds, now)
        self._page_size = LARGEST_PAGE

    def fetch(self, span: Span) -> dict[date, Record]:
        """The records of a span of days, by day; days without a picture are left out.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: by the service's answer.
        """
        records: dict[date, Record] = {}
        for number in range(1, 1 + len(span)):
            response = self._page(span, number)
            page = by_day(self.parsed(response), span, self.name)
            if page.keys() <= records.keys():  # past the end it may begin again
                break
            records |= page
            if response.headers.get("X-WP-TotalPages") == f"{number}":
                break
        return dict(sorted(records.items()))

    def fetch_day(self, day: date) -> Record | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: by the service's answer.
        """
        response = self.get(f"{self.url}/{day:%y%m%d}", {})
        if response.status_code == requests.codes.not_found and '"apod_basic_not_found"' in response.text:
            return Absent(response.status_code, response.text)
        if response.status_code != requests.codes.ok:
            raise SourceChanged(summary(response))
        return by_day([self.parsed(response)], Span(day, day), self.name)[day]

    def _page(self, span: Span, number: int) -> requests.Response:
        """One page of a span; where the service refuses our page size, in the documented one."""
        query = {
            "date_from": f"{span.first:%y%m%d}",
            "date_to": f"{span.last:%y%m%d}",
            "per_page": f"{self._page_size}",
            "page": f"{number}",
        }
        response = self.get(self.url, query)
        if response.status_code == requests.codes.bad_request and "per_page" in response.text:
            self._page_size = DOCUMENTED_PAGE
            response = self.get(self.url, {**query, "per_page": f"{DOCUMENTED_PAGE}"})
        if response.status_code != requests.codes.ok:
            raise SourceChanged(summary(response))
        return response


connect = Basic


def _converted(value: object, convert: Callable[[str], str | None]) -> object:
    """A text after `convert`; anything else as it is."""
    return convert(value) if isinstance(value, str) else value


def _parsed(html: str) -> BeautifulSoup:
    visible = re.sub(r"<!\[[^>]*>?", "", html)  # a comment to browsers; Python's parser gives up on some of these
    return BeautifulSoup(f"<body>{visible}</body>", "html.parser")


def _text(html: str) -> str:
    """What a browser would show of a piece of HTML, in one paragraph."""
    body = _parsed(html)
    for hidden in body(["script", "style"]):
        hidden.decompose()
    for line_end in body(["br", "p", "div", "li"]):
        line_end.append("\n")
    return " ".join(body.get_text().split())


def _explanation(html: str) -> str:
    """The day's text, without its label and without the announcement of tomorrow's picture."""
    text = _text(html)
    end = text.replace("\u2019", "'").rfind(TAIL)
    return (text if end < 0 else text[:end]).strip().removeprefix(LEAD).strip()


def _player(html: str) -> str | None:
    """The address of the video in the page of a day; None if there is none."""
    page = _parsed(html)
    for selector in PLAYERS:
        if element := page.select_one(selector):
            return str(element.get("src") or element.get("href"))
    return None


def read(record: Record) -> Reading:
    """The record with the planetary service's fields: text without mark-up, and `url` the picture or video."""
    fields = dict(record)
    media_type, picture, page = (
        fields.pop("media_type", None),
        fields.pop("hdurl", None),
        fields.pop("basic_html", None),
    )
    is_image = media_type == "image"
    values = {
        "date": fields.pop("date", None),
        "title": _converted(fields.pop("title", None), unescape),
        "explanation": _converted(fields.pop("explanation", None), _explanation),
        "media_type": MEDIA_TYPES.get(media_type, media_type) if isinstance(media_type, str) else media_type,
        "url": picture if is_image else _converted(page, _player),
        "hdurl": picture if is_image else None,
        "copyright": _converted(fields.pop("copyright", None), _text),
    }
    unknown = frozenset(fields.keys() - LEFT_OUT)
    return Reading({name: value for name, value in values.items() if value is not None}, unknown)
