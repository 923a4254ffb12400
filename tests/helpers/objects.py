"""An object store over real HTTP: moto's S3, with the requests that it was sent."""

import json
import threading

import obstore
import requests
from moto.server import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from s3fs import S3FileSystem
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "apod-bucket"
KEY, SECRET = "AKIAEXAMPLE", "the-secret-key-of-the-store"


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Objects:
    """Listens on loopback.

    Attributes:
        requests: method and path of each, in order.
        before: called with the environment of a request before it is answered; what it returns is the answer.
    """

    def __init__(self):
        self.requests = []
        self.before = lambda _: None
        self.application = DomainDispatcherApplication(create_backend_app)
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        keys = {"access_key_id": KEY, "secret_access_key": SECRET, "region": "us-east-1"}
        self.bucket = S3Store(BUCKET, endpoint=self.url, client_options={"allow_http": True}, **keys)

    def __call__(self, environ, start):
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if (refusal := self.before(environ)) is not None:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(refusal, [("Content-Type", "application/xml"), ("Content-Length", "0")])
            return [b""]
        return self.application(environ, start)

    def start(self):
        """Empty: moto has one state for the whole process."""
        self.thread.start()
        requests.post(f"{self.url}/moto-api/reset", timeout=10).raise_for_status()
        requests.put(f"{self.url}/{BUCKET}", timeout=10).raise_for_status()
        self.requests.clear()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def environment(self):
        """What a deployment sets: the store's connection, and AWS's own variables for DVC."""
        extra = {"endpoint_url": self.url, "region_name": "us-east-1"}
        connection = {"conn_type": "aws", "login": KEY, "password": SECRET, "extra": extra}
        return {
            "AIRFLOW_CONN_APOD_STORE": json.dumps(connection),
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def put(self, name, content):
        self.bucket.put(name, content)

    def read(self, name):
        return bytes(self.bucket.get(name).bytes())

    def remove(self, *names):
        self.bucket.delete(names)

    def names(self):
        return sorted(meta["path"] for batch in obstore.list(self.bucket) for meta in batch)

    def set(self, monkeypatch):
        for name, value in self.environment().items():
            monkeypatch.setenv(name, value)
        S3FileSystem.clear_instance_cache()  # fsspec has one for each process
