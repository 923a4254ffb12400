"""`data/pull.py`, which every version has: the bytes without DVC, by Python's standard library alone."""

import functools
import hashlib
import http.server
import importlib.util
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from include.apod.adapters.files import md5_of, sha256_of
from include.apod.version.snapshot import PULL
from tests.helpers.project import run
from tests.helpers.repository import DVC, dvc_environment

PYTHONS = [sys.executable, *map(str, sorted((Path.home() / ".pyenv" / "versions").glob("3.9.*/bin/python3.9")))]


@pytest.fixture
def stranger(commit, bare, tmp_path):
    """A clone of a version; nothing is pulled yet."""
    commit()
    run("git", "clone", "-q", bare, tmp_path / "stranger", cwd=tmp_path)
    return tmp_path / "stranger"


def fetch(folder, *arguments, python=sys.executable, env=None):
    """Runs the script as in an empty container; `env` is all of its environment."""
    command = [python, "-I", folder / "data" / "pull.py", *arguments]
    return subprocess.run(command, cwd="/", env=env or {}, capture_output=True, text=True, check=False)


def data_files(folder):
    """All files below `data/`, without what git has."""
    tracked = run("git", "ls-files", cwd=folder).splitlines()
    paths = (path for path in (folder / "data").rglob("*") if path.is_file())
    return {name: path for path in paths if (name := f"{path.relative_to(folder)}") not in tracked}


def readdress(folder, url, **options):
    """Writes another address of the remote, and options of it, into a clone."""
    for name, value in {"url": url, **options}.items():
        run(*DVC, "remote", "modify", "apod", name, value, cwd=folder, env=dvc_environment(folder.parent))


def pulled_by_dvc(folder):
    run(*DVC, "pull", "-q", cwd=folder, env=dvc_environment(folder.parent))
    return {name: path.read_bytes() for name, path in data_files(folder).items()}


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: Path(path).name)
def test_it_brings_what_dvc_pull_brings(stranger, loaded, python):
    """CSV and raw store, byte for byte, whatever Python there is."""
    done = fetch(stranger, "--raw", python=python)
    mine = {name: path.read_bytes() for name, path in data_files(stranger).items()}

    assert (0, "") == (done.returncode, done.stderr)
    assert f"md5 {md5_of(loaded.csv)}  sha256 {sha256_of(loaded.csv)}" in done.stdout
    assert pulled_by_dvc(stranger) == mine
    assert {"data/apod_data.csv", "data/raw/2026/2026-10.jsonl", "data/raw/2026/2026-11.jsonl"} == mine.keys()


def test_twice_is_once_and_elsewhere_is_elsewhere(stranger, loaded, tmp_path):
    """A second run replaces what is there; without `--raw` only the CSV comes."""
    for _ in range(2):
        fetch(stranger, "--raw", "--to", tmp_path / "new" / "folder")
    done = fetch(stranger, "--to", tmp_path / "only")

    assert 0 == done.returncode
    assert ["apod_data.csv", "raw"] == sorted(path.name for path in (tmp_path / "new" / "folder").iterdir())
    assert loaded.csv.read_bytes() == (tmp_path / "only" / "apod_data.csv").read_bytes()
    assert ["apod_data.csv"] == [path.name for path in (tmp_path / "only").iterdir()]
    assert {} == data_files(stranger)


def test_over_http(stranger, loaded, remote):
    """A folder that a plain file server shows."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=remote.url)
    handler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    readdress(stranger, f"http://127.0.0.1:{server.server_address[1]}")
    done = fetch(stranger, "--raw")
    server.shutdown()
    server.server_close()

    assert (0, "") == (done.returncode, done.stderr)
    assert loaded.csv.read_bytes() == (stranger / "data" / "apod_data.csv").read_bytes()


@pytest.mark.parametrize("with_key", [True, False])
def test_from_s3_with_a_key_or_as_anybody(stranger, loaded, remote, with_key):
    """The endpoint is the remote's; the key is that of AWS's own variables, and never printed."""
    pytest.importorskip("moto")
    from s3fs import S3FileSystem

    from tests.helpers.objects import BUCKET, KEY, SECRET, Objects

    objects, seen = Objects().start(), []
    files = S3FileSystem(key=KEY, secret=SECRET, endpoint_url=objects.url, skip_instance_cache=True)
    files.put(f"{remote.url}/", f"{BUCKET}/a remote/", recursive=True, ACL="public-read")
    objects.before = lambda environ: seen.append(environ.get("HTTP_AUTHORIZATION", ""))
    readdress(stranger, f"s3://{BUCKET}/a remote", endpointurl=objects.url)
    done = fetch(
        stranger, env={"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET} if with_key else {"LANG": "C"}
    )
    objects.stop()

    assert (0, "") == (done.returncode, done.stderr)
    assert loaded.csv.read_bytes() == (stranger / "data" / "apod_data.csv").read_bytes()
    assert with_key == all(KEY in authorization for authorization in seen)
    assert SECRET not in done.stdout


def test_its_signature_is_aws_own(monkeypatch):
    """Botocore signs the same request in the same way."""
    pytest.importorskip("botocore")
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    spec = importlib.util.spec_from_file_location("pull_script", PULL)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    url, now = "https://bucket.s3.eu-west-1.amazonaws.com/a%20path/files/md5/ab/cd.dir", datetime.now(UTC)
    environment = {"AWS_ACCESS_KEY_ID": "a key", "AWS_SECRET_ACCESS_KEY": "a secret", "AWS_SESSION_TOKEN": "a token"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    request = AWSRequest("GET", url, headers={"x-amz-content-sha256": hashlib.sha256(b"").hexdigest()})
    request.context["timestamp"] = f"{now:%Y%m%dT%H%M%SZ}"
    signer = S3SigV4Auth(Credentials(*environment.values()), "s3", "eu-west-1")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    request.headers["X-Amz-Security-Token"] = "a token"
    text = signer.string_to_sign(request, signer.canonical_request(request))

    assert script.signed_headers(url, "eu-west-1", now)["authorization"].endswith(signer.signature(text, request))


def object_path(remote, name):
    return Path(remote.url) / "files" / "md5" / name[:2] / name[2:]


def rewrite(path, content):
    path.chmod(0o644)
    path.write_bytes(content)


def damage_csv(folder, remote, csv):
    rewrite(object_path(remote, md5_of(csv)), b"not these bytes")
    return "gives"


def lose_csv(folder, remote, csv):
    object_path(remote, md5_of(csv)).unlink()
    return "does not give"


def describe_another(folder, remote, csv):
    path = folder / "data" / "datapackage.json"
    path.write_text(path.read_text().replace(sha256_of(csv), "0" * 64))
    return "has the sha256"


def name_no_remote(folder, remote, csv):
    (folder / ".dvc" / "config").write_text("")
    return "no address of the remote 'apod'"


def name_an_unknown_kind(folder, remote, csv):
    readdress(folder, "gs://bucket/path")
    return "knows no gs://"


def name_no_md5(folder, remote, csv):
    (folder / "data" / "apod_data.csv.dvc").write_text("outs: []\n")
    return "names no md5"


def put_listing(folder, remote, listing):
    """A raw store with this listing, as somebody who may write to repository and remote could leave it."""
    content = json.dumps(listing).encode()
    name = f"{hashlib.md5(content).hexdigest()}.dir"
    object_path(remote, name).parent.mkdir(exist_ok=True, parents=True)
    object_path(remote, name).write_bytes(content)
    path = folder / "data" / "raw.dvc"
    before = next(line for line in path.read_text().splitlines() if line.startswith("- md5:"))
    path.write_text(path.read_text().replace(before, f"- md5: {name}"))


def leave_the_folder(folder, remote, csv):
    put_listing(folder, remote, [{"md5": md5_of(csv), "relpath": "../../outside.jsonl"}])
    return "outside of raw/"


def change_a_record(folder, remote, csv):
    month = next(path for path in Path(remote.url).rglob("*") if path.is_file() and b'"title":' in path.read_bytes())
    content = month.read_bytes().replace(b'"title":"', b'"title":"Not ', 1)
    name = hashlib.md5(content).hexdigest()
    object_path(remote, name).parent.mkdir(exist_ok=True)
    object_path(remote, name).write_bytes(content)
    put_listing(folder, remote, [{"md5": name, "relpath": "2026/2026-11.jsonl"}])
    return "is not what NASA said"


@pytest.mark.parametrize(
    "harm",
    [
        damage_csv,
        lose_csv,
        describe_another,
        name_no_remote,
        name_an_unknown_kind,
        name_no_md5,
        leave_the_folder,
        change_a_record,
    ],
)
def test_on_any_difference_it_fails_and_leaves_what_was_there(stranger, loaded, remote, tmp_path, harm):
    """Exit status 1, one line that says what differs, no file more and none less."""
    before = stranger / "data" / "apod_data.csv"
    before.write_text("what was there")
    words = harm(stranger, remote, loaded.csv)
    done = fetch(stranger, "--raw")
    elsewhere = fetch(stranger, "--raw", "--to", tmp_path / "elsewhere")

    assert (1, 1) == (done.returncode, elsewhere.returncode)
    assert words in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert ["data/apod_data.csv"] == [*data_files(stranger)]
    assert "what was there" == before.read_text()
    assert not (tmp_path / "elsewhere").exists()


def test_an_address_with_a_password_is_shown_without_it(stranger):
    """Errors end up in logs."""
    readdress(stranger, "http://somebody:a-password@127.0.0.1:9/remote")
    done = fetch(stranger)

    assert 1 == done.returncode
    assert "a-password" not in done.stderr


def test_a_place_that_takes_nothing_is_named(stranger, tmp_path):
    """A file where a folder should be."""
    (tmp_path / "a file").write_text("somebody's")
    done = fetch(stranger, "--to", tmp_path / "a file")

    assert (1, "somebody's") == (done.returncode, (tmp_path / "a file").read_text())
    assert "a file" in done.stderr
