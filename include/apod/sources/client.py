"""One polite session with a service over HTTP: paced, timed out, counted, its failures named."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TIMEOUT_SECONDS = (10, 75)  # to connect, to read: the gateway of api.nasa.gov gives up after 60
DEFAULT_WAIT_SECONDS = 3600.0  # the quota window, when a 429 does not say
CLOCK_HOURS = 20  # two clocks further apart than this do not agree what day it is


class Client:
    """Asks, paces itself, and says how it went.

    A request is made again at once only where nobody was there, or on 502 and 503, which nearly always pass; one
    that the service failed at is the caller's to make smaller.

    Attributes:
        url: where the service is.
        requests, failures, remaining: see `Source`.
    """

    def __init__(self, url: str, headers: Mapping[str, str], pause_seconds: float, now: datetime) -> None:
        self.url = url
        self.pause_seconds = pause_seconds
        self.requests = 0
        self.failures = self._streak = 0
        self.remaining: int | None = None
        self._now = now
        self._compared = False
        self._next = 0.0
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", **headers})  # else errors come as HTML pages
        again = Retry(
            total=3, connect=2, read=0, backoff_factor=pause_seconds, status_forcelist=(502, 503),
            respect_retry_after_header=False, raise_on_status=False,
        )  # fmt: skip
        # Proxies and certificates of the environment, once and not for each request; no password from a .netrc.
        around = self._session.merge_environment_settings(url, {}, None, None, None)
        self._session.trust_env = False
        self._session.proxies, self._session.verify = around["proxies"], around["verify"]
        self._session.mount("http://", HTTPAdapter(max_retries=again))
        self._session.mount("https://", HTTPAdapter(max_retries=again))

    def get(self, url: str, query: Mapping[str, str]) -> requests.Response:
        """The service's answer to a question, whatever its status below 500 but for 429.

        Raises:
            Unavailable: nobody answered, or the service failed at this question.
            RateLimited: it takes no more requests from us for now.
            SourceChanged: it sends us elsewhere.
            Misconfigured: the key cannot be sent, or this machine's clock is wrong.
        """
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self.pause_seconds
        self.requests += 1
        self.failures += 1
        try:
            # A redirect would carry the key to wherever it points.
            answer = self._session.get(url, params=query, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.exceptions.InvalidHeader as error:
            raise Misconfigured(
                "The API key in connection apod_api holds a character that cannot be sent (a line end?)."
            ) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise Misconfigured(f"{url} is no address; check the host of connection apod_api.") from error
        except requests.RequestException as error:
            raise Unavailable(f"source down: {url} did not answer for {dict(query)}: {_cause(error)}.") from error
        self.requests += len(answer.raw.retries.history) if answer.raw.retries else 0
        self._read_quota(answer)
        self._refuse(answer)
        self._compare_clocks(answer)
        self._streak, self.failures = self.failures, 0
        self._compared = True
        return answer

    def parsed(self, answer: requests.Response) -> Any:
        """The JSON of an answer.

        Raises:
            Unavailable: it breaks off; asked again it may be whole.
            SourceChanged: it is no JSON at all.
        """
        try:
            return json.loads(answer.content, parse_constant=_no_number)
        except RecursionError as error:
            raise SourceChanged(f"{answer.url}: JSON nested deeper than any record: {excerpt(answer)}") from error
        except ValueError as error:
            if not answer.text.lstrip().startswith(("{", "[")):
                raise SourceChanged(f"{answer.url}: {answer.status_code}, but not JSON: {excerpt(answer)}") from error
            self.failures = self._streak
            size = len(answer.content)
            raise Unavailable(f"source down: {answer.url}: the JSON of {size} bytes breaks off") from error

    def _read_quota(self, answer: requests.Response) -> None:
        said = answer.headers.get("X-RateLimit-Remaining", "")
        if said.isdecimal():
            self.remaining = int(said)

    def _refuse(self, answer: requests.Response) -> None:
        if answer.status_code == requests.codes.too_many_requests:
            raise RateLimited(f"over quota: {seen(answer)}. What was read is kept, the rest follows.", _wait(answer))
        if answer.status_code >= requests.codes.internal_server_error:
            raise Unavailable(f"source down: {seen(answer)}")
        if answer.is_redirect:
            raise SourceChanged(f"{seen(answer)}: it sends us to {answer.headers['Location'].partition('?')[0]}")

    def _compare_clocks(self, answer: requests.Response) -> None:
        """Once a session: a clock that is a day off would ask for the wrong days."""
        if self._compared or "Date" not in answer.headers:
            return
        try:
            theirs = parsedate_to_datetime(answer.headers["Date"])
        except ValueError:  # a clock we cannot read is no reason to distrust ours
            return
        age = answer.headers.get("Age", "")  # of a copy in a cache
        apart = (self._now - theirs).total_seconds() - (int(age) if age.isdecimal() else 0)
        if abs(apart) > CLOCK_HOURS * 3600:
            raise Misconfigured(
                f"This machine's clock says {self._now:%Y-%m-%d %H:%M} UTC, {answer.url.partition('?')[0]} says "
                f"{theirs:%Y-%m-%d %H:%M}. Set the clock right: nothing was stored."
            )


def _no_number(word: str) -> None:
    """NaN and Infinity, which Python would read and JSON does not have."""
    raise ValueError(f"{word} is no JSON")


def _cause(error: BaseException) -> str:
    """The innermost reason, without the layers of the HTTP library around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{error}" or type(error).__name__


def _wait(answer: requests.Response) -> float:
    """Seconds that a 429 asks us to wait; the header holds seconds or a date."""
    try:
        return Retry(retry_after_max=86400).parse_retry_after(answer.headers["Retry-After"])
    except (KeyError, InvalidHeader):
        return DEFAULT_WAIT_SECONDS


def seen(answer: requests.Response) -> str:
    """What was asked and what came back, in one line; a query holds no key."""
    return f"{answer.url}: {answer.status_code} {excerpt(answer)}".rstrip()


def excerpt(answer: requests.Response) -> str:
    return " ".join(answer.text.split())[:160]
