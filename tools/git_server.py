"""Git over HTTP as a host serves it: git's own `http-backend` behind a token.

    GIT_TEST_TOKEN=… python -m tools.git_server FOLDER PORT

For tests and `make cluster`; it listens on loopback only.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

TOKEN = "a-tests-token"  # noqa: S105  # of nothing but this stand-in


def respond(folder: Path, method: str, url: str, headers: Message, body: bytes) -> tuple[dict[str, str], bytes]:
    """Git's answer to a request: header fields and content."""
    path, _, query = url.partition("?")
    environment = {
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers["Content-Type"] or "",
        "HTTP_CONTENT_ENCODING": headers["Content-Encoding"] or "",
        "HTTP_GIT_PROTOCOL": headers["Git-Protocol"] or "",
        "REMOTE_USER": "user",
        "PATH": os.environ["PATH"],
    }
    result = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
    head, _, content = result.stdout.partition(b"\r\n\r\n")
    fields = (line.partition(": ") for line in head.decode().splitlines())
    return {name: value for name, _, value in fields}, content


def handler(folder: Path, expired: threading.Event, token: str = TOKEN) -> type[BaseHTTPRequestHandler]:
    """Serves the bare repositories in `folder`; refuses everybody while `expired` is set."""
    credentials = "Basic " + base64.b64encode(f"user:{token}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            if expired.is_set() or self.headers["Authorization"] != credentials:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            length = int(self.headers["Content-Length"] or 0)
            fields, content = respond(folder, self.command, self.path, self.headers, self.rfile.read(length))
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  # the name that http.server looks for

    return Handler


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, threading.Event]]:
    """The base URL of the repositories in `folder`, and an event that makes the token expire."""
    expired = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(folder, expired))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", expired
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def environment(token: str = TOKEN) -> dict[str, str]:
    """What Airflow's GitHook sets for a token: a helper that knows it, nothing in a URL or an argument."""
    helper = '!f() { echo username=user; echo "password=$GIT_TEST_TOKEN"; }; f'
    return {
        "GIT_TEST_TOKEN": token,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": "credential.helper",
        "GIT_CONFIG_VALUE_1": helper,
    }


if __name__ == "__main__":
    serve = handler(Path(sys.argv[1]), threading.Event(), os.environ["GIT_TEST_TOKEN"])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), serve).serve_forever()
