"""What the command line asks of Airflow is asked again where Airflow failed by itself, and may be."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.stack import airflow_api
from local.stack.airflow_api import AirflowApi
from local.stack.errors import StackError


@contextmanager
def airflow_that_answers(*statuses):
    """An address that answers with these, one after the other, and what it was asked."""
    asked, coming = [], iter(statuses)

    class Answers(BaseHTTPRequestHandler):
        def answer(self):
            asked.append(f"{self.command} {self.path}")
            content = json.dumps({"access_token": "a token", "detail": "Database error"}).encode()
            self.send_response(201 if self.path == "/auth/token" else next(coming))
            self.send_header("Content-Length", f"{len(content)}")
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            self.answer()

        def do_PATCH(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def log_message(self, *_):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("method", "statuses", "requests"),
    [
        ("PATCH", (500, 503, 200), 3),  # a deadlock with the scheduler, twice
        ("GET", (500, 200), 2),
        ("PATCH", (500, 500, 500), 3),
        ("PATCH", (404,), 1),
        ("POST", (500,), 1),  # it may have started a run
    ],
)
def test_a_failure_of_airflows_own_is_asked_again(monkeypatch, method, statuses, requests):
    """Three times, and never what would be done twice; the error in the end is Airflow's."""
    monkeypatch.setattr(airflow_api, "PAUSE_SECONDS", 0.01)
    with airflow_that_answers(*statuses) as (address, asked):
        api = AirflowApi(address, "a password")
        if statuses[-1] == 200:
            api.call(method, "/runs")
        else:
            with pytest.raises(StackError, match=f"{method} /runs with {statuses[-1]}.*Database error"):
                api.call(method, "/runs")
        api.close()

    assert [f"{method} /api/v2/runs"] * requests == asked[1:]
