"""A person's own repository: with NASA's own services, and never for the stand-in's fiction."""

import json

import pytest

from local.cli.deployment import remote_of, repository_of
from local.stack.layout import Layout
from local.stack.stack import Stack


@pytest.fixture
def named(monkeypatch):
    monkeypatch.setenv("APOD_LIVE_REPOSITORY", "git@github.com:you/apod.git")
    monkeypatch.setenv("APOD_LIVE_REMOTE", "s3://your-bucket/dvc")


def made(tmp_path, *, live):
    """A stack whose ports and secrets are chosen, but which does not run."""
    stack = Stack(Layout(live=live, base=tmp_path), print)
    stack.layout.root.mkdir(parents=True)
    stack.layout.release.mkdir()
    stack._choose_facts()
    return stack


@pytest.mark.usefixtures("named")
def test_live_versions_go_where_a_person_says(tmp_path):
    """The tasks' connection and remote, and what the commands look at."""
    stack = made(tmp_path, live=True)
    environment = stack.environment()

    assert "git@github.com:you/apod.git" == json.loads(environment["AIRFLOW_CONN_APOD_GIT"])["host"]
    assert "s3://your-bucket/dvc" == environment["APOD_DVC_REMOTE"] == remote_of(stack).url
    assert "git@github.com:you/apod.git" == repository_of(stack).url


@pytest.mark.usefixtures("named")
def test_fiction_stays_on_this_machine(tmp_path):
    """Whatever is set."""
    stack = made(tmp_path, live=False)
    environment = stack.environment()

    assert stack.layout.repository.as_uri() == json.loads(environment["AIRFLOW_CONN_APOD_GIT"])["host"]
    assert f"{stack.layout.dvc_remote}" == environment["APOD_DVC_REMOTE"]
