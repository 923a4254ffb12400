"""Git over HTTP as a host serves it: git's own `http-backend` behind a token."""

import base64
import os
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

TOKEN = "a-tests-token"


KNOWN = "Basic " + base64.b64encode(f"user:{TOKEN}".encode()).decode()


def handler(folder, expired):  # noqa: C901  # a class
    """Serves the bare repositories in `folder`; refuses everybody while `expired` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self):
            self.serve()

        def do_POST(self):
            self.serve()

        def log_message(self, *_):
            """Quiet."""

        def serve(self):
            if expired.is_set() or self.headers["Authorization"] != KNOWN:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            fields, content = self.ask()
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def ask(self):
            path, _, query = self.path.partition("?")
            environment = {
                "GIT_PROJECT_ROOT": str(folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": unquote(path),
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers["Content-Type"] or "",
                "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
                "HTTP_GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
                "REMOTE_USER": "user",
                "PATH": os.environ["PATH"],
            }
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            done = subprocess.run(
                ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            return dict(line.split(": ", 1) for line in head.decode().splitlines()), content

    return Handler


@contextmanager
def serving(folder):
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


def environment():
    """What Airflow's GitHook sets for a token: a helper that knows it, nothing in a URL or an argument."""
    helper = '!f() { echo username=user; echo "password=$GIT_TEST_TOKEN"; }; f'
    return {
        "GIT_TEST_TOKEN": TOKEN,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": "credential.helper",
        "GIT_CONFIG_VALUE_1": helper,
    }
