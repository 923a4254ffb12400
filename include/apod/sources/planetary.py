"""`api.nasa.gov/planetary/apod`, the service that APOD's archive has been read from since 2014.

NASA archives it on 2026-12-01, and since late September 2026 it answers every date with a placeholder.
Contract: https://github.com/nasa/apod-api. In front of it stands api.data.gov's gateway, with errors of its own.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from include.apod.days import Span
from include.apod.errors import Misconfigured, SourceChanged
from include.apod.sources import Absent, Reading
from include.apod.sources.client import Client, summary
from include.apod.sources.gate import by_day

if TYPE_CHECKING:
    from datetime import date, datetime

    import requests

    from include.apod.errors import ApodError
    from include.apod.formats.raw import Record

BASE_URL = "https://api.nasa.gov"
FIELDS = ("date", "title", "explanation", "media_type", "url", "hdurl", "thumbnail_url", "copyright")
LEFT_OUT = ("service_version", "concepts", "concept_tags", "resource")  # facts about the service, not about the picture
KNOWN = frozenset((*FIELDS, *LEFT_OUT))


class Planetary(Client):
    """One session with the planetary service."""

    name = "planetary"

    def __init__(self, base_url: str, key: str, pause_seconds: float, now: datetime) -> None:
        # The key goes into a header: a URL ends up in logs.
        super().__init__(f"{base_url.rstrip('/')}/planetary/apod", {"X-Api-Key": key}, pause_seconds, now)

    def fetch(self, span: Span) -> dict[date, Record]:
        """The records of a span of days, by day; days without a picture are left out.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: by the service's answer.
        """
        query = {"start_date": f"{span.first}", "end_date": f"{span.last}", "thumbs": "True"}
        response = self.get(self.url, query)
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response)
        return by_day(self.parsed(response), span, self.name)

    def fetch_day(self, day: date) -> Record | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: by the service's answer.
        """
        response = self.get(self.url, {"date": f"{day}", "thumbs": "True"})
        if _says_absent(response):
            return Absent(response.status_code, response.text)
        if response.status_code != HTTPStatus.OK:
            raise _refusal(response)
        return by_day([self.parsed(response)], Span(day, day), self.name)[day]


connect = Planetary


def read(record: Record) -> Reading:
    """The record as it is: the one form of the project has this service's fields."""
    values = {name: record[name] for name in FIELDS if name in record}
    return Reading(values, frozenset(record.keys() - KNOWN))


def _says_absent(response: requests.Response) -> bool:
    """Whether this is the service's own answer for a day, not a gateway's 404 or that of a wrong path."""
    return response.status_code == HTTPStatus.NOT_FOUND and '"No data available for date: ' in response.text


def _refusal(response: requests.Response) -> ApodError:
    """The error for a status other than 200."""
    if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return Misconfigured(f"{summary(response)}. Put a key from https://api.nasa.gov into connection apod_api.")
    if "HTTPS_REQUIRED" in response.text:
        return Misconfigured(f"{summary(response)}. Write https:// in the host of connection apod_api.")
    return SourceChanged(f"{summary(response)}. Is the host of connection apod_api right?")
