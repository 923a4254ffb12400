"""What is left of a version."""

import json
from datetime import date
from pathlib import Path

from include.apod.adapters.remote import object_path
from include.apod.history.verify import verify
from include.apod.history.versions import pullable
from tests.helpers.repository import needs_code

DAY = date(2026, 11, 20)


def lose(remote, name):
    Path(remote.url, object_path(name)).unlink()


@needs_code
def test_a_good_version_is_pullable_intact_and_reproducible(commit, history, remote):
    """By its own code, from its own raw store; the older as well as the newer."""
    commit()
    commit("Edited")
    clone, found, workshop = history()

    assert [("yes", "yes", "yes", "unsigned")] * 2 == [
        (one.pullable, one.intact, one.reproducible, one.signature)
        for one in (verify(each, clone, remote, workshop) for each in found)
    ]


@needs_code
def test_what_is_lost_of_a_version_is_said(commit, history, remote):
    """Without the CSV it can be made again; without a month of its raw store it cannot."""
    commit()
    clone, found, workshop = history()
    lose(remote, found[0].csv)
    without_csv = verify(found[0], clone, remote, workshop)
    states = [state for _, state in pullable(found)]
    month = json.loads(Path(remote.url, object_path(found[0].raw)).read_text())[0]["md5"]
    lose(remote, month)
    without_raw = verify(found[0], clone, remote, workshop)
    states += [state for _, state in pullable(found)]

    assert without_csv.good
    assert without_csv.pullable.startswith("no: missing:")
    assert not without_raw.good
    assert "2026-10.jsonl of version" in without_raw.reproducible
    assert ["raw", "no"] == states


@needs_code
def test_a_version_that_lies_about_its_csv_is_found(commit, history, remote):
    """What is in the remote under its name are other bytes."""
    commit()
    clone, found, workshop = history()
    path = Path(remote.url, object_path(found[0].csv))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"2026-11-20", b"2026-11-21"))
    verdict = verify(found[0], clone, remote, workshop)

    assert verdict.pullable.startswith("no: ")
    assert ("yes", "yes") == (verdict.intact, verdict.reproducible)
