"""A task that does not see what the one before it wrote says so."""

import socket

import pytest

from include.apod.airflow.handover import check, place_of
from include.apod.errors import Misconfigured


@pytest.fixture
def on(monkeypatch):
    """Moves to a host."""
    return lambda name: monkeypatch.setattr(socket, "gethostname", lambda: name)


def test_a_folder_that_is_not_shared_is_told(on, tmp_path):
    """Two hosts, two folders of the same name: the second would load an empty archive."""
    on("worker-1")
    before = place_of(tmp_path / "one")
    on("worker-2")
    with pytest.raises(Misconfigured, match=r"on worker-2 is not .* on worker-1\. Tasks run on more than one host"):
        check(place_of(tmp_path / "two"), [before], tmp_path / "two")


def test_a_folder_that_is_shared_is_fine(on, tmp_path):
    """Two hosts, one id."""
    on("worker-1")
    before = place_of(tmp_path)
    on("worker-2")
    check(place_of(tmp_path), [before], tmp_path)


def test_a_disk_that_was_lost_on_the_same_host_is_no_fault(on, tmp_path):
    """Ingest brings back what was there."""
    on("worker-1")
    check(place_of(tmp_path / "after"), [place_of(tmp_path / "before")], tmp_path)
