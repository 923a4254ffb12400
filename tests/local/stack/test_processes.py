"""The processes of a stack end, whatever they do with a signal."""

import os
import sys

import pytest

from local.stack import processes
from local.stack.processes import Processes, looks

# says how it ended; what it does with a SIGTERM is the test's
CHILD = """\
import signal, sys, time
from pathlib import Path

said, handler = Path(sys.argv[1]), {handler}
signal.signal(signal.SIGTERM, handler)
said.write_text("ready")
while True:
    time.sleep(0.01)
"""
ENDS = "lambda *_: (said.write_text('ended'), sys.exit())"
ENDS_WHEN_ASKED_AGAIN = f"lambda *_: signal.signal(signal.SIGTERM, {ENDS})"  # as if the first had got lost
NEVER_ENDS = "lambda *_: said.write_text('asked')"


@pytest.mark.parametrize(
    ("handler", "words"),
    [(ENDS, "ended"), (ENDS_WHEN_ASKED_AGAIN, "ended"), (NEVER_ENDS, "asked")],
    ids=["ends", "ends when asked again", "never ends"],
)
def test_a_process_is_asked_twice_before_it_is_killed(tmp_path, monkeypatch, handler, words):
    """Airflow's scheduler can lose the first signal."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 4)
    said = tmp_path / "said"
    stack = Processes(tmp_path / "processes.json", tmp_path)
    stack.start("child", [sys.executable, "-c", CHILD.format(handler=handler), str(said)], dict(os.environ), tmp_path)
    for _ in looks(20):
        if said.exists() and said.read_text() == "ready":
            break
    stack.stop()

    assert {} == stack.running()
    assert words == said.read_text()
