"""`api.nasa.gov/planetary/apod`, the service that APOD's archive has been read from since 2014.

NASA archives it on 2026-12-01, and since late September 2026 it answers every date with a placeholder.
Contract: https://github.com/nasa/apod-api; in front of it stands api.data.gov's gateway, with errors of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from include.apod.days import Span
from include.apod.errors import Misconfigured, SourceChanged
from include.apod.sources import Absent
from include.apod.sources.client import Client, seen
from include.apod.sources.gate import by_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Planetary(Client):
    """One session with the planetary service."""

    name = "planetary"

    def __init__(self, base_url: str, key: str, pause_seconds: float, now: datetime) -> None:
        # The key travels as a header: a URL ends up in logs.
        super().__init__(f"{base_url.rstrip('/')}/planetary/apod", {"X-Api-Key": key}, pause_seconds, now)

    def fetch(self, span: Span) -> dict[date, dict[str, Any]]:
        """The records of a span of days, by day; days without a picture are left out.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        answer = self.get(self.url, {"start_date": f"{span.first}", "end_date": f"{span.last}"})
        if answer.status_code != requests.codes.ok:
            raise _refusal(answer)
        return by_day(self.parsed(answer), span, self.name)

    def fetch_day(self, day: date) -> dict[str, Any] | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        answer = self.get(self.url, {"date": f"{day}"})
        if _says_absent(answer):
            return Absent(answer.status_code, answer.text)
        if answer.status_code != requests.codes.ok:
            raise _refusal(answer)
        return by_day([self.parsed(answer)], Span(day, day), self.name)[day]

    @staticmethod
    def normalise(record: Mapping[str, Any]) -> dict[str, Any]:
        return normalise(record)


def normalise(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as it is: the one form of the project is this service's."""
    return dict(record)


def _says_absent(answer: requests.Response) -> bool:
    """Whether this is the service's own word for a day, not a gateway's 404 or that of a wrong path."""
    return answer.status_code == requests.codes.not_found and '"No data available for date: ' in answer.text


def _refusal(answer: requests.Response) -> Exception:
    """The error that an answer other than 200 stands for."""
    if answer.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
        return Misconfigured(f"{seen(answer)}. Put a key from https://api.nasa.gov into connection apod_api.")
    if "HTTPS_REQUIRED" in answer.text:
        return Misconfigured(f"{seen(answer)}. Write https:// in the host of connection apod_api.")
    return SourceChanged(f"{seen(answer)}. Is the host of connection apod_api right?")
