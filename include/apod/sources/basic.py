"""`science.nasa.gov/wp-json/wp/v2/apod-basic`, NASA's replacement for the planetary service since September 2026.

It needs no key. Lists come in pages, newest first. Unknown parameters are ignored, so an answer has to be compared with
the question. Texts are HTML, and `url` is an article, not the picture.
Contract: https://api.nasa.gov/assets/files/apod/APOD-APIs-and-RSS-info.pdf.
"""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING

from include.apod.days import MONTHS, Span
from include.apod.errors import SourceChanged
from include.apod.sources import Absent, Reading
from include.apod.sources.article import (
    Medium,
    explanation_of,
    is_own,
    medium_of,
    rights_of,
    text_of,
    web_address,
)
from include.apod.sources.client import Client, summary
from include.apod.sources.gate import by_day

if TYPE_CHECKING:
    from datetime import datetime

    import requests

    from include.apod.formats.raw import Record

BASE_URL = "https://science.nasa.gov"
LEFT_OUT = ("basic_html_url", "post_id", "url")  # numbers of the site; `url` is the article, as `permalink` is
LARGEST_PAGE = 31  # a month in one page, where the service allows that; its guide promises 25
DOCUMENTED_PAGE = 25
PERMALINK_DAY = re.compile(r"/apod-(\d{4})-([a-z]+)-(\d{1,2})(?:-|/|$)")
TITLE_DAY = re.compile(r"APOD: (\d{4}) ([A-Z][a-z]+) (\d{1,2})\s*[\u2013\u2014-]\s*(?=\S)")
MEDIA_TYPES = {"image": "image", "video": "video", "iframe": "video"}  # an iframe was `video` in the planetary service


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
            size, response = self._page_size, self._page(span, number)
            articles = self.parsed(response)
            page = by_day(articles, span, self.name, day_of)
            if page.keys() <= records.keys():  # past the end it may begin again
                break
            records |= page
            count = len(articles) if isinstance(articles, list) else 0
            if count == DOCUMENTED_PAGE < size:  # it gave less than we asked for, whatever its headers speak of
                self._page_size = DOCUMENTED_PAGE
            elif count < size or response.headers.get("X-WP-TotalPages") == f"{number}":
                break
        return dict(sorted(records.items()))

    def fetch_day(self, day: date) -> Record | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: by the service's answer.
        """
        response = self.get(f"{self.url}/{day:%y%m%d}", {})
        if response.status_code == HTTPStatus.NOT_FOUND and '"apod_basic_not_found"' in response.text:
            return Absent(response.status_code, response.text)
        if response.status_code != HTTPStatus.OK:
            raise SourceChanged(summary(response))
        return by_day([self.parsed(response)], Span(day, day), self.name, day_of)[day]

    def _page(self, span: Span, number: int) -> requests.Response:
        """One page of a span; where the service refuses our page size, in the documented one."""
        query = {
            "date_from": f"{span.first:%y%m%d}",
            "date_to": f"{span.last:%y%m%d}",
            "per_page": f"{self._page_size}",
            "page": f"{number}",
        }
        response = self.get(self.url, query)
        if response.status_code == HTTPStatus.BAD_REQUEST and "per_page" in response.text:
            self._page_size = DOCUMENTED_PAGE
            response = self.get(self.url, {**query, "per_page": f"{DOCUMENTED_PAGE}"})
        if response.status_code != HTTPStatus.OK:
            raise SourceChanged(summary(response))
        return response


connect = Basic


def _filled(value: object) -> object:
    """A value; None for what WordPress calls empty."""
    return None if value is False or value == "" else value


def _text(value: object) -> str | None:
    """A field in HTML as text; None if it is empty or no text."""
    return text_of(value) or None if isinstance(value, str) else None


def _named_day(year: str, month: str, day: str) -> str | None:
    """The day of 2024, December and 7, as YYYY-MM-DD; None if it is none."""
    try:  # not by strptime, whose months are in the user's language
        return date(int(year), MONTHS.index(month.lower()) + 1, int(day)).isoformat()
    except ValueError:
        return None


def _title(value: object, day: str | None) -> object:
    """A title without a prefix like `APOD: 2024 December 7 -`, where that names the record's day."""
    if not isinstance(value, str):
        return value
    title = unescape(value)
    match = TITLE_DAY.match(title)
    return title[match.end() :] if match and _named_day(*match.groups()) == day else title


def day_of(record: Record) -> str | None:
    """The day of a record: the one in its permalink, else its `date`. They differ where the migration slipped."""
    permalink, day = record.get("permalink"), record.get("date")
    match = PERMALINK_DAY.search(permalink) if isinstance(permalink, str) else None
    named = _named_day(*match.groups()) if match else None
    return named or (day if isinstance(day, str) else None)


def _addresses(media_type: object, picture: object, medium: Medium | None) -> tuple[dict[str, object], list[str]]:
    """`media_type`, `url`, `hdurl` and `thumbnail_url`, and what is wrong with them."""
    findings = []
    still = web_address(picture) if isinstance(picture, str) else None
    if still and not is_own(still) and (medium is None or still != medium.url):
        findings.append("stock picture")
        still = None
    if medium and medium.is_local:
        findings.append("local path")
    kind: object = MEDIA_TYPES.get(media_type, media_type) if isinstance(media_type, str) else media_type
    if kind is None:
        findings.append("no media type")
        kind = medium.kind if medium else "other"
    medium_url = medium.url if medium else None
    if kind == "image":
        addresses = {"url": medium_url or still, "hdurl": still, "thumbnail_url": None}
    else:
        addresses = {"url": medium_url, "hdurl": None, "thumbnail_url": still}
    if addresses["url"] is None and kind != "other":
        findings.append("no medium")
    return {"media_type": kind, **addresses}, findings


def read(record: Record) -> Reading:
    """The record in the fields of the planetary service: text without mark-up, `url` the picture or video."""
    fields = {name: _filled(value) for name, value in record.items()}
    day = day_of(record)
    page, explanation, rights = (
        fields.pop("basic_html", None),
        fields.pop("explanation", None),
        fields.pop("copyright", None),
    )
    medium = medium_of(page) if isinstance(page, str) else None
    addresses, findings = _addresses(fields.pop("media_type", None), fields.pop("hdurl", None), medium)
    if isinstance(explanation, str):
        explanation, has_notice = explanation_of(explanation)
        findings += ["notice"] if has_notice else []
    holder = rights_of(rights) if isinstance(rights, str) else None
    credit = fields.pop("credit", None)
    credited = rights_of(credit) if isinstance(credit, str) else None
    if fields.pop("date", None) != day:
        findings.append("filed under another day")
    values = {
        "date": day,
        "title": _title(fields.pop("title", None), day),
        "explanation": explanation,
        **addresses,
        "copyright": holder.holder if holder else rights,
        "page_url": fields.pop("permalink", None),
        "credit": (credited and (credited.credit or credited.holder)) or (holder and holder.credit),
        "alt": _text(fields.pop("alt", None)),
    }
    unknown = frozenset(fields.keys() - LEFT_OUT)
    return Reading({name: value for name, value in values.items() if value is not None}, unknown, tuple(findings))
