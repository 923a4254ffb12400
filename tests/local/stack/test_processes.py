"""The processes of a stack end, whatever they do with a signal."""

import os
import sys

import pytest

from local.stack import processes
from local.stack.processes import Processes, looks

# says how it ended; what it does with a SIGTERM and a SIGINT is the test's
CHILD = """\
import signal, sys, time
from pathlib import Path

said = Path(sys.argv[1])
signal.signal(signal.SIGTERM, {polite})
signal.signal(signal.SIGINT, {urgent})
said.write_text("ready")
while True:
    time.sleep(0.01)
"""
ENDS = "lambda *_: (said.write_text('ended'), sys.exit())"
ENDS_WHEN_ASKED_AGAIN = f"lambda *_: signal.signal(signal.SIGTERM, {ENDS})"  # as if the first had got lost
GOES_ON = "lambda *_: said.write_text('asked')"


@pytest.mark.parametrize(
    ("polite", "urgent", "words"),
    [
        (ENDS, GOES_ON, "ended"),
        (ENDS_WHEN_ASKED_AGAIN, "signal.SIG_IGN", "ended"),
        (GOES_ON, ENDS, "ended"),
        (GOES_ON, GOES_ON, "asked"),
    ],
    ids=["ends", "ends when asked again", "waits for who is connected", "never ends"],
)
def test_a_process_is_asked_twice_before_it_is_killed(tmp_path, monkeypatch, polite, urgent, words):
    """Airflow's scheduler can lose the first signal; its API server waits for browsers until it gets the second."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 4)
    said, script = tmp_path / "said", CHILD.format(polite=polite, urgent=urgent)
    stack = Processes(tmp_path / "processes.json", tmp_path)
    stack.start("child", [sys.executable, "-c", script, str(said)], dict(os.environ), tmp_path)
    for _ in looks(20):
        if said.exists() and said.read_text() == "ready":
            break
    stack.stop()

    assert {} == stack.running()
    assert words == said.read_text()
