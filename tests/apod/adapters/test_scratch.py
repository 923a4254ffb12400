"""Folders for one piece of work: gone with it, also where it was killed."""

import subprocess
import sys
import tempfile

import pytest

from include.apod.adapters.scratch import scratch
from tests.helpers.project import PROJECT

IMPORT = "from include.apod.adapters.scratch import scratch\n"
KILLED = f"{IMPORT}import os, signal\nwith scratch('test'): os.kill(os.getpid(), 9)"
HELD = f"{IMPORT}with scratch('test') as folder: print(folder, flush=True); input()"


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The machine's folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_work(temporary):
    """However that ends."""
    with pytest.raises(ValueError, match="an error"), scratch("test") as folder:  # noqa: PT012
        (folder / "file").write_text("content")
        raise ValueError("an error")

    assert [] == [*temporary.iterdir()]


def test_a_folder_of_a_killed_process_goes_with_the_next_work(temporary):
    """Nobody else would ever remove it, and a CSV of the whole archive is in it. Folders of other names stay."""
    subprocess.run([sys.executable, "-c", KILLED], cwd=PROJECT, check=False)
    (left,) = temporary.iterdir()
    (temporary / "apod-bench-1234").mkdir()
    with scratch("other") as folder:
        assert {folder, temporary / "apod-bench-1234"} == {*temporary.iterdir()}

    assert left.name.startswith("apod-scratch-test-")


def test_a_folder_that_is_in_use_stays(temporary):
    """Two runs may share a machine."""
    command = [sys.executable, "-c", HELD]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        theirs = other.stdout.readline().strip()
        with scratch("other") as ours:
            assert {theirs, str(ours)} == {str(path) for path in temporary.iterdir()}
        other.communicate("\n")

    assert [] == [*temporary.iterdir()]
