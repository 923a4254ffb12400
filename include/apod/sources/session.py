"""HTTP with a service: time-outs, repetitions, proxies, and what goes wrong in our own errors."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from requests.utils import default_headers
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from include.apod.errors import Misconfigured
from include.apod.sources import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_SECONDS = (10, 75)  # to connect, to read: the gateway of api.nasa.gov gives up after 60
DEFAULT_WAIT_SECONDS = 3600.0  # the quota window, for a 429 without Retry-After
USER_AGENT = "apod-pipeline/0.1.0 (keeps an archive of APOD)"  # caches in front of services refuse nameless clients


class Session:
    """Connections to one service.

    Args:
        url: where the service is; it decides which proxy is used.
        headers: of each request.
        pause_seconds: before a request is repeated.
    """

    def __init__(self, url: str, headers: Mapping[str, str], pause_seconds: float) -> None:
        retry = Retry(
            total=3, connect=2, read=0, backoff_factor=pause_seconds, status_forcelist=(502, 503),
            respect_retry_after_header=False, raise_on_status=False,
        )  # fmt: skip
        # No `requests.Session` sends: its cookies, redirects and passwords from a .netrc are not wanted, and they are a
        # quarter of the time that Python needs for a request.
        self._adapter = HTTPAdapter(max_retries=retry)
        # Proxies and certificates from the environment, read once and not for each request.
        environment = requests.Session().merge_environment_settings(url, {}, None, None, None)
        self._proxies, self._certificates = environment["proxies"], environment["verify"] or True
        self._url = url
        self._headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **headers}

    @cached_property
    def _request(self) -> requests.PreparedRequest:
        """The request, of which only the address changes."""
        return requests.Request("GET", self._url, headers={**default_headers(), **self._headers}).prepare()

    def get(self, url: str, query: Mapping[str, str]) -> requests.Response:
        """The response to one request, whatever its status.

        Raises:
            NoAnswer: there is none.
            Misconfigured: the key cannot be sent, or the address is none.
        """
        try:
            self._request.prepare_url(url, dict(query))
            # A redirect is not followed: it would carry the key to wherever it points.
            response = self._adapter.send(
                self._request, timeout=TIMEOUT_SECONDS, verify=self._certificates, proxies=self._proxies
            )
            _ = response.content  # read here, where a connection that is cut is known for what it is
        except requests.exceptions.InvalidHeader as error:
            raise Misconfigured(
                "The API key in connection apod_api holds a character that cannot be sent (a line end?)."
            ) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise Misconfigured(f"{url} is no address; check the host of connection apod_api.") from error
        except requests.RequestException as error:
            raise NoAnswer(f"source down: {url} did not answer for {dict(query)}: {_cause(error)}.") from error
        return response

    @staticmethod
    def retry_after(response: requests.Response) -> float:
        """Seconds that a 429 asks us to wait; the header holds seconds or a date."""
        try:
            return Retry(retry_after_max=86400).parse_retry_after(response.headers["Retry-After"])
        except (KeyError, InvalidHeader):
            return DEFAULT_WAIT_SECONDS


def _cause(error: BaseException) -> str:
    """The innermost reason, without the layers of the HTTP library around it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return f"{error}" or type(error).__name__
