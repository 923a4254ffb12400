"""A small stand-in of Google Cloud Storage: what obstore asks of it, with generations and conditional writes."""

import json
import threading
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from obstore.store import GCSStore

ENTRY = (
    "<Contents><Key>{}</Key><Size>{}</Size><LastModified>2026-11-23T17:00:00.000Z</LastModified>"
    "<ETag>{}</ETag></Contents>"
)


class Answers(BaseHTTPRequestHandler):
    """Answers for the bucket of its server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Quiet."""

    def name(self):
        return unquote(urlsplit(self.path).path).strip("/").partition("/")[2]

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", f"{len(body)}")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def found(self, status, body=b""):
        content, generation = self.server.bucket.objects[self.name()]
        tag = f'"{md5(content).hexdigest()}"'
        modified = "Mon, 23 Nov 2026 17:00:00 GMT"
        self.answer(status, body, ETag=tag, x_goog_generation=f"{generation}", Last_Modified=modified)

    def do_GET(self):
        if not self.name():
            prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
            entries = [
                ENTRY.format(escape(name), len(content), f'"{md5(content).hexdigest()}"')
                for name, (content, _) in sorted(self.server.bucket.objects.items())
                if name.startswith(prefix)
            ]
            self.answer(200, f"<ListBucketResult>{''.join(entries)}</ListBucketResult>".encode())
        elif self.name() in self.server.bucket.objects:
            self.found(200, self.server.bucket.objects[self.name()][0])
        else:
            self.answer(404)

    do_HEAD = do_GET  # noqa: N815  # the library's name

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = self.headers["x-goog-if-generation-match"]
        if wanted is not None and int(wanted) != self.server.bucket.objects.get(self.name(), (b"", 0))[1]:
            self.answer(412)
            return
        self.server.bucket.put(self.name(), content)
        self.found(200)

    def do_DELETE(self):
        self.answer(204 if self.server.bucket.objects.pop(self.name(), None) else 404)


class Google:
    """A bucket; `objects` has content and generation of each object by name."""

    def __init__(self):
        self.objects, self.generations = {}, count(1)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.bucket = self
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def put(self, name, content):
        """As somebody else would, without a condition."""
        self.objects[name] = (content, next(self.generations))

    def store(self, prefix):
        """What obstore opens."""
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        key = {
            "gcs_base_url": address,
            "disable_oauth": True,
            "client_email": "",
            "private_key": "",
            "private_key_id": "",
        }
        return GCSStore(
            "bucket", prefix=prefix, service_account_key=json.dumps(key), client_options={"allow_http": True}
        )

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
