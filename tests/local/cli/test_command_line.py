"""`./apod` itself: its help, and one clear line for what cannot work."""

import json
import os
import subprocess
import sys

import pytest

from local.cli.follow import parse_param
from tests.helpers.project import PROJECT, run


def apod(*words, local, **env):
    return subprocess.run(
        [PROJECT / "apod", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=PROJECT,
        env={**os.environ, "APOD_LOCAL": str(local), **env},
    )


def test_help_lists_every_command(tmp_path):
    """Each with a line of what it does."""
    done = apod("--help", local=tmp_path)

    assert done.returncode == 0
    assert [
        word
        for word in ("run", "up", "down", "status", "trigger", "import", "restore", "versions", "env")
        if f"\n  {word} " not in done.stdout
    ] == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("trigger", "load"), "apod: The local stack is not up; start it with ./apod up."),
        (("trigger", "sing"), "apod: There is no step 'sing'; the steps are ingest, load and version."),
        (
            ("restore",),
            "apod: Say what to restore: a VERSION, --to FOLDER or --schema NAME; or --raw, the live raw store.",
        ),
        (("restore", "--raw"), "apod: There is no version yet; ./apod run makes one."),
        (
            ("import", "docs"),
            "apod: docs is no git repository; say when it was captured: --seen-at 2024-05-01T12:00:00Z.",
        ),
        (
            ("import", "docs", "--seen-at", "yesterday"),
            "apod: --seen-at 'yesterday' is no time; write 2024-05-01T12:00:00Z.",
        ),
        (
            ("import", ".", "--seen-at", "2024-05-01T12:00:00Z"),
            "apod: --seen-at is for a folder or a file; the commits of a repository have their own times.",
        ),
        (("env",), "apod: There is no local stack yet; ./apod run makes one."),
        (("status",), "apod: There is no local stack yet; ./apod run makes one."),
    ],
)
def test_what_cannot_work_is_one_line(tmp_path, words, line):
    """Fact and next command; no traceback."""
    done = apod(*words, local=tmp_path)

    assert (1, line) == (done.returncode, done.stderr.strip())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("stop",), "'stop'"),
        (("versions", "--all"), "--all"),
        (("passport",), "'DATE'"),
        (("trigger",), "'step'"),
    ],
)
def test_a_command_that_it_does_not_know_is_named(tmp_path, words, named):
    """With how to ask for those that it knows; no traceback."""
    done = apod(*words, local=tmp_path)

    assert done.returncode == 2
    assert named in done.stderr
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_network_is_one_line(tmp_path):
    """`LIVE=1` looks before it starts anything."""
    done = apod("run", local=tmp_path, LIVE="1", HTTPS_PROXY="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")

    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert "apod: Neither https://science.nasa.gov nor https://api.nasa.gov can be reached" in done.stderr
    assert [*tmp_path.iterdir()] == []


def test_two_at_once_are_one_line(tmp_path, monkeypatch):
    """The second leaves the first alone."""
    from local.stack.layout import Layout
    from local.stack.stack import Stack

    monkeypatch.setenv("APOD_LOCAL", str(tmp_path))
    with Stack(Layout(), print).locked():
        done = apod("run", local=tmp_path)

    assert (
        1,
        f"apod: Another ./apod command is at work on {tmp_path / 'demo'}; wait for it to end, then try again.",
    ) == (
        done.returncode,
        done.stderr.strip(),
    )


def test_an_old_python_is_one_line(tmp_path):
    """Names what was found and the way out; on a checkout that was never set up."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "-q", PROJECT, clone], check=True)
    done = subprocess.run(
        [clone / "apod", "status"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "APOD_PYTHON": str(old), "HOME": str(tmp_path)},
    )

    assert done.returncode == 1
    assert "apod: Python 3.11 or newer is needed; found: Python 3.9.2." in done.stderr


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("allow_shrink=true", ("allow_shrink", True)),
        ("start_date=2026-01-01", ("start_date", "2026-01-01")),
        ("message=a = b", ("message", "a = b")),
    ],
)
def test_parameters_are_json_where_they_are_json(text, parsed):
    """So that a boolean is one."""
    assert parsed == parse_param(text)


def test_running_as_a_module_needs_no_terminal():
    """Plain lines when the output is not a terminal."""
    done = subprocess.run([sys.executable, "-m", "local.cli", "--help"], cwd=PROJECT, capture_output=True, check=True)

    assert b"\x1b" not in done.stdout


def test_damaged_facts_are_one_line(tmp_path):
    """Names the file and what to delete."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "stack.json").write_text("{")
    done = apod("status", local=tmp_path)

    assert (1, 1) == (done.returncode, len(done.stderr.strip().splitlines()))
    assert f"{tmp_path / 'demo' / 'stack.json'} is damaged" in done.stderr


def test_no_package_index_is_said_in_the_end(tmp_path):
    """With the way to go on; nothing half installed passes for whole."""
    clone = tmp_path / "a clone"
    subprocess.run(["git", "clone", "-q", PROJECT, clone], check=True)
    nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    done = subprocess.run(
        [clone / "apod", "status"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            **nowhere,
            "PIP_RETRIES": "0",
            "UV_HTTP_RETRIES": "0",
            "UV_NO_CACHE": "1",
            "PIP_NO_INDEX": "1",
        },
    )

    assert 1 == done.returncode
    assert "run the same command again" in done.stderr.strip().splitlines()[-1]
    assert not (clone / ".local" / "venv" / ".installed").exists()


def test_an_import_says_how_far_it_is_and_what_it_stored(tmp_path):
    """Into the stack of NASA's own service, which need not be there yet; no password of the address is shown."""
    keeper = tmp_path / "keeper"
    record = {"date": "2024-05-01", "title": "A title", "explanation": "Words.", "media_type": "image"}
    (tmp_path / "kept.json").write_text(json.dumps(record))
    run("git", "init", "-q", keeper, cwd=tmp_path)
    (keeper / "kept.json").write_text(json.dumps({**record, "date": "2024-05-02"}))
    run("git", "add", ".", cwd=keeper)
    run("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "data", cwd=keeper)
    local = tmp_path / "local"
    file = apod("import", tmp_path / "kept.json", "--seen-at", "2024-05-03", local=local)
    history = apod("import", keeper, local=local)

    assert (0, 0) == (file.returncode, history.returncode), file.stderr + history.stderr
    assert "1 observations of 1 days stored, from 1 captures of kept.json" in file.stdout
    assert "1 of 1 captures read" in history.stdout
    assert 2 == len((local / "live" / "data" / "raw" / "2024" / "2024-05.jsonl").read_text().splitlines())
