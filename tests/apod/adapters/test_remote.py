"""Bytes of a DVC remote are what their name says, or are not taken."""

import pytest

from include.apod.adapters.dvc_config import Location
from include.apod.adapters.files import md5_hex
from include.apod.adapters.remote import download_object, object_path
from tests.helpers.objects import BUCKET, Objects

CONTENT = b"the bytes of a version"


@pytest.fixture(params=["folder", "object store"])
def remote(request, tmp_path, monkeypatch):
    """A remote, and how to put an object there under any name."""
    if request.param == "folder":

        def put(name, content):
            path = tmp_path / "remote" / object_path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        yield Location(str(tmp_path / "remote")), put
        return
    pytest.importorskip("moto", reason="there is no stand-in of S3 here; a checkout with `make test` has it")
    objects = Objects().start()
    objects.set(monkeypatch)
    yield Location(f"s3://{BUCKET}/dvc"), lambda name, content: objects.put(f"dvc/{object_path(name)}", content)
    objects.stop()


@pytest.mark.parametrize("suffix", ["", ".dir"])
def test_what_is_there_is_hashed(remote, tmp_path, suffix):
    """Changed, cut and empty objects are no objects; neither is one that is not there."""
    location, put = remote
    name, target = md5_hex(CONTENT) + suffix, tmp_path / "target"
    taken = [download_object(location, name, target)]
    for content in (CONTENT.upper(), CONTENT[:-1], b"", CONTENT):
        put(name, content)
        taken.append(download_object(location, name, target))

    assert [False, False, False, False, True] == taken
    assert CONTENT == target.read_bytes()
