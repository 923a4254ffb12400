"""`api.nasa.gov/planetary/apod`, the service that APOD's archive has been read from since 2014.

NASA archives it on 2026-12-01, and since late September 2026 it answers every date with a placeholder.
Contract: https://github.com/nasa/apod-api.
"""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.sources import Absent

if TYPE_CHECKING:
    from include.apod.days import Span

TIMEOUT_SECONDS = (10, 75)  # to connect, to read: the gateway gives up after 60
DEFAULT_WAIT_SECONDS = 3600.0  # the quota window, when a 429 does not say


class Planetary:
    """One session with the service. Counts its requests and paces them."""

    name = "planetary"

    def __init__(self, base_url: str, key: str, pause_seconds: float) -> None:
        self.url = f"{base_url.rstrip('/')}/planetary/apod"
        self.pause_seconds = pause_seconds
        self.requests = 0
        self._session = requests.Session()
        # The key travels as a header: a URL ends up in logs. Accept: else errors come as HTML pages.
        self._session.headers.update({"X-Api-Key": key, "Accept": "application/json"})
        again = Retry(
            total=3, backoff_factor=1, status_forcelist=(502, 503, 504), respect_retry_after_header=False,
            raise_on_status=False,
        )  # fmt: skip
        self._session.mount("http://", HTTPAdapter(max_retries=again))
        self._session.mount("https://", HTTPAdapter(max_retries=again))

    def fetch(self, span: Span) -> dict[date, dict[str, Any]]:
        """The records of a span of days, by day; days without a picture are left out.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        answer = self._get({"start_date": f"{span.first}", "end_date": f"{span.last}"})
        if answer.status_code != requests.codes.ok:
            raise _refusal(answer, f"{span}")
        records = _json(answer, f"{span}")
        if not isinstance(records, list):
            raise SourceChanged(f"{self.url} answered {span} with a JSON {type(records).__name__}, not a list.")
        by_day = {_day_of(record, f"{span}"): record for record in records}
        if strangers := [f"{day}" for day in by_day if day not in span]:
            raise SourceChanged(f"{self.url} was asked for {span} and answered {', '.join(strangers[:3])} too.")
        return by_day

    def fetch_day(self, day: date) -> dict[str, Any] | Absent:
        """The record of one day, or the service's own 404 for it.

        Raises:
            RateLimited, Unavailable, SourceChanged, Misconfigured: as the service's answer demands.
        """
        answer = self._get({"date": f"{day}"})
        if _says_absent(answer):
            return Absent(answer.status_code, answer.text)
        if answer.status_code != requests.codes.ok:
            raise _refusal(answer, f"{day}")
        record = _json(answer, f"{day}")
        if (said := _day_of(record, f"{day}")) != day:
            raise SourceChanged(f"{self.url} was asked for {day} and answered {said}.")
        return dict(record)

    def _get(self, query: dict[str, str]) -> requests.Response:
        if self.requests:
            time.sleep(self.pause_seconds)
        self.requests += 1
        try:
            return self._session.get(self.url, params=query, timeout=TIMEOUT_SECONDS)
        except requests.exceptions.InvalidHeader as error:
            raise Misconfigured(
                "The API key in connection apod_api holds a character that cannot be sent (a line end?)."
            ) from error
        except requests.RequestException as error:
            raise Unavailable(f"{self.url} did not answer for {query}: {_cause(error)}.") from error


def _cause(error: BaseException) -> str:
    """The innermost reason, without the layers of the HTTP library around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{error}" or type(error).__name__


def _says_absent(answer: requests.Response) -> bool:
    """Whether this is the service's own 404, told by its shape from a gateway's."""
    return answer.status_code == requests.codes.not_found and '"msg"' in answer.text


def _refusal(answer: requests.Response, asked: str) -> Exception:
    """The error that an answer other than 200 stands for."""
    seen = (
        f"{answer.request.method} {answer.url.partition('?')[0]} for {asked}: {answer.status_code} {_excerpt(answer)}"
    )
    match answer.status_code:
        case 429:
            wait = answer.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isdigit() else DEFAULT_WAIT_SECONDS
            return RateLimited(f"{seen}. Over quota; what was read is kept, the rest follows.", seconds)
        case 401 | 403:
            return Misconfigured(f"{seen}. Put a key from https://api.nasa.gov into connection apod_api.")
        case status if status >= requests.codes.internal_server_error:
            return Unavailable(seen)
        case _:
            return SourceChanged(seen)


def _json(answer: requests.Response, asked: str) -> Any:
    try:
        return answer.json()
    except requests.exceptions.JSONDecodeError as error:
        raise SourceChanged(f"{answer.url} for {asked}: 200, but not JSON: {_excerpt(answer)}") from error


def _day_of(record: Any, asked: str) -> date:
    """The day a record says it is of; refuses what is no record.

    Raises:
        SourceChanged: no date, or the placeholder served instead of pictures since September 2026.
    """
    try:
        day = date.fromisoformat(record["date"])
    except (TypeError, KeyError, ValueError) as error:
        raise SourceChanged(f"Asked for {asked}, got a record without a date: {str(record)[:120]}") from error
    if record.get("title") == "NASA Science" or "nasa-logo" in str(record.get("url")):
        raise SourceChanged(
            f"The planetary service answers {day} with a placeholder (title {record.get('title')!r}), not with "
            "a picture: NASA is retiring it. Nothing was stored."
        )
    return day


def _excerpt(answer: requests.Response) -> str:
    return " ".join(answer.text.split())[:160]
