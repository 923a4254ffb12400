"""Politeness and failures, the same for both services."""

import threading
import tomllib
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from include.apod.days import Span
from include.apod.errors import Misconfigured, RateLimited, SourceChanged, Unavailable
from include.apod.sources import client, service, session
from include.apod.sources.planetary import Planetary
from local.nasa.gateway import Quota
from tests.helpers.project import NOON, PROJECT

DAYS = Span(date(2026, 11, 19), date(2026, 11, 20))

pytestmark = pytest.mark.parametrize("name", ["planetary", "basic"])


class _Handler(BaseHTTPRequestHandler):
    """Answers everything with an empty list and a cookie."""

    def do_GET(self):
        self.server.path, self.server.headers = self.path, self.headers
        self.send_response_only(200)  # no date: ours is a fixed one
        self.send_header("Content-Length", "2")
        self.send_header("Set-Cookie", "visitor=1")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def listener():
    """A server that keeps the `path` and the `headers` of the last request."""
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asked(name, url, times=1):
    """Asks a service at an address for two days; the answers do not matter."""
    source = service(name).connect(url, "KEY", 0, NOON)
    for _ in range(times):
        assert source.fetch(DAYS) == {}


@pytest.mark.parametrize(
    ("fault", "error", "match"),
    [
        ({"kind": "over_quota", "seconds": 2870}, RateLimited, "over quota: .*429 .*OVER_RATE_LIMIT"),
        ({"kind": "error"}, Unavailable, "source down: .*500 .*Internal Service Error"),
        ({"kind": "status", "status": 502}, Unavailable, "source down: .*502"),
        ({"kind": "status", "status": 504}, Unavailable, "source down: .*504"),
        ({"kind": "reset"}, Unavailable, "source down: .*did not answer"),
        ({"kind": "cut"}, Unavailable, "source down: .*did not answer"),
        ({"kind": "truncated"}, Unavailable, "source down: .*breaks off"),
        ({"kind": "html"}, SourceChanged, "200, but not JSON: <html>"),
        ({"kind": "moved"}, SourceChanged, "301: it redirects to https://science.nasa.gov/apod/"),
    ],
)
def test_each_failure_is_one_decision(nasa, name, fault, error, match):
    """Retry, retry later, or leave the service: the class says which, the message what was seen."""
    nasa.fault(**fault)
    with pytest.raises(error, match=match):
        nasa.source(name).fetch(DAYS)


def test_a_503_that_passes_is_asked_again_at_once(nasa, name):
    """The third try nearly always works. Each try counts."""
    nasa.fault("status", status=503, times=2)
    source = nasa.source(name)

    assert [*DAYS] == [*source.fetch(DAYS)]
    assert (3, 3) == (nasa.service.requests, source.requests)


def test_a_504_is_not_asked_again(nasa, name):
    """It took the service a minute; the caller asks for less."""
    nasa.fault("status", status=504)
    with pytest.raises(Unavailable, match="504"):
        nasa.source(name).fetch(DAYS)

    assert nasa.service.requests == 1


def test_a_service_that_hangs_is_down(nasa, name, monkeypatch):
    """Nothing waits without an end."""
    monkeypatch.setattr(session, "TIMEOUT_SECONDS", (1, 0.2))
    nasa.fault("hang", seconds=1)
    with pytest.raises(Unavailable, match="source down: .*timed out"):
        nasa.source(name).fetch(DAYS)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("2870", 2870), (" 7 ", 7), ("soon", 3600), ("", 3600), ("99999999999", 86400)],
)
def test_a_rate_limit_says_how_long(nasa, name, said, seconds):
    """Airflow retries when the service said it would answer again; rubbish is an hour, and nothing over a day."""
    nasa.fault("over_quota", retry_after=said)
    with pytest.raises(RateLimited, match="over quota") as caught:
        nasa.source(name).fetch(DAYS)

    assert seconds == caught.value.retry_after


def test_what_is_left_of_the_quota_is_read(nasa, name):
    """The replacement service says nothing of one."""
    nasa.service.gateway.keys["a key"] = Quota(10)
    source = nasa.source(name)
    source.fetch_day(DAYS.first)

    assert {"planetary": 9, "basic": None}[name] == source.remaining


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_is_a_day_off_is_named(nasa, name, hours):
    """It would ask for the wrong days."""
    source = nasa.source(name)
    nasa.service.now = lambda: NOON + timedelta(hours=hours)
    with pytest.raises(Misconfigured, match="This machine's clock says 2026-11-23 17:00 UTC, http.*says 2026-11-2[24]"):
        source.fetch(DAYS)


def test_an_hour_is_no_day(nasa, name):
    """Clocks differ, and caches age."""
    source = nasa.source(name)
    nasa.service.now = lambda: NOON + timedelta(hours=2)

    assert [*DAYS] == [*source.fetch(DAYS)]


def test_nobody_there_is_down_and_the_key_is_not_told(name):
    """No secret enters an exception text."""
    source = service(name).connect("http://127.0.0.1:9", "SECRETKEY", 0, NOON)
    with pytest.raises(Unavailable, match="source down: .*did not answer.*refused") as caught:
        source.fetch(DAYS)

    assert "SECRETKEY" not in str(caught.value)


def test_an_address_that_is_none_is_a_configuration_error(name):
    """Before anything is sent."""
    source = service(name).connect("http://", "k", 0, NOON)
    with pytest.raises(Misconfigured, match="is no address"):
        source.fetch(DAYS)


def test_a_key_with_a_line_end_is_a_configuration_error(name):
    """A pasted key often brings one; it is not told either."""
    with pytest.raises(Misconfigured, match="apod_api holds a character that cannot be sent") as caught:
        Planetary("http://127.0.0.1:9", "SECRETKEY\n", 0, NOON).fetch(DAYS)

    assert "SECRETKEY" not in str(caught.value)


def test_requests_are_paced(nasa, name, monkeypatch):
    """One a second by default, the first at once; the time that an answer is worked on counts."""
    slept = []
    monkeypatch.setattr(client.time, "sleep", slept.append)
    source = nasa.source(name)
    source.pause_seconds = 1000.0
    for day in DAYS:
        source.fetch_day(day)

    assert 1 == len(slept) == len(DAYS) - 1
    assert 900 < slept[0] < 1000


def test_a_service_is_told_who_asks(listener, name):
    """With the version of the project."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    asked(name, f"http://127.0.0.1:{listener.server_port}")

    assert listener.headers["User-Agent"].startswith(f"{project['name']}/{project['version']} (")


def test_a_proxy_of_the_environment_is_asked(listener, name, monkeypatch):
    """Nobody resolves the name of the service but the proxy."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{listener.server_port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.server_port}")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    asked(name, "http://nasa.example")

    assert listener.path.startswith("http://nasa.example/")


def test_nothing_but_the_request_is_sent(listener, name, monkeypatch, tmp_path):
    """No password that a .netrc has for the host, and no cookie that the service has set."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password SECRET\n")
    monkeypatch.setenv("NETRC", f"{tmp_path}/.netrc")
    asked(name, f"http://127.0.0.1:{listener.server_port}", times=2)

    assert {*listener.headers} & {"Authorization", "Cookie"} == set()
