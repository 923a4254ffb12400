"""What a user's shell, account and folder are like changes nothing, or is named in one line before anything begins.

Each circumstance is one that users of pip, uv, Python, libpq, httpx or Airflow have reported.
"""

import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from include.apod.days import DAY, newest_publishable
from local.stack.environment import LOOPBACK, check_outward, own_environment
from local.stack.errors import StackError
from local.stack.processes import looks
from tests.helpers.project import PROJECT, run

NAMELESS = 4242  # a user that no machine knows
PROXIES = {
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "no_proxy": "corp.example",
}
LIBPQ = {
    "PGSSLMODE": "verify-full",
    "PGSERVICE": "none-such",
    "PGHOSTADDR": "127.0.0.9",
    "PGPORT": "9",
    "PGOPTIONS": "-c statement_timeout=1",
    "PGCLIENTENCODING": "LATIN1",
    "PGAPPNAME": "x",
}
PYTHON = {
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONSAFEPATH": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "",
    "VIRTUAL_ENV": "/nowhere",
}
PACKAGES = {
    "PIP_USER": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_PREFIX": "/nowhere",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "UV_SYSTEM_PYTHON": "1",
    "UV_TARGET": "/nowhere",
    "UV_EXCLUDE_NEWER": "2020-01-01",
}
OTHERS = {
    "AIRFLOW_HOME": "/nowhere",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "DVC_ROOT": "/nowhere",
    "GIT_DEFAULT_HASH": "sha256",
    "GIT_DIR": "/nowhere",
    "LANGUAGE": "de",
    "OPENLINEAGE_URL": "http://127.0.0.1:9",
    "REQUESTS_CA_BUNDLE": "/nowhere",
    "SSL_CERT_FILE": "/nowhere",
    "TMPDIR": "/nowhere",
    "WEB_CONCURRENCY": "9",
}
LATIN = {"LC_ALL": "de_DE.ISO-8859-1"}
EVERYTHING = {**PROXIES, **LIBPQ, **PYTHON, **PACKAGES, **OTHERS, **LATIN}


def apod(folder, *words, without=(), user=None, **variables):
    """Runs `./apod` in somebody else's environment."""
    env = {**os.environ, "APOD_LOCAL": str(folder), **variables}
    env = {name: value for name, value in env.items() if name not in without}
    prefix = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    command = [*prefix, PROJECT / "apod", *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=400, env=env, cwd=PROJECT)


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder with a locale that is not UTF-8, for LOCPATH."""
    folder = tmp_path_factory.mktemp("locales")
    made = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", folder / "de_DE.ISO-8859-1"]
    if shutil.which("localedef") is None or subprocess.run(made, capture_output=True, check=False).returncode:
        pytest.skip("no locale can be made here")
    return {"LOCPATH": str(folder)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A user's folder, with a letter that is not ASCII."""
    return tmp_path_factory.mktemp("jürgens Ordner ") / "stäck"


@pytest.fixture(scope="module")
def ran(folder, locales):
    """A first run with everything set at once, and no home; two months are enough for that."""
    since = newest_publishable(datetime.now(UTC)) - 60 * DAY
    without = ("HOME", "USER", "LOGNAME")
    done = apod(folder, "run", without=without, APOD_SINCE=f"{since}", **EVERYTHING, **locales)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.decode("ISO-8859-1")


@pytest.mark.stack
def test_the_whole_chain_runs_with_everything_set_at_once(ran, folder):
    """One version, with the letters of its title whole; the terminal has those that the user's own letters have."""
    pointer = run("git", "show", "main:data/apod_data.csv.dvc", cwd=folder / "demo" / "github.git")
    subject = run("git", "log", "-1", "--format=%s", "main", cwd=folder / "demo" / "github.git")
    proven = run("md5sum", folder / "demo" / "data" / "apod_data.csv", cwd=folder).split()[0]

    assert f"md5: {proven}" in pointer
    assert f"md5 {proven}" in ran
    assert subject.encode("ISO-8859-1", "replace").decode("ISO-8859-1") in ran


@pytest.mark.stack
@pytest.mark.parametrize(
    ("variables", "without"),
    [
        (PROXIES, ()),
        (LIBPQ, ()),
        (PYTHON, ()),
        (PACKAGES, ()),
        (OTHERS, ()),
        ({"HOME": "/nowhere"}, ()),
        ({"HOME": "/proc"}, ()),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, ()),
        ({}, ("HOME", "USER", "LOGNAME")),
    ],
    ids=["proxies", "libpq", "python", "packages", "others", "no home", "a home that is read only", "C", "nobody"],
)
def test_the_commands_say_the_same(ran, folder, variables, without):
    """PostgreSQL is started for it, and asked."""
    status = apod(folder, "status", without=without, **variables)

    assert status.returncode == 0, status.stderr
    assert b"table and CSV hold what the raw store says" in status.stdout


@pytest.mark.stack
def test_a_version_is_verified_with_everything_set_at_once(ran, folder, locales):
    """Another Python, git and DVC are started for it."""
    done = apod(folder, "verify", without=("HOME", "USER", "LOGNAME"), **EVERYTHING, **locales)

    assert 3 == done.stdout.count(b" yes"), done.stdout + done.stderr


STARTED = """\
import sys
from pathlib import Path
from local.stack.ports import any_free
from local.stack.postgres import Server, start
from local.stack.processes import Processes

home = Path(sys.argv[1])
processes = Processes(home / "processes.json", home)
server = Server(home / "data", any_free(), "a-password")
try:
    start(server, processes)
    print(server.answers())
finally:
    processes.stop()
"""


@pytest.mark.stack
def test_a_user_without_a_name(tmp_path_factory):
    """As containers have: a number that is in no /etc/passwd; PostgreSQL gets one that has a name."""
    if os.getuid() or shutil.which("setpriv") is None:
        pytest.skip("only root can become somebody else")
    own = tmp_path_factory.mktemp("nameless")
    for parent in own.parents:
        if parent.stat().st_uid == 0 and f"{parent}" != "/tmp":
            parent.chmod(parent.stat().st_mode | 0o755)
    shutil.chown(own, NAMELESS, NAMELESS)
    done = subprocess.run(
        ["setpriv", f"--reuid={NAMELESS}", f"--regid={NAMELESS}", "--clear-groups", sys.executable, "-c", STARTED, own],
        capture_output=True, text=True, check=False, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    if "has no name in /etc/passwd" in done.stderr:
        pytest.skip("this system allows no user namespaces; the one line is said")

    assert "True" == done.stdout.strip(), done.stderr


SHELL = ". local/stack/environment.sh; env"


def test_what_a_package_index_needs_stays(tmp_path):
    """And nothing else of pip, uv and Python does."""
    needed = {
        "PIP_INDEX_URL": "https://index.example/simple",
        "PIP_CERT": "/certificates.pem",
        "UV_INDEX_URL": "https://index.example/simple",
        "UV_INDEX_OURS_PASSWORD": "a password",
        "UV_CACHE_DIR": "/cache",
        "HTTPS_PROXY": "http://proxy.example:8080",
        "SSL_CERT_FILE": "/certificates.pem",
    }
    several_lines = {"NOTES": "one\nPIP_INDEX_URL=https://elsewhere.example\nPYTHON *"}
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **PYTHON, **PACKAGES, **needed, **several_lines}
    said = run("sh", "-euc", SHELL, cwd=PROJECT, env=env).splitlines()
    names = {line.partition("=")[0] for line in said}

    assert {f"{name}={value}" for name, value in needed.items()} <= {*said}
    assert set() == names & ((PYTHON.keys() | PACKAGES.keys()) - {"PYTHONUTF8"})
    assert "PYTHONUTF8=1" in said
    assert f"HOME={tmp_path}" in said


@pytest.mark.parametrize("live", [False, True])
def test_loopback_is_never_proxied(monkeypatch, live):
    """With the stand-in nothing leaves the machine; with NASA's own services a user's proxies stay."""
    for name, value in {**PROXIES, **OTHERS, **LIBPQ}.items():
        monkeypatch.setenv(name, value)
    own = own_environment({}, outward=live)

    assert own["no_proxy"] == own["NO_PROXY"] == (f"{LOOPBACK},corp.example" if live else LOOPBACK)
    assert live == ("http_proxy" in own) == ("SSL_CERT_FILE" in own)
    assert set() == own.keys() & {*LIBPQ, "GIT_DIR", "DVC_ROOT", "WEB_CONCURRENCY", "AIRFLOW_HOME"}


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("ALL_PROXY", "socks5://user:SECRETWORD@127.0.0.1:9", "ALL_PROXY names a SOCKS proxy"),
        ("https_proxy", "socks4a://127.0.0.1:9", "https_proxy names a SOCKS proxy"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "SSL_CERT_FILE=/nowhere/ca.pem is not there"),
        ("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem", "REQUESTS_CA_BUNDLE=/nowhere/ca.pem is not there"),
    ],
)
def test_a_way_out_that_cannot_work_is_named_before_anything_begins(tmp_path, monkeypatch, name, value, match):
    """For NASA's own services only."""
    monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match=match) as caught:
        check_outward()
    done = apod(tmp_path, "run", LIVE="1", **{name: value})

    assert "SECRETWORD" not in f"{caught.value}"
    assert (1, 1) == (done.returncode, len(done.stderr.strip().splitlines()))
    assert match.encode() in done.stderr
    assert [] == [*tmp_path.iterdir()]


def test_time_limits_are_of_the_clock():
    """However long one look takes."""
    began, count = time.monotonic(), 0
    for _ in looks(0.5, 0.1):
        time.sleep(0.3)
        count += 1

    assert count == 2
    assert time.monotonic() - began < 2
