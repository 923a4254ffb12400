"""Settings, and that every place that lists them lists the same ones."""

from datetime import date
from pathlib import Path

import pytest

from include.apod.errors import Misconfigured
from include.apod.settings import PROJECT, Settings, read_settings

NAMES = {f"APOD_{name.upper()}" for name in Settings.model_fields}


def test_an_empty_environment_gives_the_defaults():
    """A deployment sets only what differs."""
    settings = read_settings()

    assert (PROJECT / "data", date(1995, 6, 16), ("basic", "planetary"), "main") == (
        settings.store,
        settings.since,
        settings.sources,
        settings.git_branch,
    )


def test_a_relative_store_is_the_projects(deployment):
    """Never the folder that a task happens to run in."""
    deployment.set(APOD_STORE="elsewhere")

    assert read_settings().store == PROJECT / "elsewhere"


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("storage", f"{PROJECT / 'storage'}"),
        ("../storage", f"{PROJECT / '../storage'}"),
        ("~/storage", "/home/somebody/storage"),
        ("/mnt/storage", "/mnt/storage"),
        ("s3://bucket/storage", "s3://bucket/storage"),
    ],
)
def test_a_dvc_remote_is_the_same_everywhere(deployment, monkeypatch, value, url):
    """DVC would take a relative folder from a clone that is thrown away."""
    monkeypatch.setenv("HOME", "/home/somebody")
    deployment.set(APOD_DVC_REMOTE=value)

    assert url == read_settings().dvc_remote


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("APOD_SINCE", "yesterday", "APOD_SINCE='yesterday': .*date"),
        ("APOD_SOURCES", "planetary,wikipedia", "'wikipedia'.*'basic' or 'planetary'"),
        ("APOD_SOURCES", "basic,basic", "APOD_SOURCES=.*a service is named twice"),
        ("APOD_SOURCES", ",", "APOD_SOURCES"),
        ("APOD_REQUESTS_PER_RUN", "0", "APOD_REQUESTS_PER_RUN='0'"),
        ("APOD_GIT_AUTHOR", "nobody", "Name <address@example.org>"),
        ("APOD_GIT_BRANCH", "--upload-pack=x", "not a branch name"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(deployment, name, value, match):
    """And where the meanings are."""
    deployment.set(**{name: value})
    with pytest.raises(Misconfigured, match=f"{match}.*.env.example"):
        read_settings()


@pytest.mark.parametrize(
    "value",
    [
        "s3://AKIA:SEC/RET+x=@bucket/path",
        "s3://bucket/path?secret=SEC/RET",
        "s3://SEC/RET@bucket",
        "s3:///SEC/RET@x?y=SEC/RET",
    ],
)
def test_a_refused_setting_shows_no_secret(deployment, value):
    """Whatever stands before the host, or behind a question mark."""
    deployment.set(APOD_STORE=value)
    with pytest.raises(Misconfigured, match="APOD_STORE=.*without credentials") as caught:
        read_settings()

    assert "SEC" not in f"{caught.value}"


def test_settings_cannot_be_changed_later():
    """They are read once."""
    with pytest.raises(ValueError, match="frozen"):
        read_settings().git_branch = "other"


@pytest.mark.parametrize("path", [".env.example", "docs/settings.md"])
def test_every_setting_is_documented(path):
    """A setting nobody can find does not exist."""
    text = Path(PROJECT, path).read_text()

    assert set() == {name for name in NAMES if name not in text}
