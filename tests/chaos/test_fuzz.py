"""A coverage-guided fuzzer on both source parsers, for a minute each."""

import re
import subprocess
import sys

import pytest

from tests.helpers.project import PROJECT

pytestmark = pytest.mark.chaos
fuzz = pytest.importorskip("tests.chaos.fuzz", reason="atheris has no wheel for this platform")


@pytest.mark.parametrize("source", ["planetary", "basic"])
def test_nothing_but_our_own_errors(source, tmp_path):
    """Whatever a service answers; the number of answers tried is in the output."""
    (tmp_path / "corpus").mkdir()
    for number, seed in enumerate(fuzz.SEEDS):
        (tmp_path / "corpus" / f"{number}").write_bytes(seed)
    command = [sys.executable, "-m", "tests.chaos.fuzz", source, "corpus", "-max_total_time=60", "-max_len=2000"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(PROJECT)}
    )
    tried = re.search(r"Done (\d+) runs", done.stderr)

    assert 0 == done.returncode, done.stderr[-3000:]
    assert int(tried[1]) > 1000
