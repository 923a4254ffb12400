"""A session with a service: paced, its failures turned into our errors."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from include.apod.adapters.json_text import parse_json
from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import requests

MAX_CLOCK_DIFFERENCE_HOURS = 20  # clocks further apart do not agree which day it is


class Client:
    """A session with one service.

    A request is repeated at once only where no connection came about, or after 502 and 503, which nearly always pass.
    After any other failure the caller makes the request smaller.

    Attributes:
        url: where the service is.
        requests, failures, remaining: see `Source`.
    """

    def __init__(self, url: str, headers: Mapping[str, str], pause_seconds: float, now: datetime) -> None:
        from include.apod.sources.session import Session  # requests, which who only reads records need not have

        self.url = url
        self.pause_seconds = pause_seconds
        self.requests = 0
        self.failures = self._failures_before = 0
        self.remaining: int | None = None
        self._now = now
        self._clock_compared = False
        self._next_request = 0.0
        self._session = Session(url, headers, pause_seconds)

    def get(self, url: str, query: Mapping[str, str]) -> requests.Response:
        """The response to one request, for any status below 500 except 429 and redirects.

        Raises:
            Unavailable: no connection, or the service failed at this request.
            RateLimited: the service takes no more requests for now.
            SourceChanged: it redirects.
            Misconfigured: the key cannot be sent, or this machine's clock is wrong.
        """
        if (wait := self._next_request - time.monotonic()) > 0:  # even no time at all lets another thread go first
            time.sleep(wait)
        self._next_request = time.monotonic() + self.pause_seconds
        self.requests += 1
        self.failures += 1
        response = self._session.get(url, query)
        self.requests += len(response.raw.retries.history) if response.raw.retries else 0
        self._read_quota(response)
        self._refuse(response)
        self._compare_clocks(response)
        self._failures_before, self.failures = self.failures, 0
        self._clock_compared = True
        return response

    def parsed(self, response: requests.Response) -> object:
        """The JSON of a response.

        Raises:
            Unavailable: it breaks off; the next answer may be complete.
            SourceChanged: it is not JSON.
        """
        try:
            return parse_json(response.content)
        except RecursionError as error:
            raise SourceChanged(f"{response.url}: JSON nested deeper than any record: {excerpt(response)}") from error
        except ValueError as error:
            if not response.text.lstrip().startswith(("{", "[")):
                raise SourceChanged(
                    f"{response.url}: {response.status_code}, but not JSON: {excerpt(response)}"
                ) from error
            self.failures = self._failures_before
            size = len(response.content)
            raise Unavailable(f"source down: {response.url}: the JSON of {size} bytes breaks off") from error

    def _read_quota(self, response: requests.Response) -> None:
        header = response.headers.get("X-RateLimit-Remaining", "")
        if header.isdecimal():
            self.remaining = int(header)

    def _refuse(self, response: requests.Response) -> None:
        """Raises for a status that no caller can use."""
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            wait = self._session.retry_after(response)
            raise RateLimited(f"over quota: {summary(response)}. What was read is kept, the rest follows.", wait)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"source down: {summary(response)}")
        if response.is_redirect:
            target = response.headers["Location"].partition("?")[0]
            raise SourceChanged(f"{summary(response)}: it redirects to {target}")

    def _compare_clocks(self, response: requests.Response) -> None:
        """Once a session: a clock that is a day off would ask for the wrong days."""
        if self._clock_compared or "Date" not in response.headers:
            return
        try:
            service_time = parsedate_to_datetime(response.headers["Date"])
        except ValueError:  # an unreadable header is no reason to distrust our clock
            return
        age = response.headers.get("Age", "")  # of a copy in a cache, in seconds
        difference = (self._now - service_time).total_seconds() - (int(age) if age.isdecimal() else 0)
        if abs(difference) > MAX_CLOCK_DIFFERENCE_HOURS * 3600:
            raise Misconfigured(
                f"This machine's clock says {self._now:%Y-%m-%d %H:%M} UTC, {response.url.partition('?')[0]} says "
                f"{service_time:%Y-%m-%d %H:%M}. Set the clock right: nothing was stored."
            )


def summary(response: requests.Response) -> str:
    """Request and response in one line; a query holds no key."""
    return f"{response.url}: {response.status_code} {excerpt(response)}".rstrip()


def excerpt(response: requests.Response) -> str:
    """The beginning of a response's body."""
    return " ".join(response.text.split())[:160]
